"""Looking for a text exactly as it is written, in one field or in all of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlalchemy import ColumnElement, false, func, or_, select

from taplens.filters import And, Condition, Node, Words, fold
from taplens.mirror.anywhere import Test, in_any_value
from taplens.mirror.catalogue import Catalogue
from taplens.mirror.dialects import among, contains
from taplens.mirror.index.documents import Document
from taplens.mirror.index.engines import engine_of
from taplens.mirror.index.tables import document
from taplens.mirror.index.tokens import LONGEST, Phrase, phrases, split
from taplens.mirror.names import Part, resolve
from taplens.mirror.schema import item, item_value, term

_CHUNK = 500


def as_written(catalogue: Catalogue, words: Words) -> ColumnElement[bool]:
    """What words mean in mode `exact`: any field holds them; in quotes, letter by letter.

    All fields are the title, the id, every chosen or written value, people, and the texts of
    descriptions, test steps and comments. Without quotes case and width don't count.
    """
    text = words.text
    if "\0" in text:  # no stored text holds one
        return false()
    if words.exact:
        test = _letters(text, catalogue.dialect)
    else:
        test = partial(contains, text=text, dialect=catalogue.dialect)
    keys = _in_texts(catalogue, text, words.exact)
    in_texts = among(item.c.key, list(keys), catalogue.dialect)
    return or_(in_any_value(catalogue, test), in_texts)


def letter_by_letter(catalogue: Catalogue, where: Node | None) -> list[ColumnElement[bool]]:
    """What quoted values mean in mode `exact` beyond what they mean otherwise.

    In a title, a custom field or `any` they hold letter by letter: `客户:"ACME"` is the whole
    value, `客户:~"ACME"` a part of it. Other fields have words that TAPD or the team gave them.
    """
    parts = where.parts if isinstance(where, And) else (where,)
    found = []
    for part in parts:
        if isinstance(part, Condition) and part.operator in ("=", "~"):
            target = resolve(catalogue, part.field, part.position)
            places = target.parts
            is_free = bool(places) and all(map(_is_free, places))
            if not all(value.quoted for value in part.values):
                continue
            whole = part.operator == "="
            tests = [_letters(value.text, catalogue.dialect, whole) for value in part.values]
            if target.special == "any":
                found.append(or_(*(in_any_value(catalogue, test) for test in tests)))
            elif is_free:
                found.append(or_(*(_in_part(place, test) for place in places for test in tests)))
    return found


def _is_free(place: Part) -> bool:
    """Whether people write what they like there."""
    return place.kind in ("text", "term") and (bool(place.customs) or place.column is item.c.title)


def _letters(text: str, dialect: str, whole: bool = False) -> Test:
    """Whether a text holds, or with `whole` is, `text` letter by letter."""
    if whole:
        return lambda column: column == text
    place = func.strpos if dialect == "postgresql" else func.instr
    return lambda column: place(column, text) > 0


def _in_part(part: Part, test: Test) -> ColumnElement[bool]:
    """Whether a value that stands there passes `test`."""
    if part.column is not None:
        return test(part.column)
    codes = select(term.c.key).where(test(term.c.text))
    held = item_value.c.field.in_(part.codes), item_value.c.term.in_(codes)
    return item.c.key.in_(select(item_value.c.item).where(*held))


def _in_texts(catalogue: Catalogue, text: str, case_sensitive: bool) -> Iterator[int]:
    """The keys of the items in the scope whose body or comments hold `text`."""
    wanted = fold(text)
    query = (
        select(document)
        .join(item, item.c.key == document.c.item)
        .where(item.c.workspace.in_(catalogue.workspaces))
    )
    narrowing = _narrowing(text)
    if narrowing:
        entries = engine_of(catalogue.dialect).matching(narrowing, "texts")
        query = query.where(document.c.item.in_(entries))
    for row in catalogue.connection.execute(query.execution_options(yield_per=_CHUNK)):
        held = Document.restored(row.text)
        texts = (held.body, held.comments)
        # Folding takes longer than looking: most texts write it as it is asked for.
        if any(text in one for one in texts) or (
            not case_sensitive and any(wanted in fold(one) for one in texts)
        ):
            yield row.item


def _narrowing(text: str) -> list[Phrase]:
    """What the index can say about whatever holds `text`, so that little has to be read.

    The first and last words may be parts of longer ones: only those that it can find are used.
    """
    runs = split(text)
    found: list[Phrase] = []
    for place, (is_han, run) in enumerate(runs):
        if is_han:
            found += phrases(run)
        elif place:
            found.append(Phrase((run[:LONGEST],), prefix=place == len(runs) - 1))
    return found
