"""How TAPD writes values: instants, dates, people, pipes, options, and the many forms of unset."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson

from taplens.clock import WORKSPACE_ZONE

Option = tuple[str, str, str | None]  # (value, label, value of the parent option or None)

# Unset comes as null or "" in every column, as zeroes in some datetimes and as the first day of
# 1970 in some dates.
_UNSET_TEXTS = frozenset({"", "0000-00-00", "0000-00-00 00:00:00", "--"})
_UNSET_DATES = frozenset({"1970-01-01"})
_UNLINKED = frozenset({"0", "-1", "|"})
_INSTANT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_USUAL_LENGTH = len("2026-03-01 09:00:00")
_LOCAL_EPOCH = datetime(1970, 1, 1) + timedelta(hours=8)  # noqa: DTZ001 - a wall clock's time
_SECOND = timedelta(seconds=1)


def is_unset(value: object) -> bool:
    """Whether TAPD means "no value": null, "", blanks, all-zero datetimes, `--`."""
    return value is None or (isinstance(value, str) and value.strip() in _UNSET_TEXTS)


def parse_instant(text: str | None) -> int | None:
    """`YYYY-MM-DD HH:MM:SS` of the workspace's zone (+08:00) as UTC epoch seconds.

    Lenient where TAPD is: doubled spaces, missing seconds or time of day. None for unset values
    and for text that is no instant.
    """
    if isinstance(text, str) and len(text) == _USUAL_LENGTH and text[4] == text[7] == "-":
        # Nearly all come so; the interpreter's own reader takes a third of the pattern's time.
        try:
            return (datetime.fromisoformat(text) - _LOCAL_EPOCH) // _SECOND
        except (ValueError, TypeError):
            pass
    found = None if is_unset(text) else _INSTANT.match(str(text).strip())
    if found is None:
        return None
    day, hour, minute, second = found.groups(default="0")
    start = _day_start(day)
    if start is None or int(hour) > 23 or int(minute) > 59 or int(second) > 59:
        return None
    return start + int(hour) * 3600 + int(minute) * 60 + int(second)


def parse_date(text: str | None) -> str | None:
    """A date (or the date of a datetime) as `YYYY-MM-DD`, never shifted by a zone.

    None for unset values, including 1970-01-01, and for text that is no date.
    """
    found = None if is_unset(text) else _DAY.match(str(text).strip())
    if found is None or found.group() in _UNSET_DATES or _day_start(found.group()) is None:
        return None
    return found.group()


@lru_cache(maxsize=8192)  # a page repeats few days in many rows
def _day_start(day: str) -> int | None:
    try:
        midnight = datetime.combine(date.fromisoformat(day), datetime.min.time(), WORKSPACE_ZONE)
    except ValueError:
        return None
    return int((midnight - _EPOCH).total_seconds())


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_link(value: object) -> str | None:
    """The id that a column points to; None where TAPD says "not linked" (0, -1, `|`, unset)."""
    text = "" if value is None else str(value).strip()
    return None if is_unset(text) or text in _UNLINKED else text


def parse_number(value: object) -> float | None:
    """A decimal string as a number; None for unset values and for text that is no number."""
    try:
        number = float(str(value).strip())
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def split_people(text: str | None) -> tuple[str, ...]:
    """The nicks of a user list: `a;b;` and `;a;b` give ("a", "b"), each once, in order."""
    return _parts(text, ";")


def split_pipes(text: str | None) -> tuple[str, ...]:
    """The parts of `a|b`, each once, in order; none for unset values."""
    return _parts(text, "|")


def children(text: str | None) -> tuple[str, ...]:
    """The ids in `children_id`: `||1|2` gives ("1", "2"), `|` none."""
    return _parts(text, "|")


@lru_cache(maxsize=8192)  # a team's people and labels repeat in every page
def _parts(text: str | None, separator: str) -> tuple[str, ...]:
    if is_unset(text):
        return ()
    parts = (part.strip() for part in str(text).split(separator))
    return tuple(dict.fromkeys(part for part in parts if part))


def parse_options(options: object) -> list[Option]:
    """The options of a select field, whichever of its forms TAPD chose.

    Forms: JSON object value → label, `A|B|C`, a JSON array of `{name, children}` for cascades,
    each as text or already decoded; null, "" and `[]` for none.
    """
    if isinstance(options, str):
        options = _decoded(options.strip())
    if isinstance(options, str):
        return [(part, part, None) for part in split_pipes(options)]
    if isinstance(options, Mapping):
        return [(str(value), str(label), None) for value, label in options.items()]
    return list(_cascade(options, None)) if isinstance(options, list) else []


def _decoded(text: str) -> Any:
    if not text.startswith(("{", "[")):
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _cascade(nodes: Iterable[Any], parent: str | None) -> Iterator[Option]:
    """The options of a tree, parents first; walks with a stack so that depth can't break it."""
    pending = [(node, parent) for node in nodes][::-1]
    while pending:
        node, above = pending.pop()
        if not isinstance(node, Mapping):
            if not is_unset(node):
                yield (str(node), str(node), above)
            continue
        value = node.get("value", node.get("name", node.get("label")))
        if is_unset(value):
            continue
        label = node.get("label") or node.get("name") or value
        yield (str(value), str(label), above)
        below = node.get("children")
        if isinstance(below, list):
            pending += [(child, str(value)) for child in below][::-1]
