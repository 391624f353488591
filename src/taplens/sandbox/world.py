"""Building a world: several workspaces with a year of history, the same for the same arguments."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from random import Random
from typing import Any

from taplens.sandbox import catalogue
from taplens.sandbox.bugs import arrive, bug
from taplens.sandbox.metadata import write_metadata
from taplens.sandbox.people import TOKEN_NICK
from taplens.sandbox.simulation import Departure, Script, Simulation, birth_times
from taplens.sandbox.store import Store
from taplens.sandbox.stories import Slot, story
from taplens.sandbox.workspace import Plan, Workspace
from taplens.sandbox.worktime import WORKDAY, WorkCalendar

Row = dict[str, Any]

COMPANY, OTHER_COMPANY = "57000112", "59330187"
PLANS = (
    Plan(id="50311786", name="星舟商城", company_id=COMPANY),
    Plan(id="46027719", name="星舟支付中台", company_id=COMPANY, share=0.12, dialect=1,
         verify_label="待回归", crew=(0, 2)),
    Plan(id="208114952", name="数据罗盘", company_id=COMPANY, share=0.06, dialect=2, crew=(1, 2),
         priority_labels=("Nice To Have", "Low", "Middle", "High")),
    Plan(id="63390418", name="内部工具箱", company_id=COMPANY, share=0.04, dialect=2, new_task=True,
         crew=(0, 3)),
    Plan(id="71450286", name="海棠供应链", company_id=OTHER_COMPANY, share=0.03, dialect=1,
         crew=(1, 3)),
)  # fmt: skip
_COMPANIES = {COMPANY: "星舟科技", OTHER_COMPANY: "海棠集团"}
_SMALLEST = 12  # stories and bugs of a further workspace
_HISTORY_DAYS = 250  # working days
_BATCH = 500


@dataclass(slots=True)
class World:
    """A generated world. `now` is its clock (UTC epoch seconds): only `life` moves it on.

    `lock` is held by whatever changes the world.
    """

    store: Store
    items: int
    seed: int
    today: date
    now: int
    workspaces: dict[str, Workspace] = field(default_factory=dict)
    token_nick: str = TOKEN_NICK
    acts: int = 0  # how many times life went on: each time has its own random numbers
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def first(self) -> Workspace:
        """The workspace that `items` counts."""
        return next(iter(self.workspaces.values()))


def build(store: Store, *, items: int, seed: int, today: date) -> World:
    """Fill `store` with a world whose first workspace has `items` stories and bugs.

    Tasks, test cases, comments and the further workspaces come on top. The history ends at
    18:00 (+08:00) of `today`.
    """
    calendar = WorkCalendar(today)
    world = World(store, items, seed, today, calendar.now)
    departures: list[Departure] = []
    with store.bulk():
        companies = [_company(identity, name) for identity, name in _COMPANIES.items()]
        batches = [_Batch(store, plan.id) for plan in PLANS]
        for plan, batch in zip(PLANS, batches, strict=True):
            workspace = Workspace(plan, batch.take)
            world.workspaces[plan.id] = workspace
            departures = _live(world, workspace, calendar, departures)
        for batch in batches:
            batch.flush()
        for company in companies:
            store.put("workspace", company["id"], [company])
    for workspace in world.workspaces.values():
        workspace.sink = partial(_put, store, workspace.id)
    return world


def _put(store: Store, workspace_id: str, entity: str, row: Row) -> None:
    store.put(entity, workspace_id, [row])


class _Batch:
    """Collects the rows of one workspace and writes many at once."""

    def __init__(self, store: Store, workspace_id: str) -> None:
        self._store = store
        self._workspace_id = workspace_id
        self._rows: defaultdict[str, list[Row]] = defaultdict(list)

    def take(self, entity: str, row: Row) -> None:
        """A row to be written."""
        rows = self._rows[entity]
        rows.append(row)
        if len(rows) >= _BATCH:
            self._store.put(entity, self._workspace_id, rows)
            rows.clear()

    def flush(self) -> None:
        """Write what is left."""
        for entity, rows in self._rows.items():
            self._store.put(entity, self._workspace_id, rows)
        self._rows.clear()


def _live(
    world: World, workspace: Workspace, calendar: WorkCalendar, departures: list[Departure]
) -> list[Departure]:
    """Let the workspace's past happen; `departures` come in from the workspace before."""
    rng = Random(f"{world.seed}/{workspace.id}")  # noqa: S311 - a believable world, no secret
    share = workspace.plan.share
    items = world.items if share == 1 else max(_SMALLEST, round(world.items * share))
    write_metadata(workspace, world.today)
    catalogue.write(workspace, rng, world.today)
    sim = Simulation(workspace, calendar, rng)
    begin = calendar.end - _HISTORY_DAYS * WORKDAY
    sim.now = begin
    _plan_stories(sim, items - items // 2, begin)
    _plan_bugs(sim, items // 2, begin, moving=workspace is world.first)
    for departure in departures:
        sim.births([departure.now], partial(_arrival, sim, departure))
    sim.run()
    return sim.departures


def _arrival(sim: Simulation, departure: Departure, number: int) -> Script:
    del number
    return arrive(sim, departure)


def _plan_stories(sim: Simulation, count: int, begin: int) -> None:
    """Set the births of `count` stories that stay, as trees, and of some that go."""
    end = sim.calendar.end
    slots = _trees(sim.rng, count)
    times = birth_times(sim.rng, count, begin, end - 1)
    sim.births(times, lambda number: story(sim, slots[number]))
    fates = _fates(count, ("delete", "archive"))
    times = birth_times(sim.rng, len(fates), begin, end - 20 * WORKDAY)
    sim.births(times, lambda number: story(sim, Slot(1_000_000 + number, fate=fates[number])))


def _plan_bugs(sim: Simulation, count: int, begin: int, *, moving: bool) -> None:
    """Set the births of `count` bugs that stay, the last of them urgent, and of some that go."""
    end = sim.calendar.end
    times = birth_times(sim.rng, count, begin, end - 1)
    urgent = {count - 1 - 2 * n: state for n, state in enumerate(_urgent(count))}
    sim.births(times, lambda number: bug(sim, number, until=urgent.get(number, "")))
    fates = _fates(count, ("delete", "merge", "move") if moving else ("delete", "merge"))
    times = birth_times(sim.rng, len(fates), begin + 30 * WORKDAY, end - 20 * WORKDAY)
    sim.births(times, lambda number: bug(sim, 1_000_000 + number, fate=fates[number]))


def _urgent(count: int) -> list[str]:
    """The states in which the urgent bugs stay."""
    return ["in_progress", "status_3", "in_progress", *["status_3"] * (count // 400)]


def _fates(count: int, kinds: tuple[str, ...]) -> list[str]:
    """How those go that don't stay: some of each kind."""
    return [kind for _ in range(max(1, count // 250)) for kind in kinds]


def _trees(rng: Random, count: int) -> list[Slot]:
    """The places of `count` stories: some have two to five of those that follow as children."""
    slots: list[Slot] = []
    while len(slots) < count:
        root = len(slots)
        children = rng.randrange(2, 6) if rng.random() < 0.07 and root > 8 else 0
        children = min(children, count - root - 1)
        slots.append(Slot(root, children=children))
        while children:
            children -= 1
            grandchildren = 2 if children >= 2 and rng.random() < 0.2 else 0
            number = len(slots)
            slots.append(Slot(number, parent=root, children=grandchildren))
            for _ in range(grandchildren):
                children -= 1
                slots.append(Slot(len(slots), parent=number))
    return slots


def _company(identity: str, name: str) -> Row:
    """The row of a company, which TAPD lists among its workspaces."""
    return {
        "id": identity,
        "name": name,
        "pretty_name": identity,
        "category": "organization",
        "status": "normal",
        "description": "",
        "creator": "",
        "created": "2020-01-02 10:00:00",
        "company_id": identity,
    }
