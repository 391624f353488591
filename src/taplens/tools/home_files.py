"""Files that a tool may read and write: those of the home, and no others."""

from __future__ import annotations

from pathlib import Path

from taplens.errors import ArgumentError


def within(home: Path, name: str, *endings: str) -> Path:
    """The file called `name` in the home, links followed; its ending is one of `endings`.

    Raises ArgumentError for one that is elsewhere, or of another kind.
    """
    folder = home.resolve()
    try:
        path = (folder / name).resolve()
    except (OSError, ValueError, RuntimeError) as fault:  # a loop of links, or a name that can be none
        raise ArgumentError("file_outside", path=name, home=home) from fault
    if not path.is_relative_to(folder):
        raise ArgumentError("file_outside", path=name, home=home)
    if path.suffix.lower() not in endings:
        raise ArgumentError("sheet_format", path=name, known=", ".join(endings))
    return path
