"""A workspace's own names as phrases: people, statuses, iterations, fields and their values."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taplens.agent.direct.lexicon import Meaning, lexicon
from taplens.filters import fold

if TYPE_CHECKING:
    from taplens.mirror.reads_describe import (
        FieldDescription,
        IterationDescription,
        WorkspaceDescription,
    )

PERSON = "person"  # the field of a person whose part in items the question has still to tell
_PARTS = re.compile(r"[·・/|:()\[\]【】\s]+")
_LEAST_PART = 2  # characters: a shorter part of a name means too much
_ITERATION_NUMBER = re.compile(r"第?\d+(?:迭代|期|个迭代)$")
# A value so short or so common is only one where its field is named beside it.
_WEAK = frozenset(
    ("无", "是", "否", "其他", "其它", "all", "pc", "需求", "设计", "编码", "new", "open", "done",
     "normal", "hold", "feature", "功能", "数据", "测试", "需求变更", "none", "any", "low", "high",
     "middle")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the phrases (folded) mean here: the workspace's own first, then everybody's.

    `lengths` are those of the phrases by their first character, the longest first; `kinds` the
    kind and `types` the item types of each field; `beside` the iterations before and after the
    current one.
    """

    workspace_id: str
    phrases: Mapping[str, tuple[Meaning, ...]]
    lengths: Mapping[str, tuple[int, ...]]
    kinds: Mapping[str, str]
    types: Mapping[str, frozenset[str]]
    beside: Mapping[str, str]


def vocabulary_of(found: WorkspaceDescription) -> Vocabulary:
    """The vocabulary of a described workspace."""
    phrases: defaultdict[str, dict[Meaning, None]] = defaultdict(dict)
    for text, meaning in _meanings(found):
        folded = fold(text).strip()
        if folded:
            phrases[folded][meaning] = None
    for text, meanings in lexicon().phrases.items():
        own = {one.field for one in phrases[text] if one.kind == "value"}
        phrases[text].update(
            dict.fromkeys(one for one in meanings if not one.field or one.field not in own)
        )
    return Vocabulary(
        workspace_id=found.id,
        phrases={text: tuple(meanings) for text, meanings in phrases.items()},
        lengths=_lengths(phrases),
        kinds={field.name: field.kind for field in found.fields},
        types=_types(found),
        beside=_beside(found.iterations),
    )


def is_weak(text: str) -> bool:
    """Whether a value is only one where its field is named beside it."""
    return text in _WEAK or len(text) < _LEAST_PART or text.isdecimal()


def _lengths(phrases: Iterable[str]) -> dict[str, tuple[int, ...]]:
    lengths: defaultdict[str, set[int]] = defaultdict(set)
    for text in phrases:
        lengths[text[0]].add(len(text))
    return {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()}


def _types(found: WorkspaceDescription) -> dict[str, frozenset[str]]:
    types: dict[str, frozenset[str]] = {}
    for field in found.fields:
        types[field.name] = types.get(field.name, frozenset()) | frozenset(field.types)
    return types


def _meanings(found: WorkspaceDescription) -> Iterator[tuple[str, Meaning]]:
    for field in found.fields:
        if field.labels or field.key:
            yield from _of_field(field)
    for workflow in found.workflows:
        for status in workflow.statuses:
            meaning = Meaning("value", status.label, "status", frozenset((workflow.type,)))
            yield status.label, meaning
            if not any(character.isdigit() for character in status.key):
                yield status.key.replace("_", " "), meaning
    for person in found.people:
        for text in (person.nick, person.name):
            yield text, Meaning("value", person.nick, PERSON)
    yield from _listed(found)


def _listed(found: WorkspaceDescription) -> Iterator[tuple[str, Meaning]]:
    """Iterations, categories, and the lists of names that a workspace keeps."""
    for iteration in found.iterations:
        for text in _spellings(iteration.name):
            yield text, Meaning("value", iteration.name, "iteration")
    for path in found.categories:
        name = path.rpartition(" / ")[2]
        yield name, Meaning("value", name, "category", frozenset(("story",)))
    lists = {"module": found.modules, "version": found.versions, "label": found.labels}
    for field, names in lists.items():
        for name in names:
            yield name, Meaning("value", name, field)


def _of_field(field: FieldDescription) -> Iterator[tuple[str, Meaning]]:
    types = frozenset(field.types)
    for text in (*field.labels, field.name if field.key else ""):
        yield text, Meaning("field", field.name, types=types)
    if field.name in ("label", "module", "version"):
        return  # those that the workspace lists are all
    for value, label in field.options:
        meaning = Meaning("value", label, field.name, types)
        yield label, meaning
        if value != label and value.isascii() and not any(map(str.isdigit, value)):
            yield value.strip(), meaning


def _spellings(name: str) -> Iterator[str]:
    """What an iteration may be called: its name, and the parts of it that tell something."""
    yield name
    for part in _PARTS.split(name):
        if len(part) >= _LEAST_PART and not part.isdecimal():
            yield part
            if number := _ITERATION_NUMBER.search(part):
                yield number[0]


def _beside(iterations: tuple[IterationDescription, ...]) -> dict[str, str]:
    """The iterations before and after the current one, by their beginning."""
    dated = sorted((one for one in iterations if one.begin), key=lambda one: one.begin or "")
    current = [place for place, one in enumerate(dated) if one.is_current]
    if not current:
        return {}
    told = {}
    if current[0] > 0:
        told["previous"] = dated[current[0] - 1].name
    if current[-1] + 1 < len(dated):
        told["next"] = dated[current[-1] + 1].name
    return told
