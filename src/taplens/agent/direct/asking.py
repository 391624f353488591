"""What is said where a question can't be answered: what is unclear, and what could be asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from taplens.agent.direct.conditions import where_of
from taplens.agent.direct.reading import Doubt, Pick, Reading
from taplens.agent.direct.telling import cell, code
from taplens.agent.direct.vocabulary import PERSON
from taplens.filters import nearest

if TYPE_CHECKING:
    from taplens.agent.direct.telling import Telling
    from taplens.agent.direct.vocabulary import Vocabulary

_NEAR = 3
_FOREIGN = re.compile(r"[぀-ヿ가-힯Ѐ-ӿ؀-ۿऀ-ॿ฀-๿]")


def is_other_language(question: str) -> bool:
    """Whether `question` is in a script of neither language (names in other scripts may stand)."""
    letters = [character for character in question if character.isalpha()]
    foreign = len(_FOREIGN.findall(question))
    return bool(letters) and foreign * 4 >= len(letters)


def is_beyond(reading: Reading) -> bool:
    """Whether so little was understood that asking back would only repeat the question."""
    return reading.is_empty or len(reading.unknown) > max(2, reading.known)


def refusal(telling: Telling, reason: str, **parameters: object) -> str:
    """Why there is no answer, and what can be asked."""
    return f"{telling.text(f'refused.{reason}', **parameters)}\n\n{_examples(telling)}"


def asked_back(
    telling: Telling, reading: Reading, doubts: list[Doubt], vocabulary: Vocabulary
) -> str:
    """What is unclear, what it may mean, and how the rest was understood."""
    lines = []
    for doubt in doubts:
        text = cell(" ".join(map(telling.title, doubt.text.split(" "))))
        if doubt.options:
            options = "\n".join(f"- {code(option)}" for option in doubt.options)
            lines.append(telling.text("asked.choice", text=text) + "\n" + options)
        else:
            lines.append(telling.text(f"asked.{doubt.why}", text=text))
    for said in reading.unknown:
        near = _near(said, vocabulary)
        if near:
            options = "\n".join(f"- {code(option)}" for option in near)
            lines.append(telling.text("asked.near", text=cell(said)) + "\n" + options)
        else:
            lines.append(telling.text("asked.unknown", text=cell(said)))
    rest = where_of(reading)
    if isinstance(rest, str) and rest:
        lines.append(telling.text("asked.rest", reading=code(rest)))
    return "\n\n".join([*lines, _examples(telling)])


def _near(text: str, vocabulary: Vocabulary) -> list[str]:
    """The nearest names of the workspace, as conditions."""
    values = {
        phrase: meaning
        for phrase, meanings in vocabulary.phrases.items()
        for meaning in meanings
        if meaning.kind == "value"
    }
    found = (values[name] for name in nearest(text, values, _NEAR))
    return list(
        dict.fromkeys(
            Pick("owner" if one.field == PERSON else one.field, (one.name,)).where()
            for one in found
        )
    )


def _examples(telling: Telling) -> str:
    return telling.text("examples")
