"""Reading what a workspace says of itself: the few requests an answer needs, and the others."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update

from taplens.mirror.landing import Place
from taplens.mirror.landing.metadata import (
    land_custom_fields,
    land_field_info,
    land_references,
    land_statuses,
    land_transitions,
)
from taplens.mirror.schema import workspace
from taplens.mirror.sync.job import Job, gather
from taplens.tapd import task_type_id
from taplens.tapd.entities import (
    BUG,
    ITERATION,
    LABEL,
    MODULE,
    STORY,
    STORY_CATEGORY,
    TASK,
    TCASE,
    TCASE_CATEGORY,
    VERSION,
    WORKITEM_TYPE,
    Entity,
)

STREAM = "metadata"
# Requests before the items: account, workspace, work-item types, end states of stories and of
# bugs, custom fields of both, the bugs' status map: 8, and the maps of this many story types.
FIRST_STATUS_MAPS = 2


@dataclass(frozen=True, slots=True)
class References:
    """Small named things that are read whole: their kind in the mirror and TAPD's entity."""

    kind: str
    entity: Entity


REFERENCES = (
    References("category", STORY_CATEGORY),
    References("tcase_category", TCASE_CATEGORY),
    References("module", MODULE),
    References("version", VERSION),
    References("label", LABEL),
)
_CUSTOM = {"story": STORY, "bug": BUG}
_CUSTOM_DAILY = {"task": TASK, "tcase": TCASE, "iteration": ITERATION}
_FIELD_INFO = {"story": STORY, "bug": BUG}
_FIELD_INFO_DAILY = {"task": TASK, "tcase": TCASE}


async def read_types(job: Job) -> list[str]:
    """Read the work-item types; returns and sets what `land_types` does."""
    asked = job.clock.now()
    return await land_types(job, asked, await ask_types(job))


async def ask_types(job: Job) -> list[dict[str, Any]]:
    """The work-item types as TAPD tells them."""
    return await job.client.rows(WORKITEM_TYPE, workspace_id=job.workspace_id)


async def land_types(job: Job, asked: int, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Land the work-item types; returns the ids of the story types, the tasks' last.

    Sets `job.task_type` where the workspace keeps tasks as stories.
    """
    await job.land(asked, land_references, "workitem_type", rows)
    job.task_type = task_type_id(rows)
    await job.land(asked, _save_task_type, job.task_type)
    stories = [
        str(row["id"]) for row in rows if str(row.get("entity_type") or "story").lower() == "story"
    ]
    return sorted(stories, key=lambda type_id: (type_id == job.task_type, type_id))


def _save_task_type(place: Place, task_type: str | None) -> None:
    place.connection.execute(
        update(workspace).where(workspace.c.key == place.workspace).values(task_type=task_type)
    )


async def read_statuses(
    job: Job, type_ids: Iterable[str], *, most: int | None = None, firsts: bool = False
) -> None:
    """Read the workflows' statuses and end states: of bugs, and of each story type.

    `most` limits the story types' own maps (the others follow later); `firsts` also asks for the
    first states.
    """
    asked = job.clock.now()
    types = list(type_ids)[:most]
    client, ws = job.client, job.workspace_id
    bug_map, bug_ends, story_ends, *story_maps = await gather(
        client.status_map(ws, "bug"),
        client.last_steps(ws, "bug"),
        client.all_last_steps(ws, "story"),
        *(client.status_map(ws, "story", type_id) for type_id in types),
    )
    first_steps: list[Mapping[str, str]] = []
    if firsts:
        first_steps = await gather(
            client.first_step(ws, "bug"),
            *(client.first_step(ws, "story", type_id) for type_id in types),
        )
    keys = [("bug", ""), *(_story_key(job, type_id) for type_id in types)]
    maps = dict(zip(keys, (bug_map, *story_maps), strict=True))
    ends: dict[tuple[str, str], Iterable[str]] = {
        _story_key(job, type_id): steps for type_id, steps in story_ends.items()
    }
    ends["bug", ""] = bug_ends
    await job.land(
        asked,
        land_statuses,
        maps,
        ends,
        dict(zip(keys, first_steps, strict=True)) if firsts else {},
    )


def _story_key(job: Job, type_id: str) -> tuple[str, str]:
    return ("task" if type_id == job.task_type else "story", type_id)


async def read_custom_fields(job: Job, *, daily: bool = False) -> None:
    """Read the custom fields' settings: of stories and bugs, or with `daily` of the others."""

    async def read(item_type: str, entity: Entity) -> None:
        asked = job.clock.now()
        rows = await job.client.custom_fields(job.workspace_id, entity)
        await job.land(asked, land_custom_fields, item_type, rows)
        if item_type == "story" and job.task_type:
            await job.land(asked, land_custom_fields, "task", rows)

    wanted = _CUSTOM_DAILY if daily else _CUSTOM
    await _each(
        read(item_type, entity)
        for item_type, entity in wanted.items()
        if not (item_type == "task" and job.task_type)
    )


async def read_field_info(job: Job, *, daily: bool = False) -> None:
    """Read the labels and options of the system fields."""

    async def read(item_type: str, entity: Entity) -> None:
        asked = job.clock.now()
        info = await job.client.fields_info(job.workspace_id, entity)
        await job.land(asked, land_field_info, item_type, info)

    wanted = _FIELD_INFO_DAILY if daily else _FIELD_INFO
    await _each(read(item_type, entity) for item_type, entity in wanted.items())


async def read_people(job: Job) -> None:
    """Read the members and the roles."""
    asked = job.clock.now()
    users, roles = await gather(
        job.client.users(job.workspace_id), job.client.roles(job.workspace_id)
    )
    await job.land(asked, land_references, "member", users, name="user")
    named = [{"id": role, "name": name} for role, name in roles.items()]
    await job.land(asked, land_references, "role", named)


async def read_references(job: Job) -> None:
    """Read categories, modules, versions and labels, whole."""

    async def read(source: References) -> None:
        asked = job.clock.now()
        pages = job.client.pages(source.entity, workspace_id=job.workspace_id)
        async with aclosing(pages):
            rows = [row async for page in pages for row in page.rows]
        await job.land(asked, land_references, source.kind, rows)

    await _each(read(source) for source in REFERENCES)


async def read_transitions(job: Job, type_ids: Iterable[str]) -> None:
    """Read the allowed moves of every workflow."""

    async def read(system: str, type_id: str | None, key: tuple[str, str]) -> None:
        asked = job.clock.now()
        rows = await job.client.transitions(job.workspace_id, system, type_id)
        await job.land(asked, land_transitions, *key, rows)

    jobs = [read("bug", None, ("bug", ""))]
    jobs += [read("story", type_id, _story_key(job, type_id)) for type_id in type_ids]
    await _each(jobs)


async def _each(reads: Iterable[Coroutine[Any, Any, None]]) -> None:
    """All at once; the client keeps to the requests in flight."""
    await gather(*reads)
