"""Judging an answer: its numbers and rows, as they stand in the text, against the right ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from questions.slow import World
from taplens.filters import fold, parse, resolve_date, to_text

if TYPE_CHECKING:
    from taplens.agent.direct.answerer import Answered

VERDICTS = ("right", "asked back", "refused", "wrong")
_BOLD = re.compile(r"\*\*(\d+)\*\*")
Expected = dict[str, Any]


def judged(expected: Expected, answered: Answered, world: World, now: int) -> str:
    """One of VERDICTS. What had better be asked back is right where it isn't answered as sure."""
    confidence = answered.basis.confidence
    if expected["is"] == "asked":
        return "wrong" if confidence == "sure" else "right"
    if confidence != "sure":
        return confidence.replace("_", " ")
    return "right" if _JUDGES[expected["is"]](expected, answered, world, now) else "wrong"


def table(text: str) -> list[list[str]]:
    """The cells of the first table of an answer, without its head, as they were before escaping."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    rows = [re.split(r"(?<!\\) \| ", line.strip("| \n")) for line in lines[2:]]
    return [[re.sub(r"\\(.)", r"\1", part).strip() for part in row] for row in rows]


def _total(text: str) -> int | None:
    found = _BOLD.search(text)
    return int(found[1]) if found else None


def _count(expected: Expected, answered: Answered, world: World, _now: int) -> bool:
    right = len(world.meant(expected["of"], expected["with"]))
    nothing = right == 0 and not answered.basis.item_ids and "**" not in answered.text
    return nothing or _total(answered.text) == right


def _list(expected: Expected, answered: Answered, world: World, now: int) -> bool:
    keys = {f"{row['type']}:{row['id']}" for row in world.meant(expected["of"], expected["with"])}
    told = answered.basis.item_ids
    return _count(expected, answered, world, now) and set(told) <= keys and bool(told or not keys)


def _groups(expected: Expected, answered: Answered, world: World, _now: int) -> bool:
    rows = world.meant(expected["of"], expected["with"])
    right = world.groups(rows, expected["by"])
    told = {row[0]: int(row[1]) for row in table(answered.text)}
    most = expected.get("first", 20)
    sizes = sorted(right.values(), reverse=True)[:most]
    return (
        _total(answered.text) == len(rows)
        and all(right.get(name) == count for name, count in told.items())
        and sorted(told.values(), reverse=True) == sizes
    )


def _first(expected: Expected, answered: Answered, world: World, _now: int) -> bool:
    rows = world.meant(expected["of"], expected["with"])
    key = expected["key"].lstrip("-")
    by_key = {f"{row['type']}:{row['id']}": str(row[key]) for row in rows}
    right = sorted(by_key.values(), reverse=expected["key"].startswith("-"))[: expected["first"]]
    return [by_key.get(name) for name in answered.basis.item_ids] == right


def _counts(expected: Expected, answered: Answered, world: World, _now: int) -> bool:
    right = [len(world.meant(expected["of"], one)) for one in expected["each"]]
    return sorted(int(row[-1]) for row in table(answered.text)) == sorted(right)


def _activity(expected: Expected, answered: Answered, world: World, _now: int) -> bool:
    person, (since, until) = expected["person"], expected["time"]
    deeds = [
        (("bug", "story", "task"), ["creator", "created"]),
        (("bug",), ["fixer", "resolved"]),
        (("bug",), ["closer", "closed"]),
        (("story", "task"), ["owner", "closed"]),
    ]
    right = [
        len(world.meant(kinds, [f"{who} {person}", f"{when} {since} {until}"]))
        for kinds, (who, when) in deeds
    ]
    return [int(row[-1]) for row in table(answered.text)] == right


def _call(expected: Expected, answered: Answered, _world: World, now: int) -> bool:
    """The tool and its arguments: those tools' figures are held by their own tests."""
    call = answered.basis.tools[0]
    if call["name"] != expected["tool"]:
        return False
    given = dict(call["arguments"])
    for name, right in expected["arguments"].items():
        told = given.pop(name, "")
        if name == "where":
            if _conditions(told, now) != _conditions(right, now):
                return False
        elif name in ("id", "ids"):
            if _numbers(told) != _numbers(right):
                return False
        elif told != right:
            return False
    return not any(given.get(name) for name in ("by", "of", "since", "until"))


def _numbers(ids: str | Sequence[str]) -> list[str]:
    texts = [ids] if isinstance(ids, str) else ids
    return [re.sub(r"\D", "", text) for text in texts]


def _conditions(where: str, now: int) -> set[str]:
    """The terms of a filter, dates by the days that they mean."""
    text = to_text(parse(where))
    terms = re.findall(r'(?:[^\s"(]|"[^"]*"|\([^)]*\))+', text)
    return {_dated(fold(term), now) for term in terms}


def _dated(term: str, now: int) -> str:
    name, _, value = term.partition(":")
    found = resolve_date(value, now) if name in ("created", "closed") else None
    return f"{name}:{found[0]}-{found[1]}" if found else term


_JUDGES: dict[str, Callable[[Expected, Answered, World, int], bool]] = {
    "count": _count, "list": _list, "groups": _groups, "first": _first, "counts": _counts,
    "activity": _activity, "call": _call,
}  # fmt: skip
