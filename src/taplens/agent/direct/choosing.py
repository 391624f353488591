"""Which of its meanings a value has whose field isn't named; or that it must be asked back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from taplens.agent.direct.reading import Doubt, Pick
from taplens.agent.direct.vocabulary import PERSON, is_weak

if TYPE_CHECKING:
    from taplens.agent.direct.lexicon import Meaning
    from taplens.agent.direct.vocabulary import Vocabulary

Choice = tuple[str, tuple[str, ...]]  # the field and the values

# The fields that are meant first where a word is a value of several.
_PREFERRED = (
    PERSON, "status", "priority", "severity", "module", "iteration", "label", "category", "version",
)  # fmt: skip
_OPTIONS = 4  # told where it must be asked back


def chosen(
    text: str, meanings: Iterable[Meaning], types: Sequence[str], vocabulary: Vocabulary
) -> Choice | Doubt | None:
    """The field and the values that `text` means; a Doubt where that isn't clear.

    None where it means no value: a common word counts as one only with its field beside it.
    """
    values = [meaning for meaning in meanings if meaning.kind == "value"]
    others = [meaning for meaning in meanings if meaning.kind != "value"]
    if not values or (is_weak(text) and others):
        return None
    fitting = [one for one in values if not types or not one.types or one.types & set(types)]
    if not fitting:
        return None if others else Doubt(text, _options(values))
    if is_weak(text):
        return Doubt(text, _options(fitting))
    by_field: dict[str, dict[str, None]] = {}
    for one in fitting:
        by_field.setdefault(one.field, {})[one.name] = None
    if (parts := _parts(text, vocabulary)) is not None:
        return Doubt(text, (*_options(fitting), parts))
    return _clear(text, by_field, fitting)


def _clear(
    text: str, by_field: dict[str, dict[str, None]], fitting: Sequence[Meaning]
) -> Choice | Doubt:
    first = next((name for name in _PREFERRED if name in by_field), "")
    if not first and len(by_field) > 1:
        return Doubt(text, _options(fitting))
    field = first or next(iter(by_field))
    names = tuple(by_field[field])
    if len(names) > 1 and field != "status":
        return Doubt(text, _options([one for one in fitting if one.field == field]))
    return field, names


def _parts(text: str, vocabulary: Vocabulary) -> str | None:
    """The other reading of a name that is made of a value and a type: 紧急需求."""
    for cut in range(1, len(text)):
        left = vocabulary.phrases.get(text[:cut], ())
        right = vocabulary.phrases.get(text[cut:], ())
        value = next((one for one in left if one.kind == "value"), None)
        kind = next((one for one in right if one.kind == "type"), None)
        if value is not None and kind is not None:
            return f"type:{kind.name} {_option(value)}"
    return None


def _options(meanings: Iterable[Meaning]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(_option, meanings)))[:_OPTIONS]


def _option(meaning: Meaning) -> str:
    field = "owner" if meaning.field == PERSON else meaning.field
    return Pick(field, (meaning.name,)).where()
