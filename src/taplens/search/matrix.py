"""All vectors of one embedder in this process: loaded once, then only what is new."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import Connection, Engine, select

from taplens.mirror.dialects import among
from taplens.mirror.embedders.arrays import Bytes, Floats, normalized, unpacked
from taplens.mirror.vectors.tables import embedder, vector
from taplens.search.whitening import inverse_moments

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_BYTES = 1 << 30  # of vectors in memory; items beyond it are found by the full text alone
# Bytes become numbers block by block, which stay in the processor's cache: 200,000 vectors of 512
# dimensions are compared in 25 ms so, in 48 ms as numbers in memory, which take four times as much.
# Larger blocks are parted among threads, which wait for one another: 400 ms where others work, too.
_BLOCK_NUMBERS = 1 << 17
_WASTE = 1_000  # rows that may belong to nobody before half of them must
_GATHERED = 4  # where fewer than one in so many rows are asked for, they are picked out first
_CHUNK = 2_000
_GONE = -1
_GROWN = 1.2  # after so much growth it is learned anew


class Matrix:
    """The rows of the chunks, the items they belong to, and how far this process has read.

    Threads share it: what one compares with doesn't change while another reads what is new. So
    rows are added behind the others, and arrays that have to change otherwise are replaced.
    """

    def __init__(self, key: int, dimensions: int) -> None:
        self.key = key
        self.dimensions = dimensions
        self.revision = 0
        self._lock = threading.Lock()
        self._count = 0
        self._wasted = 0
        self._rows: Bytes = np.empty((0, dimensions), np.int8)
        self._items: NDArray[np.int64] = np.empty(0, np.int64)
        self._lengths: Floats = np.empty(0, np.float32)
        self._whitening: Floats | None = None
        self._whitened_at = 0
        # Item -> its first row, and the one after its last.
        self._places: dict[int, tuple[int, int]] = {}
        self._left_out: set[int] = set()  # items for which there was no room

    def __len__(self) -> int:
        return len(self._places)

    @property
    def is_full(self) -> bool:
        """Whether not everything found its place."""
        return bool(self._left_out)

    def read(self, connection: Connection) -> None:
        """Load what was stored since the last time."""
        with self._lock:
            self._read(connection)

    def _read(self, connection: Connection) -> None:
        before = self.revision
        rows = connection.execute(
            select(vector.c.item, vector.c.revision, vector.c.data)
            .where(vector.c.embedder == self.key, vector.c.revision > self.revision)
            .order_by(vector.c.revision)
            .execution_options(yield_per=_CHUNK)
        )
        for part in rows.partitions():
            self._put([(row.item, row.data) for row in part])
            self.revision = part[-1].revision
        if self._left_out and self.revision > before:
            self._take_in(connection)
        if self._wasted > self._count // 2 + _WASTE:
            self._compact()

    def _take_in(self, connection: Connection) -> None:
        """Load what was left out, as far as there is room by now."""
        room = MOST_BYTES // self.dimensions - self._count + self._wasted
        wanted = sorted(self._left_out)[:room]  # each has at least one row
        for start in range(0, len(wanted), _CHUNK):
            listed = among(vector.c.item, wanted[start : start + _CHUNK], connection.dialect.name)
            rows = connection.execute(
                select(vector.c.item, vector.c.data).where(vector.c.embedder == self.key, listed)
            )
            self._put([(row.item, row.data) for row in rows])

    def _put(self, texts: Sequence[tuple[int, bytes]]) -> None:
        """Let each item have these vectors, in place of what it had."""
        keys = [item for item, _ in texts]
        self._left_out.difference_update(keys)
        gone = [self._places.pop(item) for item in keys if item in self._places]
        if gone:
            self._items = self._items.copy()
        for start, end in gone:
            self._items[start:end] = _GONE
            self._wasted += end - start
        kept = self._fitting(texts)
        rows = unpacked(b"".join(data for _, data in kept), self.dimensions)
        counts = [len(data) // self.dimensions for _, data in kept]
        start, end = self._count, self._count + len(rows)
        self._rows[start:end] = rows
        self._items[start:end] = np.repeat(np.array([item for item, _ in kept], np.int64), counts)
        self._lengths[start:end] = np.linalg.norm(rows.astype(np.float32), axis=1)
        for (item, _), count in zip(kept, counts, strict=True):
            self._places[item] = (start, start + count)
            start += count
        self._count = end

    def _fitting(self, texts: Sequence[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
        """Those with vectors for which there is room."""
        kept = [text for text in texts if text[1]]
        needed = sum(len(data) for _, data in kept)
        if self._wasted and self._count * self.dimensions + needed > MOST_BYTES:
            self._compact()
        self._make_room(needed // self.dimensions)
        room = (len(self._rows) - self._count) * self.dimensions
        while needed > room:
            item, data = kept.pop()
            needed -= len(data)
            self._left_out.add(item)
        return kept

    def _make_room(self, more: int) -> None:
        needed = self._count + more
        if needed <= len(self._rows):
            return
        size = min(max(needed, 2 * len(self._rows)), MOST_BYTES // self.dimensions)
        for name in ("_rows", "_items", "_lengths"):
            old = getattr(self, name)
            new = np.empty((size, *old.shape[1:]), old.dtype)
            new[: self._count] = old[: self._count]
            setattr(self, name, new)

    def _compact(self) -> None:
        """Forget the rows that no item has any more."""
        kept = np.flatnonzero(self._items[: self._count] != _GONE)
        self._rows, self._items = self._rows[kept], self._items[kept]
        self._lengths = self._lengths[kept]
        self._count, self._wasted = len(kept), 0
        starts = np.flatnonzero(np.diff(self._items, prepend=_GONE - 1))
        ends = [*starts[1:].tolist(), self._count][: len(starts)]
        self._places = {
            int(self._items[start]): (start, end)
            for start, end in zip(starts.tolist(), ends, strict=True)
        }

    def whitened(self, asked: Floats) -> Floats:
        """`asked` with less of what the vectors have in common, and with the length 1.

        It is multiplied by the inverse of their second moments: to that what most texts hold is
        what they say most, and the question's rare parts come out.
        """
        with self._lock:
            if self._whitening is None or self._count > _GROWN * self._whitened_at:
                self._whitening = inverse_moments(self._rows[: self._count])
                self._whitened_at = self._count
            whitening = self._whitening
        found: Floats = normalized((whitening @ asked)[None, :])[0]
        return found

    def nearest(
        self, asked: Floats, keys: Sequence[int], most: int, least: float
    ) -> list[tuple[int, float]]:
        """Of the items of `keys`, those nearest to `asked`, nearest first, with their cosines.

        The best chunk of an item counts; at most `most`, and none below `least`.
        """
        with self._lock:
            count = self._count
            rows, items, lengths = self._rows[:count], self._items[:count], self._lengths[:count]
        wanted = np.flatnonzero(_among(items, keys))
        if len(wanted) * _GATHERED < count:
            scores = _scores(asked, rows[wanted], lengths[wanted])
        else:
            scores = _scores(asked, rows, lengths)[wanted]
        near = np.flatnonzero(scores >= least)
        order = near[np.argsort(-scores[near], kind="stable")]
        best: dict[int, float] = {}
        for place in order.tolist():
            best.setdefault(int(items[wanted[place]]), float(scores[place]))
            if len(best) == most:
                break
        return list(best.items())


def _scores(asked: Floats, rows: Bytes, lengths: Floats) -> Floats:
    """The cosines of `rows`, which have these lengths, with `asked`, whose length is 1."""
    scores = np.empty(len(rows), np.float32)
    size = max(1, _BLOCK_NUMBERS // len(asked))
    block = np.empty((size, len(asked)), np.float32)
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        np.copyto(block[: len(part)], part)
        np.dot(block[: len(part)], asked, out=scores[start : start + len(part)])
    scores /= np.maximum(lengths, 1.0)
    return scores


def _among(items: NDArray[np.int64], keys: Sequence[int]) -> NDArray[np.bool_]:
    """Whether each of `items` is one of `keys`: by a table, as keys are counted from 1."""
    listed = np.fromiter(keys, np.int64, len(keys))
    top = int(max(items.max(initial=0), listed.max(initial=0)))
    table = np.zeros(top + 2, np.bool_)  # the last place is that of rows without an item
    table[listed] = True
    found: NDArray[np.bool_] = table[items]
    return found


_LOCK = threading.Lock()
_MATRICES: weakref.WeakKeyDictionary[Engine, Matrix] = weakref.WeakKeyDictionary()


def matrix_of(connection: Connection, name: str) -> Matrix | None:
    """The vectors of the embedder called `name` as they are in this snapshot or newer; None
    where there are none.
    """
    row = connection.execute(select(embedder).where(embedder.c.name == name)).one_or_none()
    if row is None or not row.dimensions:
        return None
    with _LOCK:
        matrix = _MATRICES.get(connection.engine)
        if matrix is None or (matrix.key, matrix.dimensions) != (row.key, row.dimensions):
            matrix = Matrix(row.key, row.dimensions)
            _MATRICES[connection.engine] = matrix
    matrix.read(connection)
    return matrix
