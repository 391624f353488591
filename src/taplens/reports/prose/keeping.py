"""What batches gave, kept in the home until the report is whole: so a stopped report goes on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from taplens.errors import ExportError
from taplens.tables import replacing

FOLDER = "reports"  # in the home
_OLDEST_SECONDS = 14 * 86_400  # work that nobody came back for


class Kept:
    """The answers to batches, by what was asked: the same question needs no second answer."""

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER
        self._used: list[Path] = []

    def find(self, question: Sequence[Any]) -> Any:
        """The answer kept for `question` (what JSON can hold), or None."""
        path = self._path(question)
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # not there, or damaged: it is asked again
            return None

    def keep(self, question: Sequence[Any], answer: Any) -> None:
        """Keep an answer. Raises ExportError where the home can't be written."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            detail = fault.strerror or str(fault)
            raise ExportError("export_not_written", path=self._folder, detail=detail) from fault
        with replacing(self._path(question)) as path:
            path.write_text(json.dumps(answer, ensure_ascii=False), encoding="utf-8")

    def forget(self) -> None:
        """Throw away what was kept for this report, which is whole now, and what is old."""
        old = time.time() - _OLDEST_SECONDS
        with contextlib.suppress(OSError):
            for path in self._folder.glob("*.json"):
                if path in self._used or path.stat().st_mtime < old:
                    path.unlink(missing_ok=True)

    def _path(self, question: Sequence[Any]) -> Path:
        text = json.dumps(question, ensure_ascii=False, sort_keys=True)
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        path = self._folder / f"{digest[:40]}.json"
        self._used.append(path)
        return path
