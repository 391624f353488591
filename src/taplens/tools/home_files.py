"""Files that a tool may touch: those of the home, and to read those of the folders allowed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from taplens.errors import ArgumentError

if TYPE_CHECKING:
    from taplens.config import Settings


def within(home: Path, name: str, *endings: str) -> Path:
    """The file called `name` in the home, links followed; its ending is one of `endings`.

    Raises ArgumentError for one that is elsewhere, or of another kind.
    """
    path = _inside(home.resolve(), name)
    if path is None:
        raise ArgumentError("file_outside", path=name, home=home)
    if path.suffix.lower() not in endings:
        raise ArgumentError("sheet_format", path=name, known=", ".join(endings))
    return path


def readable(settings: Settings, name: str, endings: Sequence[str]) -> Path:
    """The document called `name`, in the home or in one of the folders that may be read.

    A path that isn't absolute is looked for in each of them, in this order. Raises ArgumentError
    for one that lies elsewhere, links followed, or is of another kind.
    """
    folders = [folder.resolve() for folder in (settings.home, *settings.document_folders)]
    found = [path for folder in folders if (path := _inside(folder, name)) is not None]
    if not found:
        raise ArgumentError("document_outside", path=name, folders=", ".join(map(str, folders)))
    path = next((one for one in found if one.exists()), found[0])
    if path.suffix.lower() not in endings:
        raise ArgumentError("sheet_format", path=name, known=", ".join(endings))
    return path


def _inside(folder: Path, name: str) -> Path | None:
    """The path of that name if it lies in `folder`."""
    try:
        path = (folder / name).resolve()
    except (OSError, ValueError, RuntimeError):  # a loop of links, or no name at all
        return None
    return path if path.is_relative_to(folder) else None
