"""What a model said of a case, and keeping it: a case that is as it was isn't asked about again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from taplens.errors import ExportError
from taplens.evaluate.model import ELEMENTS, Case, Requirement
from taplens.tables import replacing

NAME = "evaluations.jsonl"  # in the home
_MOST_KEPT = 100_000  # verdicts; the oldest go


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
    """The verdicts of a home, a line each; what is damaged is asked again. Its calls block."""

    def __init__(self, home: Path) -> None:
        self._path = home / NAME
        self._known: dict[str, Verdict] | None = None

    def find(self, key: str) -> Verdict | None:
        """The verdict kept under a key."""
        if self._known is None:
            self._known = self._read()
        return self._known.get(key)

    def keep(self, verdicts: Mapping[str, Verdict]) -> None:
        """Keep verdicts by their keys. Raises ExportError where the home can't be written."""
        lines = "".join(
            json.dumps({"key": key} | asdict(one), ensure_ascii=False) + "\n"
            for key, one in verdicts.items()
        )
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(lines)
        except OSError as fault:
            detail = fault.strerror or str(fault)
            raise ExportError("export_not_written", path=self._path, detail=detail) from fault
        if self._known is not None:
            self._known.update(verdicts)

    def _read(self) -> dict[str, Verdict]:
        try:
            text = self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):  # not there, or damaged
            return {}
        lines = text.splitlines()
        found = {key: one for line in lines for key, one in _told(line)}
        if len(lines) > _MOST_KEPT:
            kept = lines[-_MOST_KEPT // 2 :]
            with replacing(self._path) as beside:
                beside.write_text("\n".join(kept) + "\n", encoding="utf-8")
        return found


def _told(line: str) -> list[tuple[str, Verdict]]:
    """The verdict in a line; none in one that was cut when it was written."""
    try:
        told = json.loads(line)
        key = str(told.pop("key"))
        return [(key, Verdict(**told))]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []
