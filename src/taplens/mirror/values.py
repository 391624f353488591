"""What a value in a filter means: the codes that the mirror keeps for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, or_, select

from taplens.clock import day_of
from taplens.errors import FilterError
from taplens.filters import Value
from taplens.mirror.catalogue import Catalogue, Iteration
from taplens.mirror.dialects import contains, equals, fold
from taplens.mirror.faults import fault, unknown_value
from taplens.mirror.fields import TYPE_CODES
from taplens.mirror.names import Part
from taplens.mirror.presets import lists_of, meant
from taplens.mirror.schema import item, item_value, term
from taplens.tapd.ids import SEQUENCE_DIGITS, alternative_ids

ME = frozenset(("me", "我"))
CURRENT = frozenset(("current", "当前"))

# Which named things a system field's values come from, by the field's name.
_NAMED_KINDS: dict[str, tuple[str, ...]] = {
    "category": ("category", "tcase_category"),
    "workitem_type": ("workitem_type",),
    "module": ("module",),
    "version": ("version",),
    "version_test": ("version",),
    "version_fix": ("version",),
    "version_close": ("version",),
    "label": ("label",),
}


@dataclass(frozen=True, slots=True)
class Known:
    """A value that a field is known to offer.

    `text` is what is stored, `words` what it answers to, `place` where it stands among the
    others of its list.
    """

    text: str
    words: tuple[str, ...]
    place: int = 0


def known_values(catalogue: Catalogue, part: Part) -> list[Known]:
    """Every value the workspaces offer for a field, in their order; [] for a free one."""
    if part.kind in ("person", "people"):
        return [Known(entry.id, (entry.id, entry.also)) for entry in catalogue.named("member")]
    field = part.field.name if part.field else ""
    if field == "iteration":
        return [
            Known(entry.id, (entry.name,), place)
            for place, entry in enumerate(catalogue.iterations)
        ]
    if field == "status":
        return [
            Known(status.key, (status.label, status.key), status.position)
            for status in catalogue.statuses
        ]
    pointing = part.kind == "reference"
    known = [
        Known(entry.id if pointing else entry.name, (entry.name,), place)
        for kind in _NAMED_KINDS.get(field, ())
        for place, entry in enumerate(catalogue.named(kind))
    ]
    for option in [] if pointing else catalogue.options(part.tapd_names):
        if part.offers(option.type, option.name, option.workspace):
            words = (option.label, option.value)
            # A priority is stored as the team's own word where TAPD sends that beside the code.
            texts = dict.fromkeys((option.value, option.label))
            known += [Known(text, words, option.position) for text in texts]
    return known


def term_codes(catalogue: Catalogue, part: Part, values: Sequence[Value]) -> set[int]:
    """The codes that an item's value must be among to be one of `values`.

    Raises FilterError: `unknown_value` for a word that the field neither offers nor holds,
    `me_unknown` where nobody is known to ask.
    """
    known = known_values(catalogue, part)
    codes: set[int] = set()
    for value in values:
        texts = _texts(catalogue, part, value, known)
        if texts:
            codes.update(catalogue.codes(texts).values())
            continue
        found = _spelled(catalogue, value.text)
        if known or part.kind == "reference":
            found = _occurring(catalogue, part, found)
            if not found:
                raise _unknown(part, value, known)
        codes.update(found)
    return codes


def _texts(catalogue: Catalogue, part: Part, value: Value, known: Iterable[Known]) -> set[str]:
    """The stored texts a value means by what is known of the field."""
    wanted = fold(value.text)
    if part.kind in ("person", "people") and wanted in ME:
        if not catalogue.scope.me:
            raise fault("me_unknown", value.position)
        return {catalogue.scope.me}
    found = {entry.text for entry in known if wanted in map(fold, entry.words)}
    if part.field and part.field.name == "priority":
        found |= {
            text
            for options in lists_of(catalogue, part).values()
            for option in meant(options, value.text)
            for text in (option.value, option.label)
        }
    if found or part.kind != "reference":
        return found
    if part.field and part.field.name == "iteration" and wanted in CURRENT:
        return {entry.id for entry in current_iterations(catalogue)}
    return _ids(catalogue, wanted)


def current_iterations(catalogue: Catalogue) -> list[Iteration]:
    """The iterations that today lies in, both ends included."""
    today = day_of(catalogue.scope.now).isoformat()
    return [
        entry
        for entry in catalogue.iterations
        if entry.begin and entry.due and entry.begin <= today <= entry.due and not entry.removed
    ]


def _ids(catalogue: Catalogue, text: str) -> set[str]:
    """The long ids that a short or long id may mean in the scope's workspaces."""
    digits = text.removeprefix("#")
    if not (digits.isascii() and digits.isdigit()):
        return set()
    found = set() if len(digits) <= SEQUENCE_DIGITS else {digits}
    for workspace_id in catalogue.workspaces.values():
        if len(digits) <= SEQUENCE_DIGITS or workspace_id in digits:
            found.update(alternative_ids(digits, workspace_id))
    return found


def _spelled(catalogue: Catalogue, text: str) -> set[int]:
    """The codes of every text in the dictionary that is spelled so."""
    query = select(term.c.key).where(equals(term.c.text, text.strip(), catalogue.dialect))
    return set(catalogue.connection.scalars(query))


def _occurring(catalogue: Catalogue, part: Part, codes: Iterable[int]) -> set[int]:
    """Those of `codes` that an item of the scope holds in the field."""
    return {
        code
        for code in codes
        if catalogue.connection.scalar(
            select(exists().where(item.c.workspace.in_(catalogue.workspaces), holds(part, (code,))))
        )
    }


def status_is(catalogue: Catalogue, part: Part, values: Sequence[Value]) -> ColumnElement[bool]:
    """Whether an item's status is one of `values`: the team's words, or TAPD's keys.

    A word looks at the labels alone and a key at the keys alone, so that an index serves.
    Raises FilterError `unknown_value`.
    """
    labels: set[str] = set()
    keys: set[str] = set()
    others: list[Value] = []
    for value in values:
        wanted = fold(value.text)
        by_label = {entry.label for entry in catalogue.statuses if fold(entry.label) == wanted}
        by_key = {entry.key for entry in catalogue.statuses if fold(entry.key) == wanted}
        labels, keys = labels | by_label, keys | by_key
        if not by_label and not by_key:
            others.append(value)
    conditions: list[ColumnElement[bool]] = [
        column.in_(sorted(catalogue.codes(texts).values()))
        for column, texts in ((item.c.status_label, labels), (item.c.status, keys))
        if texts
    ]
    if others:
        conditions.append(holds(part, term_codes(catalogue, part, others)))
    return or_(*conditions)


def holds(part: Part, codes: Iterable[int]) -> ColumnElement[bool]:
    """Whether an item has one of the coded values in the field."""
    wanted = sorted(codes)
    if part.field is not None and part.field.name == "status":
        return or_(item.c.status.in_(wanted), item.c.status_label.in_(wanted))
    if part.column is not None:
        return part.column.in_(wanted)
    return item.c.key.in_(
        select(item_value.c.item).where(
            item_value.c.field.in_(part.codes), item_value.c.term.in_(wanted)
        )
    )


def _unknown(part: Part, value: Value, known: Iterable[Known]) -> FilterError:
    words = [word for entry in known for word in entry.words]
    name = part.field.name if part.field else part.customs[0].label
    return unknown_value(name, value.text, words, value.position)


def codes_containing(catalogue: Catalogue, part: Part, text: str) -> ColumnElement[bool]:
    """Whether a value of the field, or the word the team has for it, holds `text`."""
    matching = select(term.c.key).where(contains(term.c.text, text, catalogue.dialect))
    if part.field is not None and part.field.name == "status":
        return or_(item.c.status_label.in_(matching), item.c.status.in_(matching))
    wanted = fold(text)
    texts = {
        entry.text
        for entry in known_values(catalogue, part)
        if any(wanted in fold(word) for word in entry.words)
    }
    by_word = holds(part, catalogue.codes(texts).values())
    if part.kind == "reference":
        return or_(by_word, *_pointing(catalogue, part, text))
    if part.column is not None:
        return or_(by_word, part.column.in_(matching))
    return or_(
        by_word,
        item.c.key.in_(
            select(item_value.c.item).where(
                item_value.c.field.in_(part.codes), item_value.c.term.in_(matching)
            )
        ),
    )


def _pointing(catalogue: Catalogue, part: Part, text: str) -> Iterable[ColumnElement[bool]]:
    """Whether a reference points to an item that has `text` in its title, by the item's type."""
    assert part.column is not None
    assert part.field is not None
    for item_type in part.types:
        # A parent is of its child's type; everything else that is pointed to has one type.
        pointed = item_type if part.field.name == "parent" else part.field.reference
        if pointed not in TYPE_CODES:
            continue
        target = item.alias("target")
        ids = (
            select(term.c.key)
            .join(target, target.c.id == term.c.text)
            .where(
                target.c.workspace.in_(catalogue.workspaces),
                target.c.type == TYPE_CODES[pointed],
                contains(target.c.title, text, catalogue.dialect),
            )
        )
        yield and_(item.c.type == TYPE_CODES[item_type], part.column.in_(ids))
