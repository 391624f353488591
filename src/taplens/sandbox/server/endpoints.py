"""Every path the sandbox answers, as data: what handles it and which rows it serves.

Writing paths are known by name only: they are refused, not greeted.
"""

from __future__ import annotations

from collections.abc import Iterator

from taplens.sandbox.server import listing
from taplens.sandbox.server.handlers import (
    categories,
    fields,
    files,
    life_times,
    people,
    relations,
    workflows,
    workspaces,
)
from taplens.sandbox.server.site import Endpoint
from taplens.tapd.entities import ENTITIES

# Lists that the client's entity table doesn't hold: path -> (entity, wrapper).
_MORE_LISTS = {
    "attachments": ("attachment", "Attachment"),
    "timesheets": ("timesheet", "Timesheet"),
    "tapd_wikis": ("wiki", "Wiki"),
    "releases": ("release", "Release"),
    "new_releases": ("release", "Release"),
    "check_lists": ("check_list", "CheckList"),
    "features": ("feature", "Feature"),
    "baselines": ("baseline", "Baseline"),
    "test_plans": ("test_plan", "TestPlan"),
    "plan_apps": ("plan_app", "PlanApp"),
    "iteration_changes": ("iteration_change", "IterationChange"),
}
_NOT_COUNTED = frozenset({"attachments", "check_lists", "iteration_changes"})
_UNPAGED = frozenset({"iteration_changes"})

_NEED: dict[str, tuple[str, ...]] = {"iteration_changes": ("iteration_id",)}
_NEED_ANY: dict[str, tuple[str, ...]] = {
    "story_changes": ("story_id", "created"),
    "task_changes": ("task_id", "created"),
    "bug_changes": ("bug_id", "created"),
}


def _lists() -> Iterator[Endpoint]:
    """The paged lists, each with the sibling path that counts."""
    for entity in ENTITIES.values():
        yield Endpoint(
            path=entity.path, handler=listing.rows, entity=entity.name, wrapper=entity.wrapper,
            page_cap=entity.page_cap, need_any=_NEED_ANY.get(entity.path, ()),
        )  # fmt: skip
        if entity.counted:
            yield Endpoint(
                path=f"{entity.path}/count", handler=listing.count, entity=entity.name,
                need_any=_NEED_ANY.get(entity.path, ()),
            )  # fmt: skip
    for path, (name, wrapper) in _MORE_LISTS.items():
        yield Endpoint(
            path=path, handler=listing.rows, entity=name, wrapper=wrapper,
            paged=path not in _UNPAGED, need=_NEED.get(path, ()),
        )  # fmt: skip
        if path not in _NOT_COUNTED:
            yield Endpoint(path=f"{path}/count", handler=listing.count, entity=name)


def _fields() -> Iterator[Endpoint]:
    """What describes the fields of each kind of item."""
    settings = {"stories": "story", "tasks": "task", "bugs": "bug", "iterations": "iteration",
                "tcases": "tcase"}  # fmt: skip
    for path, entity in settings.items():
        yield Endpoint(
            path=f"{path}/custom_fields_settings", handler=fields.custom_settings,
            entity=entity, wrapper="CustomFieldConfig",
        )  # fmt: skip
    for path in ("stories", "tasks", "bugs", "tcases"):
        entity = settings[path]
        yield Endpoint(path=f"{path}/get_fields_info", handler=fields.fields_info, entity=entity)
    for path in ("stories", "bugs"):  # TAPD spells it so, and has it for these two only
        yield Endpoint(
            path=f"{path}/get_fields_lable", handler=fields.labels, entity=settings[path]
        )


_WORKFLOW_MAPS = {
    "status_map": workflows.status_map,
    "all_transitions": workflows.transitions,
    "first_step": workflows.first_step,
    "last_steps": workflows.last_steps,
    "all_last_steps": workflows.all_last_steps,
    "step_map": workflows.step_map,
}

_SINGLE = (
    Endpoint(path="quickstart/testauth", handler=people.test_authentication, scope=""),
    Endpoint(path="users/info", handler=people.user_info, scope="", personal=True),
    Endpoint(path="roles", handler=people.roles),
    Endpoint(
        path="workspaces/users", handler=people.members, wrapper="UserWorkspace", scope="company"
    ),
    Endpoint(
        path="workspaces/get_workspace_info", handler=workspaces.info, wrapper="Workspace",
        scope="company",
    ),
    Endpoint(
        path="workspaces/user_participant_projects", handler=workspaces.of_person,
        wrapper="Workspace", scope="", need=("nick",),
    ),
    Endpoint(
        path="workspaces/projects", handler=workspaces.of_company, wrapper="Workspace", scope="",
        need=("company_id",),
    ),
    Endpoint(
        path="workspaces/sub_workspaces", handler=workspaces.below, wrapper="Workspace",
        scope="company",
    ),
    Endpoint(
        path="workspaces/get_workitems_long_id_by_short_ids", handler=workspaces.long_ids,
        need=("entity_type",), need_any=("short_ids", "long_ids"),
    ),
    Endpoint(path="workflows", handler=workflows.listing, wrapper="Workflow"),
    Endpoint(
        path="stories/get_related_bugs", handler=relations.related_bugs, need=("story_id",)
    ),
    Endpoint(
        path="bugs/get_related_stories", handler=relations.related_stories, need=("bug_id",)
    ),
    Endpoint(
        path="stories/get_story_tcase", handler=relations.story_tcase, need=("story_id",),
        wrapper="TestPlanStoryTcaseRelation",
    ),
    Endpoint(
        path="tcases/get_story_by_tcase_id", handler=relations.stories_of_tcases,
        need=("tcase_ids",),
    ),
    Endpoint(
        path="stories/count_by_categories", handler=categories.count_by, entity="story",
        need=("category_id",),
    ),
    Endpoint(
        path="tcases/count_by_categories", handler=categories.count_by, entity="tcase",
        need=("category_id",),
    ),
    Endpoint(
        path="life_times", handler=life_times.life_times, entity="life_time", wrapper="LifeTime",
        need=("entity_type", "entity_id"),
    ),
    Endpoint(
        path="attachments/down", handler=files.attachment, wrapper="Attachment", need=("id",)
    ),
    Endpoint(
        path="files/get_image", handler=files.image, wrapper="Attachment", need=("image_path",)
    ),
    Endpoint(
        path="svn_commits/get_scm_copy_keywords", handler=files.commit_keyword,
        need=("object_id", "type"),
    ),
)  # fmt: skip

_TODO = {"story": "Story", "task": "Task", "bug": "Bug"}


def _all() -> Iterator[Endpoint]:
    yield from _lists()
    yield from _fields()
    yield from _SINGLE
    for name, handler in _WORKFLOW_MAPS.items():
        yield Endpoint(path=f"workflows/{name}", handler=handler)
    for entity, wrapper in _TODO.items():
        yield Endpoint(
            path=f"user_oauth/get_user_todo_{entity}", handler=people.todo, entity=entity,
            wrapper=wrapper, personal=True,
        )  # fmt: skip


ENDPOINTS: dict[str, Endpoint] = {endpoint.path: endpoint for endpoint in _all()}
"""Path -> endpoint."""

# First words of TAPD's paths that only writing, or parts beside this sandbox, know.
_ELSEWHERE = (
    "board_cards board_columns code_commit_infos code_commit_objects custom_field_configs "
    "documents launch_accessories launch_forms mini_item_categories mini_item_changes mini_items "
    "mini_projects open_app_events open_app_storage program relations secret_stories settings "
    "tcase_instance third_relations tokens workspace_reports"
)

TOP_LEVEL = frozenset(_ELSEWHERE.split()) | {path.split("/")[0] for path in ENDPOINTS}
"""First words of known paths: anything else is greeted with 200, even without credentials."""
