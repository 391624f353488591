"""The data that classic tools work on: a data file of the home, else the mirror."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import orjson
from pydantic import Field

from taplens.errors import ArgumentError, ExportError
from taplens.tools.freshness import scope_of
from taplens.tools.home_files import within

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from taplens.tools.context import ToolContext

Item = dict[str, Any]
FileName = Annotated[str, Field(max_length=300)]
DataType = Literal["stories", "bugs", "both"]

FOLDER = "local_data"
DATA_FILE = "local_data/msg_from_fetcher.json"
MOST_BYTES = 300 * 1024 * 1024
_TYPES = {"stories": "story", "bugs": "bug"}
# That a file was made up is kept in it, so that no answer passes it off as a team's.
_GENERATED = "generated"


@dataclass(frozen=True, slots=True)
class Data:
    """Stories and bugs as TAPD writes them. `source` is the file's name in the home, or "mirror";
    `generated` says that they are made up.
    """

    stories: list[Item]
    bugs: list[Item]
    source: str
    generated: bool = False

    def lists(self, data_type: DataType = "both") -> Iterator[tuple[str, list[Item]]]:
        """The lists that are wanted, by their names: stories, bugs."""
        for name, rows in (("stories", self.stories), ("bugs", self.bugs)):
            if data_type in ("both", name):
                yield name, rows

    def origin(self) -> dict[str, Any]:
        """What an answer says of where its numbers come from."""
        return {"source": self.source} | ({_GENERATED: True} if self.generated else {})


def kind_of(name: str) -> str:
    """The type of the items in a list: "story" of "stories"."""
    return _TYPES[name]


async def load(context: ToolContext, name: str = "") -> Data:
    """The data file `name`, else DATA_FILE; the mirror where that isn't there.

    Raises ArgumentError for a file that is elsewhere, isn't there, or is no data file.
    """
    home = context.keeper.settings.home
    wanted = name.strip() or DATA_FILE
    path = await asyncio.to_thread(_existing, home, wanted)
    if path is not None:
        return await asyncio.to_thread(_read, path, path.relative_to(home.resolve()).as_posix())
    if wanted != DATA_FILE:
        raise ArgumentError("data_file_missing", path=wanted)
    chosen = context.chosen(())
    await scope_of(context, chosen)
    data: Data = await context.read(_mirrored, chosen)
    return data


def write(
    path: Path, lists: Mapping[str, Iterable[Item]], *, generated: bool = False
) -> dict[str, int]:
    """Write a data file, a line an item, in place of the one that is there once it is whole.

    How many items each list has. Raises ExportError.
    """
    from taplens.tables import replacing

    ensure_folder(path)
    counts = {}
    with replacing(path) as target, target.open("xb") as file:
        file.write(b"{")
        for place, (name, rows) in enumerate(lists.items()):
            file.write(b",\n" * bool(place) + orjson.dumps(name) + b": [")
            count = 0
            for count, row in enumerate(rows, 1):
                file.write((b"\n" if count == 1 else b",\n") + orjson.dumps(row))
            counts[name] = count
            file.write(b"\n]" if count else b"]")
        file.write(b', "generated": true}\n' if generated else b"}\n")
    return counts


def write_json(path: Path, value: Any) -> None:
    """Write any JSON in place of what is there, once it is whole. Raises ExportError."""
    from taplens.tables import replacing

    ensure_folder(path)
    with replacing(path) as target:
        target.write_bytes(orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n")


def ensure_folder(path: Path) -> None:
    """Make the folder that a file is to stand in. Raises ExportError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        detail = fault.strerror or str(fault)
        raise ExportError("export_not_written", path=path.parent, detail=detail) from fault


def _existing(home: Path, name: str) -> Path | None:
    """The file of that name, in the home or in its folder of data; None where there is none."""
    for wanted in (name, f"{FOLDER}/{name}"):
        path = within(home, wanted.replace("\\", "/"), ".json")
        if path.exists():
            return path
    return None


def _read(path: Path, name: str) -> Data:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ArgumentError("data_file_large", path=name, megabytes=MOST_BYTES >> 20)
        told = orjson.loads(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except OSError as fault:
        detail = fault.strerror or str(fault)
        raise ArgumentError("sheet_unreadable", path=name, detail=detail) from fault
    except orjson.JSONDecodeError as fault:
        raise ArgumentError("data_file_shape", path=name, detail=str(fault)[:120]) from fault
    if not isinstance(told, dict) or not set(_TYPES) & set(told):
        raise ArgumentError("data_file_shape", path=name, detail="{…}")
    stories, bugs = (told.get(one, []) for one in _TYPES)
    for one in (stories, bugs):
        if not isinstance(one, list) or not all(isinstance(row, dict) for row in one):
            raise ArgumentError("data_file_shape", path=name, detail="[{…}]")
    return Data(stories, bugs, name, told.get(_GENERATED) is True)


def _mirrored(connection: Connection, workspace_ids: tuple[str, ...]) -> Data:
    from taplens.mirror.reads_raw import rows_of

    stories, bugs = (list(rows_of(connection, workspace_ids, one)) for one in _TYPES.values())
    return Data(stories, bugs, "mirror")
