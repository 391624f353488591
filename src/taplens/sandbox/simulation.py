"""The clock of a workspace's past: scripts of items take turns in the order of their acts.

Because all acts of a workspace happen in order, the numbers in ids grow with time in every
table, and no more than the items at work are in memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from heapq import heappop, heappush
from random import Random
from typing import Any

from taplens.sandbox import removals
from taplens.sandbox.scene import Scene
from taplens.sandbox.workspace import Sink, Workspace
from taplens.sandbox.worktime import WorkCalendar

Row = dict[str, Any]
Script = Generator[int, None, None]
"""What happens to one item: yields how many worked seconds pass until its next act."""

HOUR = 3600


@dataclass(frozen=True, slots=True)
class Departure:
    """A bug that was moved to another workspace: when (worked seconds, and as TAPD writes it).

    `leave` takes the row that tells of it in the workspace it left.
    """

    now: int
    at: str
    row: Row
    actor: str
    leave: Sink


class Simulation(Scene):
    """Runs the scripts of one workspace until the calendar's end."""

    def __init__(self, workspace: Workspace, calendar: WorkCalendar, rng: Random) -> None:
        super().__init__(workspace, rng)
        self.calendar = calendar
        self.now = 0  # worked seconds
        self.stories: deque[Row] = deque(maxlen=80)  # what bugs may be tied to
        self.bugs: deque[Row] = deque(maxlen=40)  # what bugs may be duplicates of
        self.epics: dict[int, Row] = {}  # by slot: they wait for their children
        self.departures: list[Departure] = []
        self._alive: dict[int, tuple[str, Row]] = {}  # by identity: ids repeat across tables
        self._turns: list[tuple[int, int, Script]] = []
        self._serial = 0

    def run(self) -> None:
        """Let everything happen that happens before the calendar's end, then write the items."""
        turns, end = self._turns, self.calendar.end
        while turns and turns[0][0] <= end:
            at, _, script = heappop(turns)
            self.now, self.at = at, self.calendar.time(at)
            self.progress = at / end
            self._go_on(script)
        for entity, row in self._alive.values():
            self.workspace.sink(entity, row)
        self._alive.clear()

    def launch(self, script: Script) -> None:
        """Begin a script now: its first act happens before this returns."""
        self._go_on(script)

    def births(self, times: Iterable[int], make: Callable[[int], Script]) -> None:
        """Launch `make(n)` at the n-th of `times` (worked seconds, ascending)."""

        def script() -> Script:
            for number, at in enumerate(times):
                if at > self.now:
                    yield at - self.now
                self.launch(make(number))

        self._push(self.now, script())

    def wait(self, low: float, high: float) -> int:
        """Worked seconds between `low` and `high` hours, the shorter ones more often."""
        return int(HOUR * (low + (high - low) * self.rng.random() ** 1.5))

    def begin(self, entity: str, row: Row) -> None:
        """An item comes to be: its history begins."""
        self.journal.created(entity, row)
        self.keep(entity, row)

    def keep(self, entity: str, row: Row) -> None:
        """Hold a row that may still change: it is written by `finish`, or at the end."""
        self._alive[id(row)] = (entity, row)

    def finish(self, row: Row) -> None:
        """Nothing more happens to a row: write it."""
        entity, row = self._alive.pop(id(row))
        self.workspace.sink(entity, row)

    def discard(self, row: Row, kind: str) -> None:
        """An item was removed (`kind`): keep it where it can be restored from."""
        entity, row = self._alive.pop(id(row))
        self.workspace.sink("trash", removals.trash(entity, row, kind))

    def _go_on(self, script: Script) -> None:
        pause = next(script, None)
        if pause is not None:
            self._push(self.now + max(pause, 1), script)

    def _push(self, at: int, script: Script) -> None:
        self._serial += 1
        heappush(self._turns, (at, self._serial, script))


def birth_times(rng: Random, count: int, first: int, last: int) -> list[int]:
    """`count` ascending times from `first` to `last`, a little denser towards the end."""
    span = last - first
    return sorted(first + int(span * rng.random() ** 0.85) for _ in range(count))
