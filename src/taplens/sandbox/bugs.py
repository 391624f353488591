"""How bugs are found, fixed, verified, reopened, refused, put off, merged, moved or deleted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from taplens.sandbox import extras, removals
from taplens.sandbox.fields import BUG_SELECTS
from taplens.sandbox.journal import Act
from taplens.sandbox.scene import Scene
from taplens.sandbox.simulation import Departure, Script, Simulation
from taplens.sandbox.workflows import BUG_TYPE

Row = dict[str, Any]

_REFUSALS = ["ignore", "failed to recur", "intentional design", "unclear description ",
             "external reason", "feature change", "transferred to story"]  # fmt: skip
_SEVERITIES = ["fatal", "serious", "serious", "normal", "normal", "normal", "prompt", "advice", ""]
_PRIORITIES = ["urgent", "high", "high", "medium", "medium", "medium", "low", "insignificant", ""]
_SOMETIMES = ("platform", "os", "testmode", "testtype", "testphase", "source", "frequency",
              "originphase", "sourcephase")  # fmt: skip
_CONFIRMED = "（影响范围已确认）"
_NEVER_A_TWIN = 12  # the first bugs keep their titles to themselves


def bug(sim: Simulation, number: int, *, until: str = "", fate: str = "") -> Script:
    """The script of one bug.

    `until` is the state in which an urgent bug of an important customer stays ("" for all
    others); `fate` is "" for those that stay, else how they go: delete, merge, move.
    """
    twin = None
    if sim.bugs and number > _NEVER_A_TWIN and not until and sim.chance(0.07):
        twin = sim.rng.choice(sim.bugs)
    row = new_bug(sim, number, twin=twin, urgent=bool(until))
    sim.begin("bug", row)
    if fate:
        yield from _doomed(sim, row, fate)
        return
    _surround(sim, row)
    if until:
        yield from _burn(sim, row, until)
    elif twin:
        yield from _prove_twin(sim, row, twin)
    else:
        sim.bugs.append(row)
        yield from _life(sim, row)
    sim.finish(row)


def arrive(sim: Simulation, departure: Departure) -> Script:
    """A bug that is moved here from another workspace, under a new id."""
    row = new_bug(sim, _NEVER_A_TWIN)
    row |= {"title": departure.row["title"], "description": departure.row.get("description")}
    sim.begin("bug", row)
    address = removals.bug_url(sim.workspace.id, row["id"])
    departure.leave(
        "removed_bug",
        removals.removed_bug(
            departure.row, departure.actor, departure.at, kind="move", successor=address
        ),
    )
    yield from _life(sim, row)
    sim.finish(row)


def new_bug(scene: Scene, number: int, *, twin: Row | None = None, urgent: bool = False) -> Row:
    """A new bug as its reporter leaves it: the `number`-th, or one that repeats `twin`."""
    workspace, writer = scene.workspace, scene.writer
    crew = workspace.crew
    domain, title = writer.bug(number)
    description = writer.bug_description(domain, title, scene.day)
    if twin:
        title = writer.almost(twin["title"])
        description = f"{twin.get('description') or ''}<p>又遇到一次。</p>"
    reporter = scene.one_of(crew.tester_nicks if scene.chance(0.85) else crew.product_nicks)
    developer = scene.one_of(crew.developer_nicks)
    row: Row = {
        "id": workspace.next_id("bug"),
        "title": title,
        "description": description,
        "workspace_id": workspace.id,
        "reporter": reporter,
        "created": scene.at,
        "status": "new",
        "severity": scene.one_of(_SEVERITIES[:3] if urgent else _SEVERITIES),
        "priority": "urgent" if urgent else scene.one_of(_PRIORITIES),
        "module": twin["module"] if twin else domain.module,
        "version_report": _version(scene),
        "current_owner": f"{developer};",
        "de": f"{developer};",
        "te": f"{reporter};",
        "iteration_id": workspace.iteration_on(scene.day).id,
        "template_id": workspace.template_ids["bug"],
    }
    row["priority_label"] = row["priority"]
    _decorate(scene, row)
    if number % 89 == 5:
        row |= dict.fromkeys(("module", "bugtype", "source", "platform", "os"))
        row["description"] = None
    return row


def _decorate(scene: Scene, row: Row) -> None:
    """The columns that only some reporters fill in."""
    workspace, rng = scene.workspace, scene.rng
    row["bugtype"] = scene.one_of(BUG_SELECTS["bugtype"])
    for name in _SOMETIMES:
        if scene.chance(0.25):
            row[name] = scene.one_of(BUG_SELECTS[name])
    if scene.chance(0.3):
        row["label"] = scene.one_of(workspace.labels)
    if scene.chance(0.15):
        row["cc"] = f"{workspace.crew.lead};"
    if scene.chance(0.1):
        row["created_from"] = "api"
    if scene.chance(0.2):
        row["deadline"] = str(date.fromisoformat(scene.day) + timedelta(days=rng.randrange(1, 15)))
    if scene.chance(0.25):
        del row["iteration_id"]
    for custom in workspace.customs["bug"]:
        if scene.chance(custom.share):
            row[custom.column] = custom.value(rng, workspace.crew.developer_nicks, scene.day)


def _version(scene: Scene) -> str:
    """The version in use now."""
    versions = scene.workspace.versions
    return versions[min(int(scene.progress**2 * len(versions)), len(versions) - 1)]


def move_changes(scene: Scene, row: Row, status: str) -> Row:
    """What goes with a bug into a state: whose turn it is, and the resolution."""
    developer, tester = f"{_developer(row)};", f"{_tester(row)};"
    changes: dict[str, Row] = {
        "resolved": {"resolution": "fixed", "current_owner": tester},
        "rejected": {"resolution": scene.one_of(_REFUSALS), "current_owner": tester},
        "postponed": {"resolution": "fix later"},
        "suspended": {"resolution": "hold"},
        "reopened": {"current_owner": developer},
        "closed": {"current_owner": None},
    }
    return changes.get(status, {})


def mover(scene: Scene, row: Row) -> str:
    """Who moves a bug out of its state."""
    role = scene.workspace.workflows[BUG_TYPE].owners[row["status"]]
    return _developer(row) if role == "developer" else _tester(row)


def _surround(sim: Simulation, row: Row) -> None:
    """What reporters add: the story it was found in, a file, a word."""
    if sim.stories and sim.chance(0.62):
        extras.tie(sim, sim.rng.choice(sim.stories), row["id"], row["reporter"])
    if sim.chance(0.1):
        sim.workspace.sink("attachment", extras.attachment_row(sim, "bug", row, row["reporter"]))
    if sim.chance(0.25):
        extras.comment(sim, "bug", row, row["reporter"], _developer(row))


def _developer(row: Row) -> str:
    return str(row["de"]).rstrip(";")


def _tester(row: Row) -> str:
    return str(row["te"]).rstrip(";")


def _doomed(sim: Simulation, row: Row, fate: str) -> Script:
    """A bug that is removed within days."""
    tester = _tester(row)
    yield sim.wait(0.3, 8)
    sim.change("bug", row, {"severity": "advice", "current_owner": f"{tester};"}, tester)
    yield sim.wait(0.5, 16)
    sim.discard(row, fate)
    if fate == "move":
        sim.departures.append(Departure(sim.now, sim.at, row, tester, leave=sim.workspace.sink))
        return
    if fate == "delete":
        sim.journal.bug_deleted(row, Act(tester, sim.at))
        removed = removals.removed_bug(row, tester, sim.at)
    else:
        survivor = sim.bugs[-1]["id"] if sim.bugs else row["id"]
        address = removals.bug_url(sim.workspace.id, survivor)
        removed = removals.removed_bug(row, tester, sim.at, kind="merge", successor=address)
    sim.workspace.sink("removed_bug", removed)


def _burn(sim: Simulation, row: Row, until: str) -> Script:
    """An urgent bug of an important customer is taken up at once and gets as far as `until`."""
    customer = next(one for one in sim.workspace.customs["bug"] if one.name == "客户")
    yield sim.wait(0.1, 1)
    sim.change("bug", row, {customer.column: "ACME"}, _tester(row))
    path = sim.workspace.workflows[BUG_TYPE].path
    for state in path[1 : path.index(until) + 1]:
        yield sim.wait(0.1, 1)
        _move(sim, row, state, text="<p>客户在催，优先处理 🔥</p>")
    extras.comment(sim, "bug", row, _tester(row), _developer(row))


def _prove_twin(sim: Simulation, row: Row, twin: Row) -> Script:
    """A bug that repeats another is refused, mostly at once."""
    yield sim.wait(0.3, 14)
    if sim.chance(0.15):  # nobody notices: it is fixed with the other
        yield from _life(sim, row)
        return
    text = f"<p>与缺陷 {int(twin['id'][-9:])} 重复。</p>"
    _move(sim, row, "rejected", resolution="duplicated", text=text)
    yield sim.wait(1, 24)
    if sim.chance(0.8):
        _close_refused(sim, row)


def _life(sim: Simulation, row: Row) -> Script:
    """From new to closed, or as far as it gets."""
    fate = sim.rng.random()
    yield sim.wait(0.3, 30)
    if fate < 0.05:  # nobody takes it
        return
    if fate < 0.14:
        yield from _refuse(sim, row)
        if row["status"] != "reopened":
            return
    elif fate < 0.2:
        _move(sim, row, "postponed")
        if sim.chance(0.3):
            return
        yield sim.wait(40, 260)
        _slip(sim, row)
    if sim.chance(0.2):
        _triage(sim, row)
        yield sim.wait(0.2, 6)
    yield from _fix(sim, row)
    again = 0.16
    while row["status"] == "closed" and sim.chance(again):
        again = 0.35
        yield from _come_back(sim, row)


def _refuse(sim: Simulation, row: Row) -> Script:
    """The developer refuses; the tester closes, or insists."""
    _move(sim, row, "rejected", text="<p>不是缺陷，按设计如此处理。</p>")
    yield sim.wait(1, 30)
    if sim.chance(0.35):
        _move(sim, row, "reopened", resolution="", text="<p>仍可复现，请再看。</p>")
        yield sim.wait(1, 10)
    else:
        _close_refused(sim, row)


def _close_refused(sim: Simulation, row: Row) -> None:
    """Close a refused bug, unless the workflow ends at the refusal."""
    if "rejected" not in sim.workspace.workflows[BUG_TYPE].last:
        _move(sim, row, "closed")


def _triage(sim: Simulation, row: Row) -> None:
    """The lead looks at it: another severity, priority, developer, title or label."""
    lead = sim.workspace.crew.lead
    sim.change("bug", row, triage_changes(sim, row), lead)


def triage_changes(scene: Scene, row: Row) -> Row:
    """What somebody changes of a bug without moving it."""
    fate = scene.rng.random()
    if fate < 0.35:
        return {"priority": scene.one_of(_PRIORITIES[:5])}
    if fate < 0.6:
        return {"severity": scene.one_of(_SEVERITIES[:7])}
    if fate < 0.8:
        developer = scene.one_of(scene.workspace.crew.developer_nicks)
        return {"current_owner": f"{developer};", "de": f"{developer};"}
    if fate < 0.9:
        return {"title": f"{row['title'].removesuffix(_CONFIRMED)}{_CONFIRMED}"}
    custom = scene.workspace.customs["bug"][0]
    value = custom.value(scene.rng, [scene.workspace.crew.lead], scene.day)
    return {custom.column: value, "label": "线上问题"}


def _fix(sim: Simulation, row: Row) -> Script:
    """The way through the workflow once somebody works on it."""
    _move(sim, row, "in_progress")
    if sim.chance(0.04):
        yield sim.wait(2, 20)
        _move(sim, row, "suspended")
        if sim.chance(0.4):
            return
        yield sim.wait(20, 120)
        _slip(sim, row)
        _move(sim, row, "in_progress")
    yield sim.wait(1, 60)
    _slip(sim, row)
    fixed_in = {"version_fix": _version(sim)} if sim.chance(0.3) else {}
    _move(sim, row, "resolved", text=sim.writer.cause(), **fixed_in)
    yield sim.wait(1, 40)
    if sim.chance(0.55):
        _move(sim, row, "status_3")
        yield sim.wait(0.5, 24)
        if sim.chance(0.5):
            _move(sim, row, "verified")
            yield sim.wait(0.3, 20)
    _move(sim, row, "closed")
    if sim.chance(0.08):
        extras.comment(sim, "bug", row, _tester(row), _developer(row))


def _come_back(sim: Simulation, row: Row) -> Script:
    """A closed bug that happens again."""
    yield sim.wait(2, 120)
    _move(sim, row, "reopened", text="<p>新版本又出现，重新打开。</p>")
    yield sim.wait(0.5, 12)
    yield from _fix(sim, row)


def _slip(sim: Simulation, row: Row) -> None:
    """An open bug whose iteration is over goes on in the current one."""
    current = sim.workspace.iteration_on(sim.day)
    planned = row.get("iteration_id")
    if planned and planned < current.id and sim.chance(0.8):
        sim.change("bug", row, {"iteration_id": current.id}, sim.workspace.crew.lead)


def _move(sim: Simulation, row: Row, status: str, *, text: str = "", **changes: Any) -> None:
    """Bring a bug into another state; some give a remark, which TAPD keeps as a comment."""
    previous, actor = row["status"], mover(sim, row)
    remark = text if text and sim.chance(0.4) else None
    changes = {"status": status, **move_changes(sim, row, status), **changes}
    sim.change("bug", row, changes, actor, remark)
    if remark:
        extras.remark(sim, row, previous, actor, remark)
