"""Vectors of the items of a data file, grouped in batches, kept in one file without pickles."""

from __future__ import annotations

import asyncio
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from taplens.errors import ArgumentError, ConfigurationError
from taplens.tools.classic.data import FOLDER, ensure_folder
from taplens.tools.classic.items import Item, plain, shown, title_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from taplens.mirror.embedders.arrays import Bytes, Floats
    from taplens.mirror.embedders.protocol import Embedder
    from taplens.tools.context import ToolContext

FILE = f"{FOLDER}/vector_data/data_vector.npz"
_MOST_BYTES = 1 << 30
# What the readers of such files raise for bytes that are none.
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, LookupError, ValueError,
    TypeError,
)  # fmt: skip
_SAID = ("description", "test_focus", "label", "module")
_KINDS = {"stories": "story", "bugs": "bug"}


@dataclass(frozen=True, slots=True)
class Entry:
    """An item in short, with its type ("story", "bug")."""

    type: str
    item: Item

    @property
    def key(self) -> tuple[str, str]:
        """What it is known by; ids of stories and bugs can be the same."""
        return self.type, str(self.item.get("id", ""))


@dataclass(frozen=True, slots=True)
class Store:
    """The items, a row of `rows` each (a byte a number), and the batches that they stand in.

    `batches` are the places (from, to) of the items of each batch; `embedder` made the vectors,
    `least` and `whitened` are as it has them.
    """

    entries: Sequence[Entry]
    rows: Bytes
    chunk_size: int
    embedder: str
    least: float
    whitened: bool
    source: str

    @property
    def batches(self) -> list[tuple[int, int]]:
        """Of one type each, at most `chunk_size` items."""
        found = []
        begin = 0
        types = [one.type for one in self.entries] + [""]
        for place in range(1, len(types)):
            if types[place] != types[begin] or place - begin == self.chunk_size:
                found.append((begin, place))
                begin = place
        return found

    def stats(self) -> dict[str, int]:
        """How much there is, as the original counted."""
        batches = self.batches
        stories = sum(self.entries[begin].type == "story" for begin, _ in batches)
        return {
            "total_chunks": len(batches),
            "vector_dimension": int(self.rows.shape[1]),
            "total_items": len(self.entries),
            "story_chunks": stories,
            "bug_chunks": len(batches) - stories,
        }


def text_of(item: Item) -> str:
    """What an item's vector is made of: the title, then as much of its texts as a vector holds."""
    from taplens.mirror.vectors.chunks import LONGEST

    said = (plain(item[name]) for name in _SAID if item.get(name))
    return "\n".join((title_of(item), *said))[:LONGEST]


async def embedder_of(context: ToolContext) -> Embedder:
    """What makes vectors. Raises ConfigurationError where the settings want none."""
    embedder = await context.keeper.embedder()
    if embedder is None:
        raise ConfigurationError("classic_embedder_off")
    return embedder


async def made(
    embedder: Embedder,
    lists: Iterable[tuple[str, Sequence[Item]]],
    *,
    chunk_size: int,
    source: str,
    told: Callable[[int, int], None],
) -> Store:
    """The store of `lists` ("stories", "bugs" with their items); `told` hears how far it is.

    Raises EmbeddingError or ModelError.
    """
    import numpy as np

    from taplens.mirror.embedders.arrays import packed

    kept = [(_KINDS[name], item) for name, items in lists for item in items]
    parts: list[Bytes] = []
    for start in range(0, len(kept), embedder.batch):
        part = kept[start : start + embedder.batch]
        texts = await asyncio.to_thread(_texts, part)
        parts.append(packed(await embedder.embed(texts)))
        told(start + len(part), len(kept))
    entries = await asyncio.to_thread(lambda: [Entry(kind, shown(item)) for kind, item in kept])
    return Store(
        entries, np.concatenate(parts), chunk_size, embedder.name, embedder.least,
        embedder.whitened, source,
    )  # fmt: skip


def _texts(part: Sequence[tuple[str, Item]]) -> list[str]:
    return [text_of(item) for _, item in part]


def joined(new: Store, old: Store) -> Store:
    """`new` with what `old` alone has, stories before bugs.

    Raises ArgumentError where another embedder made the old ones: they can't be compared.
    """
    import numpy as np

    if old.embedder != new.embedder or old.rows.shape[1] != new.rows.shape[1]:
        raise ArgumentError("vectors_other_embedder", old=old.embedder, new=new.embedder)
    known = {one.key for one in new.entries}
    extra = [place for place, one in enumerate(old.entries) if one.key not in known]
    entries = [*new.entries, *(old.entries[place] for place in extra)]
    rows = np.concatenate([new.rows, old.rows[extra]])
    order = sorted(range(len(entries)), key=lambda place: entries[place].type != "story")
    return Store(
        [entries[place] for place in order], rows[order], new.chunk_size, new.embedder, new.least,
        new.whitened, new.source,
    )  # fmt: skip


def save(path: Path, store: Store) -> None:
    """Write the store in place of the one that is there. Raises ExportError."""
    import numpy as np

    from taplens.tables import replacing

    ensure_folder(path)
    about = {"chunk_size": store.chunk_size, "embedder": store.embedder, "least": store.least,
             "whitened": store.whitened, "source": store.source}  # fmt: skip
    with replacing(path) as target, target.open("wb") as file:
        np.savez_compressed(
            file,
            rows=store.rows,
            entries=_packed_json([[one.type, one.item] for one in store.entries]),
            about=_packed_json(about),
        )


def read(path: Path, name: str) -> Store | None:
    """The store in a file, None where there is none. Raises ArgumentError for a damaged one."""
    import numpy as np

    try:
        if path.stat().st_size > _MOST_BYTES or not zipfile.is_zipfile(path):
            raise ArgumentError("vectors_damaged", path=name)
        # Opened here: the library leaves a file open that it can't read.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as parts:
            rows, entries, about = (parts[one] for one in ("rows", "entries", "about"))
        told: Mapping[str, Any] = orjson.loads(about.tobytes())
        found = [Entry(kind, item) for kind, item in orjson.loads(entries.tobytes())]
        store = Store(found, rows, **told)
    except FileNotFoundError:
        return None
    except _DAMAGED as fault:
        raise ArgumentError("vectors_damaged", path=name) from fault
    if rows.ndim != 2 or rows.dtype != np.int8 or len(rows) != len(found) or not found:
        raise ArgumentError("vectors_damaged", path=name)
    return store


def scores(store: Store, asked: Floats) -> Floats:
    """The cosine of each item with a question's vector."""
    from taplens.mirror.embedders.arrays import normalized
    from taplens.search.whitening import inverse_moments

    if store.whitened:
        asked = normalized((inverse_moments(store.rows) @ asked)[None, :])[0]
    found: Floats = normalized(store.rows) @ asked
    return found


def _packed_json(value: Any) -> NDArray[np.uint8]:
    import numpy as np

    return np.frombuffer(orjson.dumps(value), np.uint8)
