"""The folders of snapshots: found, made whole or not at all, thrown away."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, func, select

from taplens.mirror.schema import item
from taplens.mirror.snapshot.layout import FORMAT
from taplens.mirror.snapshot.opened import Files
from taplens.mirror.snapshot.writing import write_base, write_extension
from taplens.mirror.versions import changed_since, identity_of, version_of

_MOST_CHANGED = 0.05  # of the items: beyond, a new base is made
_ALWAYS_EXTENDED = 500  # items
_BASE, _EXTENSION, _UNFINISHED = "base", "changes", "new"
_ABANDONED_SECONDS = 3600.0  # what a killed process left unfinished for that long is thrown away


class Store:
    """The snapshots of one mirror beneath `root`; several processes may use it at once.

    A folder is written under another name and renamed when it is whole: a base is `base-VERSION`,
    what changed since `changes-BASE-VERSION`. Nothing in them changes after that.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def files(self, connection: Connection) -> Files:
        """The files of the version that `connection` reads, made where they are missing."""
        import duckdb

        try:
            return self._kept(connection)
        except (OSError, duckdb.IOException):  # a full disk, a folder that can't be written
            base = Path(tempfile.mkdtemp(prefix="taplens-"))
            write_base(connection, base)
            return Files(base, temporary=True)

    def discard(self, files: Files) -> None:
        """Throw away files that turned out to be damaged."""
        for folder in (files.extension, files.base):
            if folder is not None:
                _remove(folder)

    def _kept(self, connection: Connection) -> Files:
        version = version_of(connection)
        folder = self._root / f"{FORMAT}-{identity_of(connection)}"
        folder.mkdir(parents=True, exist_ok=True)
        bases = [known for known in _bases(folder) if known <= version]
        if version in bases:
            return Files(folder / f"{_BASE}-{version}")
        if bases:
            base = max(bases)
            extended = self._extended(connection, folder, base, version)
            if extended is not None:
                return Files(folder / f"{_BASE}-{base}", extended)
        made = _made(folder / f"{_BASE}-{version}", lambda new: write_base(connection, new))
        _clear(self._root, folder, version, version)
        return Files(made)

    def _extended(
        self, connection: Connection, folder: Path, base: int, version: int
    ) -> Path | None:
        """The folder of what changed between two versions; None where that is too much."""
        target = folder / f"{_EXTENSION}-{base}-{version}"
        if target.is_dir():
            return target
        keys = changed_since(connection, base)
        items = connection.scalar(select(func.count()).select_from(item)) or 0
        if len(keys) > max(_ALWAYS_EXTENDED, _MOST_CHANGED * items):
            return None
        _made(target, lambda new: write_extension(connection, new, keys))
        _clear(self._root, folder, base, version)
        return target


def _bases(folder: Path) -> list[int]:
    names = [entry.name.partition("-") for entry in folder.glob(f"{_BASE}-*")]
    return [int(version) for _, _, version in names if version.isdecimal()]


def _made(target: Path, write: Callable[[Path], None]) -> Path:
    """`target`, written under another name and renamed; or as another process made it first."""
    new = target.with_name(f"{_UNFINISHED}-{uuid.uuid4().hex}")
    new.mkdir()
    try:
        write(new)
        with contextlib.suppress(OSError):
            new.rename(target)
        if not target.is_dir():
            raise FileNotFoundError(target)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return target


def _clear(root: Path, folder: Path, base: int, version: int) -> None:
    """Throw away what is older than this base and this version, and other mirrors' snapshots.

    What another process has open can't be removed everywhere; then it goes the next time.
    """
    for entry in folder.iterdir():
        kind, *numbers = entry.name.split("-")
        old = kind == _BASE and int(numbers[0]) < base
        old |= kind == _EXTENSION and int(numbers[-1]) < version
        if old or (kind == _UNFINISHED and _is_abandoned(entry)):
            _remove(entry)
    for entry in root.iterdir():
        if entry != folder:
            _remove(entry)


def _is_abandoned(entry: Path) -> bool:
    try:
        return time.time() - entry.stat().st_mtime > _ABANDONED_SECONDS
    except OSError:
        return False


def _remove(folder: Path) -> None:
    """Remove a folder whole: by another name first, so that no half of it can be taken for it."""
    gone = folder.with_name(f"{_UNFINISHED}-{uuid.uuid4().hex}")
    with contextlib.suppress(OSError):
        folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
