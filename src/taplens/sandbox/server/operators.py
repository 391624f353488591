"""TAPD's query operators, written inside parameter values, as SQL conditions.

Source: facts about TAPD's Open API, "Query operators". Where TAPD doesn't say, the choices are:
`<` and `>` are strict, a bare date means 00:00:00, the end of a range means 23:59:59, and a
range holds both its ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from taplens.sandbox.server.envelope import malformed

Condition = tuple[str, tuple[str, ...]]
"""A piece of SQL and its arguments."""

_WRAPPED = re.compile(r"(CONTAINS|CONTAINS_OR|LIKE|LIKE_OR|EQ|NOT_EQ|USER_OR)<(.*)>", re.DOTALL)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}(:\d{2})?)?")
NO_CHILDREN = ("|", "｜")  # the reference prints a full-width bar, clients send an ASCII one


def condition(kind: str, name: str, expression: str, value: str) -> Condition:
    """The SQL condition that parameter `name` with `value` puts on the column `expression`.

    `kind` is one of KINDS and says which operators the field understands; the explicit ones
    (`EQ<…>`, `LIKE<…>`, …) work on every field. Raises Refusal (422) for a malformed time.
    """
    wrapped = _WRAPPED.fullmatch(value)
    if wrapped:
        return _EXPLICIT[wrapped[1]](expression, wrapped[2])
    return KINDS[kind](name, expression, value)


def any_of(expression: str, values: Sequence[str]) -> Condition:
    """`expression` equals one of `values`."""
    marks = ",".join("?" * len(values))
    return f"{expression} IN ({marks})", tuple(values)


def none_of(expression: str, values: Sequence[str]) -> Condition:
    """`expression` equals none of `values`."""
    sql, arguments = any_of(expression, values)
    return f"NOT {sql}", arguments


def is_range(value: str) -> bool:
    """Whether a time value is more than one day or instant."""
    return value.startswith(("<", ">")) or "~" in value


def _split(value: str, separators: str) -> list[str]:
    return [part.strip() for part in re.split(f"[{separators}]", value) if part.strip()]


def _escaped(value: str) -> str:
    """`value` as a LIKE pattern: `%` stays TAPD's wildcard, `_` is a plain character."""
    return value.replace("\\", "\\\\").replace("_", "\\_")


def _like(expression: str, value: str) -> Condition:
    return f"{expression} LIKE ? ESCAPE '\\'", (f"%{_escaped(value)}%",)


def _joined(parts: list[Condition], word: str) -> Condition:
    if not parts:
        return "1", ()
    sql = f" {word} ".join(part for part, _ in parts)
    return f"({sql})", tuple(argument for _, arguments in parts for argument in arguments)


def _member(expression: str, value: str, separator: str) -> Condition:
    """`value` is one of the parts of a list joined by `separator`."""
    whole = f"'{separator}' || {expression} || '{separator}'"
    return f"instr({whole}, ?) > 0", (f"{separator}{value}{separator}",)


def _members(expression: str, values: list[str], separator: str, word: str) -> Condition:
    return _joined([_member(expression, value, separator) for value in values], word)


def _equal(_name: str, expression: str, value: str) -> Condition:
    if value.startswith("<>"):
        return none_of(expression, [value[2:]])
    return any_of(expression, [value])


def _enum(_name: str, expression: str, value: str) -> Condition:
    if value.startswith("<>"):
        return none_of(expression, _split(value[2:], "|") or [""])
    # The whole value too: a multi-select holds `a|b` itself.
    return any_of(expression, [*_split(value, "|"), value])


def _ids(_name: str, expression: str, value: str) -> Condition:
    if value.startswith("<>"):
        return none_of(expression, _split(value[2:], ",|") or [""])
    return any_of(expression, _split(value, ",|") or [""])


def _fuzzy(_name: str, expression: str, value: str) -> Condition:
    return _like(expression, value)


