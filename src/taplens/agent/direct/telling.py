"""Results of tools as Markdown: a sentence, a table, what it rests on. No number is made here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taplens import messages
from taplens.tools.markdown import one_line, short

if TYPE_CHECKING:
    from taplens.agent.direct.plans import Plan

Row = Mapping[str, Any]
_ACTIVE = re.compile(r"([\\`*_\[\]<>|!#~])")
_MOST_CHARACTERS = 120  # of a cell
_MOST_LEAST = 20  # groups told where the smallest are asked for
_ITEM_COLUMNS = ("item", "title", "status", "priority", "severity", "owner", "due")
_ITEM_FACTS = (
    "status", "priority", "severity", "owner", "creator", "iteration", "module", "created",
    "modified", "due", "deadline", "resolved", "closed", "completed", "developer", "tester",
    "fixer", "closer", "label",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Telling:
    """What the texts of one answer need: the language, and how an item's address is made."""

    locale: str
    link: Callable[[str, str], str]  # of a type and an id

    def text(self, key: str, /, **parameters: object) -> str:
        """A text of the catalogue under `direct`."""
        return messages.text(f"direct.{key}", self.locale, **parameters)

    def answer(self, plan: Plan, results: Sequence[Row]) -> str:
        """The whole answer to `plan`, whose calls gave `results` (envelopes as JSON objects)."""
        parts = [
            _KINDS[plan.kind](self, plan, results),
            self.text("reading", reading=code(plan.told())),
            *self._notes(results),
        ]
        return "\n\n".join(part for part in parts if part)

    def _notes(self, results: Sequence[Row]) -> list[str]:
        """How fresh it is, what the notions mean, what to mind."""
        first = results[0]
        told = []
        if first.get("as_of"):
            told.append(self.text("as_of", time=str(first["as_of"])[:16].replace("T", " ")))
        told += dict.fromkeys(str(one["definition"]) for one in results if one.get("definition"))
        told += dict.fromkeys(f"⚠ {note}" for one in results for note in one.get("warnings", ()))
        return ["\n".join(f"- {cell(line, 600)}" for line in told)] if told else []

    def nouns(self, plan: Plan) -> str:
        """What is counted, in words."""
        kinds = plan.reading.types
        if len(kinds) != 1:
            return self.text("noun.item")
        return self.text(f"noun.{kinds[0]}")

    def title(self, name: str) -> str:
        """What one of several counts is of: an event or a type in words, else as it is."""
        key = f"direct.title.{name}"
        return messages.text(key, self.locale) if messages.has(key) else name

    def head(self, name: str) -> str:
        """The head of a column: a text of ours, or what the team calls a field."""
        key = f"cli.column.{name}"
        return messages.text(key, self.locale) if messages.has(key) else name

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
        """A Markdown table of finished cells."""
        if not rows:
            return ""
        heads = [cell(self.head(column)) for column in columns]
        lines = [heads, ["---"] * len(heads), *rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)

    def rows(self, found: Sequence[Row]) -> str:
        """Any rows of a tool as a table: a column for each name, groups in columns of their own."""
        flat = [_flat(row) for row in found]
        columns = [
            name
            for name in dict.fromkeys(name for row in flat for name in row)
            if not name.endswith("_key")
        ]
        return self.table(columns, [[cell(row.get(name)) for name in columns] for row in flat])

    def item(self, row: Row) -> str:
        """The number of an item, with the address of its page."""
        kind, item_id = str(row["type"]), str(row["id"])
        return f"[{kind} {short(item_id)}]({self.link(kind, item_id)})"

    def items(self, found: Sequence[Row]) -> str:
        """Items as a table."""
        present = [
            name for name in _ITEM_COLUMNS if name == "item" or any(row.get(name) for row in found)
        ]
        rows = [
            [self.item(row) if name == "item" else cell(row.get(name)) for name in present]
            for row in found
        ]
        return self.table(["number" if name == "item" else name for name in present], rows)


def cell(value: Any, most: int = _MOST_CHARACTERS) -> str:
    """A value as the text of a cell: on one line, cut where it is long, nothing in it active."""
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    if value is None:
        return "–"
    text = one_line(value)
    text = text if len(text) <= most else text[: most - 1] + "…"
    return _ACTIVE.sub(r"\\\1", text)


def code(text: str) -> str:
    """A text as code, whatever it holds."""
    plain = one_line(text).replace("`", "'")
    return f"`{plain}`"


def _flat(row: Row) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            told |= {f"{name} · {group}": number for group, number in value.items()}
        else:
            told[name] = value
    return told


def _count(telling: Telling, plan: Plan, results: Sequence[Row]) -> str:
    return telling.text("count", count=results[0]["total"], nouns=telling.nouns(plan))


