"""Reading which bugs and test cases belong to which stories, in batches of stories."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection, or_, select

from taplens.mirror.fields import TYPE_CODES
from taplens.mirror.landing.rest import land_relations
from taplens.mirror.schema import change, item, term
from taplens.mirror.sync.job import Job

STREAM = "relation"
BATCH = 200  # story ids a request; 200 ids make a URL of 4 KB

# What TAPD writes into the change log when a link comes or goes.
_LINK_FIELDS = ("related_bug", "BugStoryRelation_relative_id", "tcase", "related_tcase")
_LINK_KINDS = ("link_create", "link_delete", "link_update")


@dataclass(frozen=True, slots=True)
class RelationKind:
    """A kind of relation: the client's reader and the keys of its rows."""

    name: str
    reader: str
    target: str


RELATION_KINDS = (
    RelationKind("story_bug", "related_bugs", "bug_id"),
    RelationKind("story_tcase", "story_tcases", "tcase_id"),
)


async def read_relations(job: Job, *, everything: bool = False) -> None:
    """Read the relations of the stories that may have got or lost some.

    TAPD gives relations no times: those of a story are read anew when the story or its links
    changed, and all with the census. The position is the newest story read, so that what an
    interruption left out is read by the next run.
    """
    state = await job.stream(STREAM)
    stories = await job.stream("story")
    since = None if everything or state.watermark is None else state.watermark
    ids = await job.read(_changed_stories, job.workspace, since)
    resume = state.position.get("after", "") if since is None else ""
    ids = [story for story in ids if story > resume]
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        for kind in RELATION_KINDS:
            await _read_batch(job, kind, batch, len(ids))
        if since is None:
            state = state.at(after=batch[-1])
            await job.save(state)
    await job.save(
        replace(
            state, complete=True, watermark=stories.watermark, position={}, read_at=job.clock.now()
        )
    )


async def _read_batch(job: Job, kind: RelationKind, story_ids: list[str], total: int) -> None:
    asked = job.clock.now()
    rows = await getattr(job.client, kind.reader)(job.workspace_id, story_ids)
    pairs = [(str(row["story_id"]), str(row[kind.target])) for row in rows]
    known = set(story_ids)
    wanted = [pair for pair in pairs if pair[0] in known]
    await job.land(asked, land_relations, kind.name, story_ids, wanted)
    job.meter.landed(job.workspace_id, kind.name, len(wanted))


def _changed_stories(connection: Connection, workspace: int, since: int | None) -> list[str]:
    """Ids of the present stories, of those touched after `since` where it is given; sorted."""
    stories = select(item.c.id).where(
        item.c.workspace == workspace, item.c.type == TYPE_CODES["story"], item.c.removed.is_(None)
    )
    if since is None:
        return sorted(connection.scalars(stories))
    field, kind = term.alias(), term.alias()
    linked = (
        select(change.c.item_id)
        .join(field, field.c.key == change.c.field)
        .outerjoin(kind, kind.c.key == change.c.kind)
        .where(
            change.c.workspace == workspace,
            change.c.type == TYPE_CODES["story"],
            change.c.created >= since,
            or_(field.c.text.in_(_LINK_FIELDS), kind.c.text.in_(_LINK_KINDS)),
        )
    )
    return sorted(
        connection.scalars(stories.where(or_(item.c.modified > since, item.c.id.in_(linked))))
    )