def _wildcard(_name: str, expression: str, value: str) -> Condition:
    """Equality where `%` stands for anything."""
    return f"{expression} LIKE ? ESCAPE '\\'", (_escaped(value),)


def _pipes(_name: str, expression: str, value: str) -> Condition:
    return _members(expression, _split(value, "|"), "|", "OR")


def _people(_name: str, expression: str, value: str) -> Condition:
    if "|" in value:
        return _members(expression, _split(value, "|;"), ";", "OR")
    return _members(expression, _split(value, ";"), ";", "AND")


def _children(_name: str, expression: str, value: str) -> Condition:
    negated = value.startswith("!=")
    if value.removeprefix("!=").strip() in NO_CHILDREN:
        return (none_of if negated else any_of)(expression, ["|", ""])
    return _equal("", expression, value)


def _version_status(_name: str, expression: str, value: str) -> Condition:
    spelled = {"0": "Unclosed", "1": "Closed"}
    return any_of(expression, [spelled.get(part, part) for part in _split(value, "|")] or [""])


def _time(name: str, expression: str, value: str) -> Condition:
    if value.startswith("<"):
        return f"{expression} < ? AND {expression} > '1'", (_instant(name, value[1:]),)
    if value.startswith(">"):
        return f"{expression} > ?", (_instant(name, value[1:]),)
    if "~" in value:
        start, end = value.split("~", 1)
        return _between(expression, _instant(name, start), _instant(name, end, last=True))
    return any_of(expression, [_instant(name, value)])


def _date(name: str, expression: str, value: str) -> Condition:
    """A column that holds days, so that only the day of a bound counts."""
    sql, arguments = _time(name, expression, value)
    return sql, tuple(argument[:10] for argument in arguments)


def _time_or_day(name: str, expression: str, value: str) -> Condition:
    """As `_time`, but one bare date means that whole day: what the change lists promise."""
    return (_time if is_range(value) else _day)(name, expression, value)


def _day(name: str, expression: str, value: str) -> Condition:
    """One day (or one instant): all that the recycle bins document."""
    if is_range(value):
        raise malformed(name, value)
    return _between(expression, _instant(name, value), _instant(name, value, last=True))


def _between(expression: str, first: str, last: str) -> Condition:
    return f"{expression} BETWEEN ? AND ?", (first, last)


def _instant(name: str, text: str, *, last: bool = False) -> str:
    """`text` as `YYYY-MM-DD HH:MM:SS`; a bare date is its first second, or its last."""
    text = text.strip()
    try:
        moment = datetime.fromisoformat(text) if _TIME.fullmatch(text) else None
    except ValueError:
        moment = None
    if moment is None:
        raise malformed(name, text)
    if last and len(text) == 10:
        moment = moment.replace(hour=23, minute=59, second=59)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


KINDS: dict[str, Callable[[str, str, str], Condition]] = {
    "equal": _equal,
    "enum": _enum,
    "ids": _ids,
    "like": _fuzzy,
    "wildcard": _wildcard,
    "pipes": _pipes,
    "people": _people,
    "children": _children,
    "version_status": _version_status,
    "time": _time,
    "date": _date,
    "time_or_day": _time_or_day,
    "day": _day,
}

_EXPLICIT: dict[str, Callable[[str, str], Condition]] = {
    "CONTAINS": lambda e, v: _members(e, _split(v, "|"), "|", "AND"),
    "CONTAINS_OR": lambda e, v: _members(e, _split(v, "|"), "|", "OR"),
    "LIKE": _like,
    "LIKE_OR": lambda e, v: _joined([_like(e, part) for part in _split(v, "|")], "OR"),
    "EQ": lambda e, v: any_of(e, [v]),
    "NOT_EQ": lambda e, v: none_of(e, [v]),
    "USER_OR": lambda e, v: _members(e, _split(v, "|;"), ";", "OR"),
}
