"""Every GET path answers, and every row has the form that live rows were seen to have."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from taplens.sandbox import RunningSandbox
from taplens.sandbox.server.endpoints import ENDPOINTS
from tests.sandbox.conftest import Row, Web, projects
from tests.sandbox.test_server_filters import value_of

SHAPES = Path(__file__).parents[1] / "data" / "tapd-shapes.json"
_TYPES = {str: "string", int: "integer", list: "list", dict: "object"}

# In the reference, but in no recorded row.
_DOCUMENTED = {
    "Story": {"custom_plan_field_*", "priority_label", "step"},
    "RemovedTask": {"modified"},
    "WorkspaceProjects": {"company_id"},
}
# Which shape rows have where their wrapper doesn't say it.
_SHAPE_OF_PATH = {
    "workspaces/projects": "WorkspaceProjects",
    "workspaces/sub_workspaces": "WorkspaceProjects",
    "stories/get_related_bugs": "RelatedBug",
    "bugs/get_related_stories": "RelatedStory",
    "tcases/get_story_by_tcase_id": "TcaseRelatedStory",
}
# No live row of these was ever seen, or this world has none.
_UNSEEN = {"check_lists", "modules", "versions", "features", "baselines", "workflows", "plan_apps"}
_ALWAYS_SET = {"id", "workspace_id", "created", "modified", "entry_id", "entity_id"}
_TODO = {f"user_oauth/get_user_todo_{kind}" for kind in ("story", "task", "bug")}
_MAY_BE_EMPTY = {"plan_apps"} | _TODO


@cache
def shapes() -> dict[str, Any]:
    found = json.loads(SHAPES.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def parameters(sandbox: RunningSandbox, path: str) -> dict[str, Any]:
    """What a call of `path` needs to find something."""
    first = projects(sandbox)[0]
    company, workspace_id = first["company_id"], first["id"]
    own: dict[str, dict[str, Any]] = {
        "workspaces/user_participant_projects": {"nick": sandbox.world.token_nick},
        "workspaces/projects": {"company_id": company},
        "workspaces/sub_workspaces": {"workspace_id": company},
        "stories/get_removed_stories": {"is_archived": 1},
        "bugs/get_removed_bugs": {"include_all": 1},
        "files/get_image": {"image_path": f"/tfl/captures/2026-01/tapd_{workspace_id}_1.png"},
    }
    found = {"workspace_id": workspace_id, "limit": 200} | own.get(path, {})
    if "_changes" in path and not path.startswith("iteration"):
        return found | {"created": "2020-01-01~2030-01-01", "include_add_bug": 1}
    if path.startswith("workflows/"):
        return found | {"system": "story"}
    sources = {
        "stories/get_related_bugs": ("story_id", "relation", "story_id"),
        "bugs/get_related_stories": ("bug_id", "relation", "bug_id"),
        "stories/get_story_tcase": ("story_id", "story_tcase", "story_id"),
        "tcases/get_story_by_tcase_id": ("tcase_ids", "story_tcase", "tcase_id"),
        "iteration_changes": ("iteration_id", "iteration_change", "iteration_id"),
        "stories/count_by_categories": ("category_id", "story", "category_id"),
        "tcases/count_by_categories": ("category_id", "tcase", "category_id"),
        "attachments/down": ("id", "attachment", "id"),
        "life_times": ("entity_id", "bug", "id"),
        "svn_commits/get_scm_copy_keywords": ("object_id", "bug", "id"),
        "workspaces/get_workitems_long_id_by_short_ids": ("long_ids", "bug", "id"),
    }
    if path in sources:
        parameter, entity, field = sources[path]
        found[parameter] = value_of(sandbox, workspace_id, entity, field)
        found |= {"entity_type": "bug", "type": "bug"}
    return found


def merged(name: str) -> str:
    for prefix in ("custom_field_", "custom_plan_field_"):
        if name.startswith(prefix):
            return f"{prefix}*"
    return name


def fault_of(row: Row, shape: Row, extra: set[str]) -> str | None:
    """What is wrong with a row: an unknown column, a type or an unset value never seen."""
    for name, value in row.items():
        seen = shape["keys"].get(merged(name))
        if seen is None and merged(name) in extra:
            continue
        if seen is None:
            return f"{name} is unknown"
        if value is None or value in ("", []):
            # Either form of unset may come in nearly every column: clients must take both.
            if name in _ALWAYS_SET:
                return f"{name} was never unset"
        elif seen["types"] and _TYPES[type(value)] not in seen["types"]:
            return f"{name} is {type(value).__name__}, not {seen['types']}"
    return None


@pytest.mark.parametrize("path", sorted(ENDPOINTS))
def test_every_path_answers_with_rows_of_the_recorded_form(
    web: Web, sandbox: RunningSandbox, path: str
) -> None:
    endpoint = ENDPOINTS[path]
    data = web.ask(path, **parameters(sandbox, path)).data
    if path.endswith("/count"):
        assert type(data["count"]) is int
        return
    assert data or path in _MAY_BE_EMPTY
    if endpoint.wrapper is None and path not in _SHAPE_OF_PATH:
        return
    rows = data if isinstance(data, list) else [data]
    if endpoint.wrapper:
        assert all(list(row) == [endpoint.wrapper] for row in rows)
        rows = [row[endpoint.wrapper] for row in rows]
    name = _SHAPE_OF_PATH.get(path) or endpoint.wrapper or ""
    if path not in _UNSEEN:
        faults = {fault_of(row, shapes()[name], _DOCUMENTED.get(name, set())) for row in rows}
        assert faults <= {None}


@pytest.mark.parametrize(
    ("path", "shape"),
    [("stories/get_fields_info", "fields_info (per field)"),
     ("bugs/get_fields_info", "fields_info (per field)"),
     ("tasks/get_fields_info", "fields_info (per field)"),
     ("tcases/get_fields_info", "fields_info (per field)")],
)  # fmt: skip
def test_fields_have_the_recorded_form(
    web: Web, sandbox: RunningSandbox, path: str, shape: str
) -> None:
    data = web.ask(path, **parameters(sandbox, path)).data
    seen = shapes()[shape]["keys"]
    for name, info in data.items():
        assert info["name"] == name
        assert set(info) <= set(seen)
        assert isinstance(info["options"], (list, dict))


@pytest.mark.parametrize("path", ["workflows/status_map", "workflows/last_steps", "roles",
                                  "bugs/get_fields_lable"])  # fmt: skip
def test_maps_are_flat_objects_of_texts(web: Web, sandbox: RunningSandbox, path: str) -> None:
    data = web.ask(path, **parameters(sandbox, path)).data
    assert data
    assert all(isinstance(value, str) and value for value in data.values())


def test_every_path_without_credentials_is_refused(web: Web) -> None:
    for path in ENDPOINTS:
        assert web.ask(path, {}).status == 401


def test_every_path_of_a_workspace_refuses_another_one(web: Web, sandbox: RunningSandbox) -> None:
    for path, endpoint in ENDPOINTS.items():
        if endpoint.scope:
            reply = web.ask(path, **parameters(sandbox, path) | {"workspace_id": "40404040"})
            assert (reply.status, reply.info) == (404, "workspace 40404040 not existed")
