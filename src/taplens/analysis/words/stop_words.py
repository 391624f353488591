"""The words that are left out: those shipped, and what a team adds and takes out in its file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path

from taplens import messages
from taplens.analysis.words.segment import folded
from taplens.errors import ConfigurationError

FILE = "stop-words.txt"
_MOST_BYTES = 1_000_000
_TAKEN_OUT = "!"


def stop_words(home: Path) -> frozenset[str]:
    """The words to leave out in the home folder `home`, folded.

    Raises ConfigurationError for a file of the team's that can't be read.
    """
    shipped = files(__package__).joinpath("stop_words.txt").read_text(encoding="utf-8")
    found: set[str] = set()
    for entry in _entries([*shipped.splitlines(), *_team(team_file(home)).splitlines()]):
        if entry.startswith(_TAKEN_OUT):
            found.difference_update(folded(entry.removeprefix(_TAKEN_OUT)).split())
        else:
            found.update(folded(entry).split())
    return frozenset(found)


def team_file(home: Path) -> Path:
    """Where a team keeps its own stop words; it needn't exist."""
    return home / FILE


def ensure_team_file(home: Path) -> Path:
    """The team's file, made with an explanation in it where there is none.

    Raises ConfigurationError where it can't be made.
    """
    path = team_file(home)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(messages.text("words.stop_words_file").strip() + "\n")
    except FileExistsError:
        pass
    except OSError as fault:
        raise ConfigurationError("file_not_written", path=path, detail=fault.strerror) from fault
    return path


def _entries(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if not line.lstrip().startswith("#"):
            yield from line.split()


def _team(path: Path) -> str:
    try:
        with path.open("rb") as file:
            written = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return ""
    except OSError as fault:
        raise ConfigurationError(
            "stop_words_unreadable", path=path, detail=fault.strerror
        ) from fault
    if len(written) > _MOST_BYTES:
        raise ConfigurationError("stop_words_too_large", path=path, most=_MOST_BYTES)
    try:
        return written.decode("utf-8-sig")  # Windows' editor marks its files
    except UnicodeDecodeError as fault:
        raise ConfigurationError(
            "stop_words_unreadable", path=path, detail=messages.text("words.not_utf_8")
        ) from fault
