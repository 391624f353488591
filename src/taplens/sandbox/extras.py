"""What hangs on items: comments, test cases, time sheets, attachments, check lists, relations.

None of it touches its item's `modified`.
"""

from __future__ import annotations

from typing import Any

from taplens.sandbox.fields import TCASE_GRADES, TCASE_TYPES
from taplens.sandbox.journal import Act
from taplens.sandbox.scene import Scene
from taplens.sandbox.simulation import Script, Simulation
from taplens.sandbox.vocabulary import Domain

Row = dict[str, Any]

COMMENT_TYPES = {"story": "stories", "task": "tasks", "bug": "bug"}
_FILES = (("日志.txt", "text/plain"), ("录屏.mp4", "video/mp4"), ("截图 1.png", "image/png"),
          ("对账单.xlsx", "application/vnd.ms-excel"))  # fmt: skip


def comment_row(
    scene: Scene, entity: str, item: Row, author: str, text: str, *, title: str = ""
) -> Row:
    """A new comment on `item`, said now."""
    if not title:
        labels = scene.workspace.status_labels(entity, item)
        title = f"在状态 [{labels[item['status']]}] 添加"
    return {
        "id": scene.workspace.next_id("comment"),
        "title": title,
        "description": text,
        "author": author,
        "entry_type": COMMENT_TYPES[entity],
        "entry_id": item["id"],
        "created": scene.at,
        "modified": scene.at,
        "workspace_id": scene.workspace.id,
    }


def comment(sim: Simulation, entity: str, item: Row, author: str, other: str) -> None:
    """Somebody comments on an item; now and then another answers or the author edits it."""
    row = comment_row(sim, entity, item, author, sim.writer.remark(other))
    sim.launch(_conversation(sim, entity, item, row, other))


def _conversation(sim: Simulation, entity: str, item: Row, row: Row, other: str) -> Script:
    sim.keep("comment", row)
    fate = sim.rng.random()
    if fate < 0.06:
        yield sim.wait(0.1, 3)
        row["description"] += "<p>（已补充）</p>"
        row["modified"] = sim.at
    sim.finish(row)
    if fate > 0.75:
        yield sim.wait(0.1, 12)
        answer = comment_row(sim, entity, item, other, sim.writer.reply())
        answer |= {"reply_id": row["id"], "root_id": row["id"]}
        sim.workspace.sink("comment", answer)


def remark(scene: Scene, bug: Row, previous: str, author: str, text: str) -> None:
    """The comment that TAPD keeps of a remark given with a change of a bug's state."""
    labels = scene.workspace.status_labels("bug", bug)
    title = f"由 [{labels[previous]}] 流转到 [{labels[bug['status']]}]"
    row = comment_row(scene, "bug", bug, author, text, title=title)
    scene.workspace.sink("comment", row | {"entry_type": "bug_remark"})


def tie(scene: Scene, story: Row, bug_id: str, actor: str) -> None:
    """Tie a bug to a story, which leaves a trace in the story's history."""
    relation = {
        "workspace_id": scene.workspace.id,
        "story_id": story["id"],
        "bug_id": bug_id,
        "created": scene.at,
        "modified": scene.at,
    }
    scene.workspace.sink("relation", relation)
    scene.journal.linked(story, bug_id, Act(actor, scene.at))


def cases(sim: Simulation, story: Row, domain: Domain, author: str) -> None:
    """Write test cases of a story: none to three."""
    for _ in range(int(sim.rng.random() ** 2 * 3.4)):
        sim.launch(_case(sim, story["id"], domain, author))


def _case(sim: Simulation, story_id: str, domain: Domain, author: str) -> Script:
    row = new_case(sim, domain, author)
    tie_case(sim, story_id, row)
    sim.keep("tcase", row)
    if sim.chance(0.2):
        yield sim.wait(4, 120)
        row |= case_changes(sim)
    sim.finish(row)


def new_case(scene: Scene, domain: Domain, author: str) -> Row:
    """A new test case of some part of the product."""
    workspace = scene.workspace
    identity = workspace.next_id("tcase")
    row: Row = {
        "id": identity,
        "mid": identity,
        "workspace_id": workspace.id,
        "creator": author,
        "modifier": author,
        "created": scene.at,
        "modified": scene.at,
        "type": TCASE_TYPES[int(scene.rng.random() ** 3 * 4)],
        "priority": scene.one_of(TCASE_GRADES),
        "status": "normal",
        "template_id": workspace.template_ids["tcase"],
    }
    row |= scene.writer.case(domain)
    if not scene.chance(0.2):
        row["category_id"] = scene.one_of(workspace.tcase_categories)[0]
    for custom in workspace.customs["tcase"]:
        if scene.chance(custom.share):
            nicks = workspace.crew.tester_nicks
            row[custom.column] = custom.value(scene.rng, nicks, scene.day)
    return row


def case_changes(scene: Scene) -> Row:
    """What an edit of a test case changes."""
    return {
        "modified": scene.at,
        "modifier": scene.one_of(scene.workspace.crew.tester_nicks),
        "status": "updating" if scene.chance(0.3) else "normal",
        "is_automated": scene.one_of("12"),
    }


def tie_case(scene: Scene, story_id: str, case: Row) -> None:
    """Tie a test case to a story."""
    relation = {
        "id": scene.workspace.next_id("story_tcase"),
        "workspace_id": scene.workspace.id,
        "story_id": story_id,
        "tcase_id": case["id"],
        "sort": "0",
        "creator": case["creator"],
        "created": scene.at if scene.chance(0.8) else "0000-00-00 00:00:00",
    }
    scene.workspace.sink("story_tcase", relation)


def timesheet_row(scene: Scene, entity: str, item: Row, *, hours: int) -> Row:
    """Hours that the owner of an item books on it (its author, where nobody owns it)."""
    names = ("owner", "current_owner", "creator", "reporter")
    owner = next(str(item[name]) for name in names if item.get(name))
    row: Row = {
        "id": scene.workspace.next_id("timesheet"),
        "entity_type": entity,
        "entity_id": item["id"],
        "timespent": str(hours),
        "spentdate": scene.day,
        "owner": owner.split(";")[0],
        "created": scene.at,
        "modified": scene.at,
        "workspace_id": scene.workspace.id,
    }
    if scene.chance(0.4):
        row["memo"] = "联调与自测"
    return row


def attachment_row(scene: Scene, entity: str, item: Row, owner: str) -> Row:
    """A file that is attached to an item."""
    name, content_type = _FILES[int(scene.rng.random() * len(_FILES))]
    row: Row = {
        "id": scene.workspace.next_id("attachment"),
        "type": entity,
        "entry_id": item["id"],
        "filename": name,
        "content_type": content_type,
        "created": scene.at,
        "workspace_id": scene.workspace.id,
        "owner": owner,
    }
    return row


def check_list(scene: Scene, story: Row, creator: str, owner: str) -> None:
    """Put an entry on the check list of a story."""
    row = {
        "id": scene.workspace.next_id("check_list"),
        "workspace_id": scene.workspace.id,
        "name": scene.writer.check(),
        "status": "open",
        "owner": f"{owner};",
        "creator": creator,
        "created": scene.at,
        "modified": scene.at,
        "relate_entity_type": "story",
        "relate_entity_id": story["id"],
    }
    if scene.chance(0.6):
        row |= {"status": "done", "completed": scene.at}
    scene.workspace.sink("check_list", row)
