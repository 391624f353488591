"""How stories come to be, are planned, built, tested, slip, are reopened, dropped or removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from taplens.sandbox import extras, removals
from taplens.sandbox.scene import Scene
from taplens.sandbox.simulation import Script, Simulation
from taplens.sandbox.tasks import tasks_of
from taplens.sandbox.trees import attach, plant
from taplens.sandbox.vocabulary import Domain

Row = dict[str, Any]

# How many hours of work a story stays in a state, least and most.
_STAY = {"planning": (4, 90), "developing": (12, 120), "status_1": (3, 60)}
_STAY_ELSEWHERE = (4, 60)
_STATE_OF_CASES = {"status_1", "status_3"}


@dataclass(frozen=True, slots=True)
class Slot:
    """A story's place in the plan: its number, its parent's, how many children it will have.

    `fate` is "" for those that stay, else how they go: delete, archive.
    """

    number: int
    parent: int = -1
    children: int = 0
    fate: str = ""


def story(sim: Simulation, slot: Slot) -> Script:
    """The script of one story."""
    row, domain = new_story(sim, slot.number, epic=slot.children > 0)
    if slot.parent in sim.epics:
        attach(sim.epics[slot.parent], row)
    if slot.children:
        sim.epics[slot.number] = row
    sim.begin("story", row)
    if slot.fate:
        yield from _doomed(sim, row, slot.fate)
        return
    yield from _work(sim, row, domain)
    if not slot.children:
        sim.finish(row)


def new_story(scene: Scene, number: int, *, epic: bool = False) -> tuple[Row, Domain]:
    """The `number`-th story as its author leaves it, and the part of the product it is about."""
    workspace, rng, writer = scene.workspace, scene.rng, scene.writer
    domain, title = writer.epic() if epic else writer.story(number)
    engineering = number > 5 and not epic and scene.chance(0.18)
    priority = rng.choice("1223334")
    row: Row = {
        "id": workspace.next_id("story"),
        "workitem_type_id": workspace.engineering if engineering else workspace.requirement,
        "name": title,
        "description": writer.story_description(domain, title, scene.day),
        "workspace_id": workspace.id,
        "creator": scene.one_of(workspace.crew.product_nicks),
        "created": scene.at,
        "priority": priority,
        "priority_label": workspace.plan.priority_labels[int(priority) - 1],
        "module": domain.module,
        "templated_id": workspace.template_ids["story"],
    }
    row["status"] = workspace.workflows[row["workitem_type_id"]].first
    row["owner"] = f"{row['creator']};"
    plant(row)
    _decorate(scene, row)
    if number % 97 == 3:
        _make_old(row)
    return row, domain


def _decorate(scene: Scene, row: Row) -> None:
    """The columns that only some authors fill in."""
    workspace, rng = scene.workspace, scene.rng
    if scene.chance(0.8):
        row["category_id"] = scene.one_of(workspace.categories)[0]
    if scene.chance(0.35):
        labels = (scene.one_of(workspace.labels), scene.one_of(workspace.labels))
        row["label"] = "|".join(dict.fromkeys(labels[: 1 + scene.chance(0.4)]))
    if scene.chance(0.3):
        row["source"] = scene.one_of(["客户反馈", "内部规划", "竞品分析"])
    if scene.chance(0.2):
        row["business_value"] = str(rng.randrange(1, 100))
    if scene.chance(0.15):
        row["cc"] = f"{scene.one_of(workspace.crew.tester_nicks)};{workspace.crew.lead};"
    if scene.chance(0.12):
        row["created_from"] = scene.one_of(["api", "mindmap"])
    for custom in workspace.customs["story"]:
        if scene.chance(custom.share):
            row[custom.column] = custom.value(rng, workspace.crew.product_nicks, scene.day)


def _make_old(row: Row) -> None:
    """What imported rows look like: null where new rows have ""."""
    row |= dict.fromkeys(("label", "source", "module", "cc", "step", "test_focus"))
    row["description"] = None


def _doomed(sim: Simulation, row: Row, fate: str) -> Script:
    """A story that is removed within days."""
    actor = sim.one_of(sim.workspace.crew.product_nicks)
    yield sim.wait(2, 12)
    sim.change("story", row, {"priority": "1", "label": "待讨论"}, actor)
    yield sim.wait(1, 20)
    sim.discard(row, fate)
    removed = removals.removed_story(row, actor, sim.at, archived=fate == "archive")
    sim.workspace.sink("removed_story", removed)


def _work(sim: Simulation, row: Row, domain: Domain) -> Script:
    """From the backlog to an end state, or as far as it gets."""
    fate = sim.rng.random()
    yield sim.wait(3, 50)
    if fate < 0.06:  # nobody ever plans it
        return
    if fate < 0.11:
        actor = sim.one_of(sim.workspace.crew.product_nicks)
        text = "<p>价值不清晰，暂不做。</p>"
        sim.change("story", row, {"status": "rejected"}, actor, text)
        created = extras.comment_row(sim, "story", row, actor, text)
        sim.workspace.sink("comment", created)
        return
    developer = _plan(sim, row)
    sim.stories.append(row)
    if sim.chance(0.06):
        extras.check_list(sim, row, row["creator"], developer)
    workflow = sim.workspace.workflows[row["workitem_type_id"]]
    for state in workflow.path[1:]:
        yield sim.wait(*_STAY.get(row["status"], _STAY_ELSEWHERE))
        yield from _enter(sim, row, state, developer, domain)
        if row["status"] == "status_6":
            return
    if sim.chance(0.04):
        yield from _reopen(sim, row, workflow.path[-2])


def _plan(sim: Simulation, row: Row) -> str:
    """Give a story to an iteration and a developer, whose nick is returned."""
    workspace, rng = sim.workspace, sim.rng
    crew = workspace.crew
    left_since = sim.calendar.end - 90 * 9 * 3600
    former = sim.now < left_since and sim.chance(0.05)
    developer = crew.former if former else sim.one_of(crew.developer_nicks)
    iteration = workspace.iteration_on(sim.day)
    if sim.chance(0.6):
        iteration = workspace.iteration_after(iteration)
    begin = max(sim.day, iteration.start)
    effort = str(rng.choice((4, 8, 16, 24, 40)))
    changes = {
        "iteration_id": iteration.id,
        "owner": f"{developer};",
        "developer": f"{developer};",
        "begin": begin,
        "due": max(begin, iteration.end),
        "effort": effort,
        "remain": effort,
    }
    sim.change("story", row, changes, row["creator"])
    return developer


def _enter(sim: Simulation, row: Row, state: str, developer: str, domain: Domain) -> Script:
    """Move a story on, with what usually goes with it."""
    crew = sim.workspace.crew
    tester = sim.one_of(crew.tester_nicks)
    if row["status"] == "developing":
        yield from _trouble(sim, row, developer)
        if row["status"] == "status_6":
            return
    _slip(sim, row)
    changes: Row = {"status": state}
    role = sim.workspace.workflows[row["workitem_type_id"]].owners[state]
    if role == "tester":
        changes["owner"] = f"{developer};{tester};" if sim.chance(0.2) else f"{tester};"
    elif role == "developer":
        changes["owner"] = f"{developer};"
    text = sim.writer.remark(tester) if sim.chance(0.05) else None
    sim.change("story", row, changes, _hand(row, developer, tester), text)
    if text:
        author = _hand(row, developer, tester)
        sim.workspace.sink("comment", extras.comment_row(sim, "story", row, author, text))
    if state == "developing":
        tasks_of(sim, row, developer)
    elif state in _STATE_OF_CASES:
        extras.cases(sim, row, domain, tester)
        if sim.chance(0.15):
            yield from _bounce(sim, row, developer, tester)
    if sim.chance(0.16):
        extras.comment(sim, "story", row, developer, tester)
    if sim.chance(0.02):
        sim.workspace.sink("attachment", extras.attachment_row(sim, "story", row, tester))


def _hand(row: Row, developer: str, tester: str) -> str:
    """Who moves a story into its state."""
    if row["status"] in ("developing", "status_3"):
        return developer
    return tester if row["status"] in ("status_4", "resolved") else str(row["creator"])


def _trouble(sim: Simulation, row: Row, developer: str) -> Script:
    """What may happen during development: another scope, priority or date, a stand-still."""
    fate = sim.rng.random()
    product = str(row["creator"])
    if fate < 0.1:
        sim.change("story", row, {"priority": "4", "label": "紧急需求"}, product)
    elif fate < 0.2:
        name = f"{row['name']}（一期）"
        sim.change("story", row, {"name": name}, product)
    elif fate < 0.26:
        description = f"{row.get('description') or ''}<p>{sim.day} 补充：口径以评审结论为准。</p>"
        sim.change("story", row, {"description": description}, product)
    elif fate < 0.32:
        custom = sim.workspace.customs["story"][0]
        value = custom.value(sim.rng, [product], sim.day)
        sim.change("story", row, {custom.column: value}, product)
    elif fate < 0.36 and "status_6" in sim.workspace.status_labels("story", row):
        sim.change("story", row, {"status": "status_6", "owner": f"{product};"}, product)
        if sim.chance(0.5):
            return
        yield sim.wait(20, 120)
        sim.change("story", row, {"status": "developing", "owner": f"{developer};"}, product)
    if sim.chance(0.12):
        yield sim.wait(1, 8)
        spent = max(1, int(row.get("effort", "4")) // 2)
        changes = {"effort_completed": str(spent), "progress": "50"}
        sim.change("story", row, changes, developer)


def _slip(sim: Simulation, row: Row) -> None:
    """A story whose iteration is over goes on in the current one."""
    workspace = sim.workspace
    current = workspace.iteration_on(sim.day)
    planned = row.get("iteration_id")
    if not planned or planned >= current.id or sim.chance(0.15):
        return
    changes = {"iteration_id": current.id, "due": current.end}
    sim.change("story", row, changes, workspace.crew.lead)


def _bounce(sim: Simulation, row: Row, developer: str, tester: str) -> Script:
    """Testing fails once: back to development and again."""
    state = row["status"]
    if "developing" not in sim.workspace.workflows[row["workitem_type_id"]].after(state):
        return
    yield sim.wait(2, 16)
    sim.change("story", row, {"status": "developing", "owner": f"{developer};"}, tester)
    yield sim.wait(3, 24)
    sim.change("story", row, {"status": state, "owner": f"{tester};"}, developer)


def _reopen(sim: Simulation, row: Row, state: str) -> Script:
    """A finished story turns out to be unfinished."""
    tester = sim.one_of(sim.workspace.crew.tester_nicks)
    yield sim.wait(10, 90)
    sim.change("story", row, {"status": state, "owner": f"{tester};"}, tester)
    yield sim.wait(4, 40)
    sim.change("story", row, {"status": "resolved"}, tester)
