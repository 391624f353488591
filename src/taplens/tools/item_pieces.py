"""A whole item as pieces small enough to be fitted into a budget, and put together again.

An item can be far larger than an answer may be. So it is told in pieces: first what it is, then
its texts by paragraphs, its custom fields, comments, links, changes, times in statuses and
TAPD's further fields, one each. The pieces of all items asked for stand in that order, so that a
page that ends early has told of each item what matters most; the next page goes on behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from taplens.tools.find_items import minutes, row_object
from taplens.tools.registry import Piece
from taplens.tools.sizing import chunks, tokens

if TYPE_CHECKING:
    from taplens.mirror.reads_items import ItemDetail

# What row_object tells of an item needn't be told again among its fields.
_TOLD = ("title", "status", "priority", "severity", "owner", "iteration", "created", "modified",
         "creator", "due", "label")  # fmt: skip
_Key = tuple[str, str]  # type, long id
_IDENTITY = ("type", "id", "title", "status", "status_key")
_LISTS = ("links", "comments", "history", "statuses")


def pieces_of(details: Sequence[ItemDetail], most: int) -> list[Piece]:
    """The pieces of all items; a text piece costs at most `most` tokens."""
    sections: tuple[Callable[[ItemDetail, int], Iterator[Piece]], ...] = (
        _facts, _texts, _custom_fields, _comments, _links, _history, _statuses, _further_fields,
    )  # fmt: skip
    return [
        {"type": detail.row.type, "id": detail.row.id} | piece
        for section in sections
        for detail in details
        for piece in section(detail, most)
    ]


def _facts(detail: ItemDetail, _most: int) -> Iterator[Piece]:
    row = row_object(
        detail.row, ("iteration", "creator", "created", "modified", "label"), several=True
    )
    if detail.removal is not None:
        gone = detail.removal
        told = {"kind": gone.kind, "at": minutes(gone.at), "by": gone.by, "to": gone.moved_to}
        row["removed"] = {name: value for name, value in told.items() if value}
    row["url"] = detail.link
    identity = {name: row.pop(name) for name in _IDENTITY if name in row}
    yield {"facts": identity}
    for name, value in row.items():
        yield {"facts": {name: value}}


def _texts(detail: ItemDetail, most: int) -> Iterator[Piece]:
    for text in detail.texts:
        for chunk in chunks(text.text, most):
            yield {"text": {text.name: chunk}}


def _custom_fields(detail: ItemDetail, most: int) -> Iterator[Piece]:
    """What the team itself thought worth asking for."""
    return _fields(detail, most, lambda name: name.startswith("custom_"))


def _further_fields(detail: ItemDetail, most: int) -> Iterator[Piece]:
    from taplens.mirror.fields import BY_NAME

    told = {source for name in _TOLD for source in BY_NAME[name].sources.values()}
    told.add("priority_label")
    return _fields(detail, most, lambda name: not (name.startswith("custom_") or name in told))


def _fields(detail: ItemDetail, most: int, wanted: Callable[[str], bool]) -> Iterator[Piece]:
    for field in detail.fields:
        if wanted(field.name):
            for chunk in chunks(field.value_label, most):
                yield {"field": {field.label: chunk}}


def _links(detail: ItemDetail, _most: int) -> Iterator[Piece]:
    for number, link in enumerate(detail.links):
        told = {
            "link": link.link, "type": link.type, "id": link.id, "title": link.title,
            "status": link.status_label or link.status, "removed": link.removed,
        }  # fmt: skip
        yield {"entry": ("links", number), "value": _without_empty(told)}


def _comments(detail: ItemDetail, most: int) -> Iterator[Piece]:
    for number, comment in enumerate(detail.comments):
        told = _without_empty({"at": minutes(comment.created), "by": comment.author})
        for place, chunk in enumerate(chunks(comment.text or comment.title, most)):
            value = (told if place == 0 else {}) | {"text": chunk}
            yield {"entry": ("comments", number), "value": value}


def _history(detail: ItemDetail, most: int) -> Iterator[Piece]:
    for number, change in enumerate(detail.history.changes):
        told = {"at": minutes(change.at), "by": change.author, "field": change.label}
        # Of a long text only that it changed: what it is now stands above.
        if not change.is_rich and tokens(change.old) + tokens(change.new) <= most:
            told |= {"from": change.old, "to": change.new}
        yield {"entry": ("history", number), "value": _without_empty(told)}


def _statuses(detail: ItemDetail, _most: int) -> Iterator[Piece]:
    for number, interval in enumerate(detail.intervals):
        told = {
            "status": interval.label or interval.status,
            "since": minutes(interval.began),
            "until": minutes(interval.ended),
            "hours": round(interval.hours, 1),
        }
        yield {"entry": ("statuses", number), "value": _without_empty(told)}


def _without_empty(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value not in (None, "")}


def assemble(pieces: Sequence[Piece]) -> list[Piece]:
    """The items that the pieces tell of, in the order in which they first appear."""
    items: dict[_Key, Piece] = {}  # items of several types can share an id
    entries: dict[tuple[_Key, str, int], Piece] = {}
    for piece in pieces:
        item = items.setdefault(_key(piece), {"type": piece["type"], "id": piece["id"]})
        item |= piece.get("facts", {})
        for name, text in piece.get("text", {}).items():
            item[name] = item.get(name, "") + text
        for label, text in piece.get("field", {}).items():
            fields = item.setdefault("fields", {})
            fields[label] = fields.get(label, "") + text
        if "entry" in piece:
            _add_entry(item, entries, piece)
    return list(items.values())


def _key(piece: Piece) -> _Key:
    return piece["type"], piece["id"]


def _add_entry(item: Piece, entries: dict[tuple[_Key, str, int], Piece], piece: Piece) -> None:
    section, number = piece["entry"]
    key = (_key(piece), section, number)
    if key in entries:  # a further part of a long text
        entries[key]["text"] += piece["value"]["text"]
        return
    entries[key] = dict(piece["value"])
    item.setdefault(section, []).append(entries[key])


def brief(piece: Piece) -> Piece:
    """What identifies the item that a piece too large is of."""
    return {"type": piece["type"], "id": piece["id"]}


def text_of(piece: Piece) -> str:
    """The Markdown of a single piece, for its size."""
    (item,) = assemble([piece])
    return line(item) if "title" in piece.get("facts", ()) else _body(item)


def line(item: Piece) -> str:
    """A whole item as Markdown; what people wrote in TAPD is quoted."""
    from taplens.tools.markdown import item_line

    return f"{item_line(item)}\n{_body(item)}".rstrip("\n")


def _body(item: Piece) -> str:
    from taplens.tools.markdown import facts, item_line, one_line, quoted

    said = {"type", "id", "title", "status", "owner", "priority", "fields", *_LISTS}
    texts = {name: text for name, text in item.items() if name not in said and "\n" in str(text)}
    texts |= {name: item[name] for name in _TEXTS if name in item}
    plain = facts((n, v) for n, v in item.items() if n not in said and n not in texts)
    lines = [plain, facts(item.get("fields", {}).items())]
    for name, text in texts.items():
        lines += [f"{name}:", quoted(text)]
    for link in item.get("links", ()):
        lines.append(f"{link['link']}: {item_line(link)[2:]}")
    for comment in item.get("comments", ()):
        by = f"{comment.get('at', '')} {one_line(comment.get('by', ''))}".strip()
        lines += [f"comment {by}:".replace(" :", ":"), quoted(comment["text"])]
    for change in item.get("history", ()):
        moved = f": {one_line(change.get('from', ''))} → {one_line(change.get('to', ''))}"
        known = moved if {"from", "to"} & change.keys() else ""
        lines.append(f"{change['at']} {change.get('by', '')} {change['field']}{known}")
    for stay in item.get("statuses", ()):
        lines.append(f"in {one_line(stay['status'])} since {stay['since']}: {stay['hours']} h")
    return "\n".join(filter(None, lines))


_TEXTS = ("description", "precondition", "steps", "expectation")
