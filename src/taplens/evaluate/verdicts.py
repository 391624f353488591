"""What a model said of a case, and keeping it: a case that is as it was isn't asked about again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from taplens.evaluate.model import ELEMENTS, Case, Requirement
from taplens.tables.lines import KeptLines

NAME = "evaluations.jsonl"  # in the home


@dataclass(frozen=True, slots=True)
class Verdict:
    """A model's scores and suggestions by element, and the requirement with the reason."""

    scores: Mapping[str, int]
    suggestions: Mapping[str, str]
    requirement_id: str = ""
    reason: str = ""

    @classmethod
    def of(cls, told: Mapping[str, Any], requirement_ids: frozenset[str]) -> Verdict:
        """What an answer says of a case; a requirement that wasn't given is none."""
        named = str(told["requirement_id"])
        known = named in requirement_ids
        return cls(
            {name: int(told[name]["score"]) for name in ELEMENTS},
            {name: str(told[name]["suggestion"]) for name in ELEMENTS},
            named if known else "",
            str(told["reason"]) if known else "",
        )


def key_of(
    case: Case, candidates: Sequence[Requirement], model: str, locale: str, rules: str
) -> str:
    """What a verdict depends on: the case's texts, the requirements that it was held against, who
    is asked in which language, and the rules.
    """
    told = [model, locale, rules, asdict(case) | {"place": 0}, [asdict(one) for one in candidates]]
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, default=dict)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


class KeptVerdicts:
    """The verdicts of a home; what is damaged is asked again. Its calls block."""

    def __init__(self, home: Path) -> None:
        self._lines = KeptLines(home / NAME)

    def find(self, key: str) -> Verdict | None:
        """The verdict kept under a key."""
        told = self._lines.find(key)
        try:
            return None if told is None else Verdict(**told)
        except TypeError:  # not of this version
            return None

    def keep(self, verdicts: Mapping[str, Verdict]) -> None:
        """Keep verdicts by their keys. Raises ExportError where the home can't be written."""
        self._lines.keep({key: asdict(one) for key, one in verdicts.items()})
