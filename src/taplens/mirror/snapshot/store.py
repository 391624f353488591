"""The folders of snapshots: found, made whole or not at all, thrown away."""

from __future__ import annotations

import contextlib
import os
import re
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
from taplens.mirror.versions import (
    Version,
    changed_since,
    identity_of,
    passed_through,
    version_of,
)

_MOST_CHANGED = 0.05  # of the items: beyond, a new base is made
_ALWAYS_EXTENDED = 500  # items
_VERSION = r"\d{1,18}-[0-9a-f]+"
_BASE = re.compile(rf"base-({_VERSION})")
_EXTENSION = re.compile(rf"changes-{_VERSION}-({_VERSION})")
_UNFINISHED = re.compile(r"new-[0-9a-f]{32}")
_MIRROR = re.compile(r"\d+-[0-9a-f]{32}")
_ABANDONED_SECONDS = 3600.0  # what a killed process left unfinished for that long is thrown away
_UNUSED_SECONDS = 14 * 86_400.0  # as is what belongs to a mirror that nobody asked for that long


class Store:
    """The snapshots of one mirror beneath `root`; several processes may use it at once.

    A folder is written under another name and renamed when it is whole: a base is `base-VERSION`,
    what changed since `changes-BASE-VERSION`; a version is NUMBER-TOKEN. Nothing in them changes
    after that. What has any other name is nothing of ours, and stays.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def files(self, connection: Connection) -> Files:
        """The files of the version that `connection` reads, made where they are missing."""
        import duckdb

        try:
            return self._kept(connection)
        except (OSError, duckdb.IOException):  # a full disk, a folder that can't be written
            return _temporary(connection)

    def discard(self, files: Files) -> None:
        """Throw away files that turned out to be damaged."""
        for folder in (files.extension, files.base):
            if folder is not None:
                _remove(folder)

    def _kept(self, connection: Connection) -> Files:
        version = version_of(connection)
        folder = self._root / f"{FORMAT}-{identity_of(connection)}"
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(OSError):  # others may read it where they can't write
            os.utime(folder)
        base = _newest_base(connection, folder, version)
        if base == version:
            return Files(_base(folder, base))
        if base is not None:
            extended = self._extended(connection, folder, base, version)
            if extended is not None:
                return Files(_base(folder, base), extended)
        made = _made(_base(folder, version), lambda new: write_base(connection, new))
        _clear(self._root, Files(made), version)
        return Files(made)

    def _extended(
        self, connection: Connection, folder: Path, base: Version, version: Version
    ) -> Path | None:
        """The folder of what changed between two versions; None where that is too much."""
        target = folder / f"changes-{_name(base)}-{_name(version)}"
        if target.is_dir():
            return target
        keys = changed_since(connection, base)
        items = connection.scalar(select(func.count()).select_from(item)) or 0
        if len(keys) > max(_ALWAYS_EXTENDED, _MOST_CHANGED * items):
            return None
        _made(target, lambda new: write_extension(connection, new, keys))
        _clear(self._root, Files(_base(folder, base), target), version)
        return target


def _name(version: Version) -> str:
    return f"{version.number}-{version.token}"


def _base(folder: Path, version: Version) -> Path:
    return folder / f"base-{_name(version)}"


def _version(told: str) -> Version:
    number, _, token = told.partition("-")
    return Version(int(number), token)


def _newest_base(connection: Connection, folder: Path, version: Version) -> Version | None:
    """The version of the newest base that what `connection` reads has grown from."""
    named = [_BASE.fullmatch(entry.name) for entry in folder.iterdir()]
    known = [_version(found[1]) for found in named if found]
    return max(passed_through(connection, known), default=None)


def _temporary(connection: Connection) -> Files:
    """A base of its own for this process, where none can be kept."""
    folder = Path(tempfile.mkdtemp(prefix="taplens-"))
    try:
        write_base(connection, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Files(folder, temporary=True)


def _made(target: Path, write: Callable[[Path], None]) -> Path:
    """`target`, written under another name and renamed; or as another process made it first."""
    new = _unfinished(target)
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


def _clear(root: Path, kept: Files, version: Version) -> None:
    """Throw away what `kept`, of this version, takes the place of, and what nobody uses.

    What another process has open can't be removed everywhere; then it goes the next time.
    """
    for entry in kept.base.parent.iterdir():
        if entry not in (kept.base, kept.extension) and _is_outdone(entry, version):
            _remove(entry)
    for entry in root.iterdir():
        if _MIRROR.fullmatch(entry.name) and _is_older(entry, _UNUSED_SECONDS):
            _remove(entry)


def _is_outdone(entry: Path, version: Version) -> bool:
    if _UNFINISHED.fullmatch(entry.name):
        return _is_older(entry, _ABANDONED_SECONDS)
    found = _BASE.fullmatch(entry.name) or _EXTENSION.fullmatch(entry.name)
    return found is not None and _version(found[1]).number <= version.number


def _is_older(entry: Path, seconds: float) -> bool:
    try:
        return time.time() - entry.stat().st_mtime > seconds
    except OSError:
        return False


def _unfinished(folder: Path) -> Path:
    """A name beside `folder` that nothing is taken for."""
    return folder.with_name(f"new-{uuid.uuid4().hex}")


def _remove(folder: Path) -> None:
    """Remove a folder whole: by another name first, so that no half of it can be taken for it."""
    gone = _unfinished(folder)
    with contextlib.suppress(OSError):
        folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
