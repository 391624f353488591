"""The requirements that a team keeps for its test cases: a file in the home."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from taplens.errors import ArgumentError, ConfigurationError, ExportError, NotFoundError
from taplens.evaluate.model import Requirement
from taplens.filters import fold
from taplens.tables import exclusive, replacing

NAME = "requirements.json"  # in the home
MOST = 10_000  # requirements
FIELDS = tuple(one.name for one in fields(Requirement))
_MOST_BYTES = 200 * 1024 * 1024
_LONGEST: Mapping[str, int] = {"id": 100, "title": 500}
_LONGEST_TEXT = 20_000  # characters of every other field
_OWN_ID = re.compile(r"R(\d{1,9})")  # what a requirement without an id is given
_SHORT = 7  # digits at the end of TAPD's long ids, by which people name an item


@dataclass(frozen=True, slots=True)
class Landed:
    """How many requirements were added, changed, and as they were; how many texts were cut."""

    added: int = 0
    changed: int = 0
    same: int = 0
    cut: int = 0


class Knowledge:
    """The requirements of a home, in the order in which they came. Its calls block.

    Each change reads the file and writes it whole, one at a time. All raise ConfigurationError for
    a file that can't be read, and those that change it ExportError where it can't be written.
    """

    def __init__(self, home: Path) -> None:
        self.path = home / NAME

    def all(self) -> tuple[Requirement, ...]:
        """All requirements; none where there is no file."""
        try:
            if self.path.stat().st_size > _MOST_BYTES:
                raise self._unreadable(f"> {_MOST_BYTES >> 20} MB")
            told = json.loads(self.path.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, RecursionError) as fault:
            raise self._unreadable(str(fault)) from fault
        return self._read(told)

    def one(self, named: str) -> Requirement:
        """The requirement of an id, whole or as people shorten TAPD's. Raises NotFoundError."""
        return _named(self.all(), named)

    def add(self, requirement: Requirement) -> Requirement:
        """Add one, which is given an id (R1, R2…) where it has none.

        Raises ArgumentError where the id is taken, the title is empty or a text too long.
        """
        with self._alone():
            held = self.all()
            made = _checked(
                requirement if requirement.id.strip() else _with_ids([requirement], held)[0]
            )
            if any(one.id == made.id for one in held):
                raise ArgumentError("requirement_exists", id=made.id)
            self._write((*held, made))
        return made

    def edit(self, named: str, changes: Mapping[str, str]) -> Requirement:
        """Change fields of one, by their names. Raises NotFoundError, ArgumentError."""
        with self._alone():
            held = self.all()
            before = _named(held, named)
            after = _checked(replace(before, **changes))
            if after.id != before.id and any(one.id == after.id for one in held):
                raise ArgumentError("requirement_exists", id=after.id)
            self._write([after if one is before else one for one in held])
        return after

    def remove(self, named: Sequence[str]) -> tuple[Requirement, ...]:
        """Remove those that are named, all or none, and tell them. Raises NotFoundError."""
        with self._alone():
            held = self.all()
            gone = {one.id: one for one in (_named(held, name) for name in named)}
            self._write([one for one in held if one.id not in gone])
        return tuple(gone.values())

    def clear(self) -> int:
        """Remove all, and tell how many they were; also what can't be read is removed."""
        with self._alone():
            try:
                count = len(self.all())
            except ConfigurationError:
                count = 0
            self._write(())
        return count

    def land(self, requirements: Sequence[Requirement]) -> Landed:
        """Add those that are new and change those that are known, by the id or, where that is
        missing, the title. Texts that are too long are cut.

        Raises ArgumentError for one without a title, or for too many.
        """
        with self._alone():
            held = {one.id: one for one in self.all()}
            before = dict(held)
            fitted = [_fitted(one) for one in _with_ids(requirements, held.values())]
            held |= {one.id: _checked(one) for one, _ in fitted}
            known = [one.id for one, _ in fitted if one.id in before]
            same = sum(before[name] == held[name] for name in set(known))
            self._write(held.values())
        return Landed(
            added=len(held) - len(before),
            changed=len(set(known)) - same,
            same=same,
            cut=sum(cut for _, cut in fitted),
        )

    def _read(self, told: Any) -> tuple[Requirement, ...]:
        if not isinstance(told, list):
            raise self._unreadable('[{"id": "…", "title": "…"}]')
        found: dict[str, Requirement] = {}
        for place, row in enumerate(told, 1):
            if not isinstance(row, dict) or not all(isinstance(one, str) for one in row.values()):
                raise self._unreadable(f"{place}: {str(row)[:80]}")
            unknown = [name for name in row if name not in FIELDS]
            if unknown or not row.get("id", "").strip() or not row.get("title", "").strip():
                raise self._unreadable(f"{place}: {unknown[0][:40] if unknown else 'id, title'}")
            if row["id"] in found:
                raise self._unreadable(f"{place}: id {row['id'][:40]} ×2")
            found[row["id"]] = Requirement(**row)
        return tuple(found.values())

    def _write(self, requirements: Iterable[Requirement]) -> None:
        rows = [{name: text for name, text in asdict(one).items() if text} for one in requirements]
        if len(rows) > MOST:
            raise ArgumentError("requirements_full", count=len(rows), most=MOST)
        text = json.dumps(rows, ensure_ascii=False, indent=2) + "\n"
        data = text.encode("utf-8", errors="replace")
        if len(data) > _MOST_BYTES:
            raise ArgumentError("requirements_large", most=_MOST_BYTES >> 20)
        with replacing(self.path) as beside:
            beside.write_bytes(data)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """From reading to writing nobody else changes the file, so that no change is lost."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            detail = fault.strerror or str(fault)
            raise ExportError("export_not_written", path=self.path, detail=detail) from fault
        with exclusive(self.path):
            yield

    def _unreadable(self, detail: str) -> ConfigurationError:
        return ConfigurationError("requirements_unreadable", path=self.path, detail=detail[:200])


def _named(held: Sequence[Requirement], named: str) -> Requirement:
    name = named.strip()
    short = name.lstrip("0#")
    exact = [one for one in held if one.id == name]
    found = exact or [one for one in held if one.id[-_SHORT:].lstrip("0") == short]
    if len(found) == 1:
        return found[0]
    raise NotFoundError("requirement_unknown", id=name[:60])


def _with_ids(
    requirements: Sequence[Requirement], held: Iterable[Requirement]
) -> list[Requirement]:
    """Each with an id: its own, that of the one with its title, or the next of ours."""
    by_title = {fold(one.title.strip()): one.id for one in held}
    taken = [*by_title.values(), *(one.id for one in requirements)]
    highest = max(
        (int(match[1]) for name in taken if (match := _OWN_ID.fullmatch(name))), default=0
    )
    found = []
    for one in requirements:
        name = one.id.strip() or by_title.get(fold(one.title.strip()), "")
        if not name:
            highest += 1
            name = f"R{highest}"
        by_title.setdefault(fold(one.title.strip()), name)
        found.append(replace(one, id=name))
    return found


def _fitted(requirement: Requirement) -> tuple[Requirement, int]:
    """A requirement whose texts aren't too long, and how many were."""
    told = asdict(requirement)
    long = [name for name in FIELDS if name != "id" and len(told[name].strip()) > _most(name)]
    cut = {name: told[name].strip()[: _most(name) - 1] + "…" for name in long}
    return replace(requirement, **cut), len(cut)


def _checked(requirement: Requirement) -> Requirement:
    """A requirement that may be kept. Raises ArgumentError."""
    told = {name: text.strip() for name, text in asdict(requirement).items()}
    for name in ("id", "title"):
        if not told[name]:
            raise ArgumentError("requirement_lacks", field=name)
    for name, text in told.items():
        if len(text) > _most(name):
            raise ArgumentError("requirement_long", field=name, length=len(text), most=_most(name))
    return Requirement(**told)


def _most(name: str) -> int:
    return _LONGEST.get(name, _LONGEST_TEXT)
