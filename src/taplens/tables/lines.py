"""Answers that cost something, kept in a file of the home, a line each; what is damaged is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from taplens.errors import ExportError
from taplens.tables.locking import exclusive
from taplens.tables.saving import replacing

MOST_BYTES = 200 * 1024 * 1024  # of a file: beyond, the older half of what it holds goes


class KeptLines:
    """JSON objects by their keys, in a file to which lines are added; the last of a key counts.

    Several processes may add to it, one at a time. Its calls block.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, dict[str, Any]] | None = None

    def find(self, key: str) -> dict[str, Any] | None:
        """The object kept under a key."""
        return self.all().get(key)

    def all(self) -> Mapping[str, dict[str, Any]]:
        """Every object by its key, the oldest first."""
        if self._known is None:
            self._known = self._read()
        return self._known

    def keep(self, told: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep objects by their keys. Raises ExportError where the home can't be written."""
        lines = "".join(
            json.dumps({"key": key} | dict(one), ensure_ascii=False) + "\n"
            for key, one in told.items()
        )
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with exclusive(self._path):
                with self._path.open("ab") as file:
                    file.write(lines.encode("utf-8", "replace"))
                if self._path.stat().st_size > MOST_BYTES:
                    known = self._read()
                    self._write(dict(list(known.items())[len(known) // 2 :]))
        except OSError as fault:
            detail = fault.strerror or str(fault)
            raise ExportError("export_not_written", path=self._path, detail=detail) from fault
        if self._known is not None:
            self._known.update({key: dict(one) for key, one in told.items()})

    def forget(self, keys: set[str]) -> int:
        """Throw away what is kept under `keys`; how many there were. Raises ExportError."""
        if not self._path.exists():
            return 0
        with exclusive(self._path):
            known = self._read()
            left = {key: one for key, one in known.items() if key not in keys}
            if len(left) < len(known):
                self._write(left)
        self._known = left
        return len(known) - len(left)

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            text = self._path.read_text(encoding="utf-8", errors="replace")
        except OSError:  # not there
            return {}
        return dict(pair for line in text.splitlines() for pair in _told(line))

    def _write(self, told: Mapping[str, Mapping[str, Any]]) -> None:
        with replacing(self._path) as beside, beside.open("x", encoding="utf-8") as file:
            for key, one in told.items():
                file.write(json.dumps({"key": key} | dict(one), ensure_ascii=False) + "\n")


def _told(line: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The key and the object in a line; none in one that was cut when it was written."""
    try:
        told = json.loads(line)
    except ValueError:
        return
    if isinstance(told, dict) and isinstance(told.get("key"), str):
        yield told.pop("key"), told