def _groups(telling: Telling, plan: Plan, results: Sequence[Row]) -> str:
    rows = list(results[0]["data"])
    order = plan.reading.order
    if order == "least":
        rows = rows[::-1][: plan.reading.limit or _MOST_LEAST]
    lines = [_count(telling, plan, results)]
    first = _first(rows, plan.calls[0].arguments["by"].split(",")[0])
    if first and order in ("most", "least"):
        names, count = first
        lines.append(telling.text(f"first.{order}", name=cell(names), count=count))
    return "\n\n".join([*lines, telling.rows(rows)])


def _first(rows: Sequence[Row], name: str) -> tuple[list[str], int] | None:
    """The values that come first, several where they have the same count; unset is none."""
    named = [row for row in rows if row.get(name) is not None]
    if not named:
        return None
    count = named[0]["count"]
    return [str(row[name]) for row in named if row["count"] == count], count


def _items(telling: Telling, plan: Plan, results: Sequence[Row]) -> str:
    result = results[0]
    found = result["data"]
    total = result.get("total", len(found))
    if not found:
        return telling.text("none", nouns=telling.nouns(plan))
    if not total:  # what is listed is near, and counted by nothing
        none = telling.text("none_but_near", nouns=telling.nouns(plan))
        return f"{none}\n\n{telling.items(found)}"
    key = "items" if total > len(found) else "items_all"
    text = telling.text(key, total=total, shown=len(found), nouns=telling.nouns(plan))
    return f"{text}\n\n{telling.items(found)}"


def _item(telling: Telling, _plan: Plan, results: Sequence[Row]) -> str:
    told = []
    for row in results[0]["data"]:
        facts = [(name, row[name]) for name in _ITEM_FACTS if row.get(name)]
        lines = [f"{telling.item(row)} **{cell(row.get('title', ''), 300)}**"]
        lines += [f"- {cell(telling.head(name))}: {cell(value)}" for name, value in facts]
        told.append("\n".join(lines))
    return "\n\n".join(told)


def _rows(telling: Telling, plan: Plan, results: Sequence[Row]) -> str:
    found = results[0]["data"]
    if not found:
        return telling.text("none", nouns=telling.nouns(plan))
    return telling.rows(found)


def _trend(telling: Telling, plan: Plan, results: Sequence[Row]) -> str:
    """A row for each period; what is counted by the words for it."""
    found = results[0]["data"]
    if not found:
        return telling.text("none", nouns=telling.nouns(plan))
    return telling.rows(
        [{telling.title(name): value for name, value in row.items()} for row in found]
    )


def _similar(telling: Telling, plan: Plan, results: Sequence[Row]) -> str:
    found = results[0]["data"]
    if not found:
        return telling.text("none", nouns=telling.nouns(plan))
    return telling.items(found)


def _compare(telling: Telling, plan: Plan, results: Sequence[Row]) -> str:
    counts = [result["total"] for result in results]
    titles = [call.title for call in plan.calls]
    rows = [
        [cell(telling.title(title)), str(count)]
        for title, count in zip(titles, counts, strict=True)
    ]
    table = telling.table(("name", "count"), rows)
    if len(counts) != 2:
        return table
    high, low = (0, 1) if counts[0] >= counts[1] else (1, 0)
    key = "difference" if counts[0] != counts[1] else "same"
    text = telling.text(
        key,
        more=cell(telling.title(titles[high])),
        less=cell(telling.title(titles[low])),
        difference=counts[high] - counts[low],
    )
    return f"{text}\n\n{table}"


def _activity(telling: Telling, plan: Plan, results: Sequence[Row]) -> str:
    rows = [
        [
            cell(telling.title(call.title)),
            cell(_kinds(telling, call.arguments["where"])),
            str(result["total"]),
        ]
        for call, result in zip(plan.calls, results, strict=True)
    ]
    time = plan.reading.times[0].value
    text = telling.text("activity", person=cell(plan.reading.words[0]), time=cell(time))
    return f"{text}\n\n{telling.table(('step', 'type', 'count'), rows)}"


def _kinds(telling: Telling, where: str) -> str:
    found = where.split(" ", 1)[0].removeprefix("type:").split(",")
    return ", ".join(telling.text(f"noun.{name}") for name in found)


_KINDS: Mapping[str, Callable[[Telling, Plan, Sequence[Row]], str]] = {
    "count": _count, "groups": _groups, "items": _items, "item": _item, "similar": _similar,
    "words": _rows, "trend": _trend, "flow": _rows, "forecast": _rows, "compare": _compare,
    "activity": _activity,
}  # fmt: skip
