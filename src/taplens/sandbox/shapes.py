"""Every column of TAPD's rows with the value it has when nothing is set.

Source: TAPD's Open API reference and recorded answers: which columns come as null, which as ""
and which with a sentinel ("0" not linked, "-1" uncategorised, "|" no children).
"""

from __future__ import annotations

from typing import Any

from taplens.tapd.entities import STORY, custom_columns

Row = dict[str, Any]

_STORY_NAMES = custom_columns(STORY)


def _customs(count: int, unset: str | None = "", words: int = 8, first: int = 1) -> Row:
    """Custom columns `first` to `count`, of which the first `words` are spelled out."""
    names = list(_STORY_NAMES[:words])
    names += [f"custom_field_{number}" for number in range(words + 1, count + 1)]
    return dict.fromkeys(names[first - 1 :], unset)


def _row(nulls: str = "", empties: str = "", zeros: str = "", **others: Any) -> Row:
    """A row of columns that are null, "" and "0" when unset, and of `others`."""
    row: Row = dict.fromkeys(nulls.split())
    row |= dict.fromkeys(empties.split(), "")
    row |= dict.fromkeys(zeros.split(), "0")
    return row | others


def _first(*names: str) -> Row:
    """The columns that are never unset, at the front of the row."""
    return dict.fromkeys(names, "")


_PLANS = {f"custom_plan_field_{number}": "0" for number in range(1, 11)}

_STORY = (
    _first("id", "workitem_type_id", "name")
    | {"description": None}
    | _first("workspace_id", "creator", "created", "modified", "status")
    | _row(
        "begin due size completed business_value bug_id created_from tech_risk flows effort",
        "step owner cc priority developer test_focus type source module version feature label",
        "iteration_id parent_id level effort_completed exceed remain release_id templated_id"
        " progress is_archived secret_root_id progress_manual",
        category_id="-1", path="", children_id="|", ancestor_id="0",
    )
    | _customs(200) | _PLANS | {"priority_label": ""}
)  # fmt: skip

_TASK = (
    _first("id", "name", "description", "workspace_id", "creator", "created", "modified", "status")
    | _row(
        "begin due completed effort",
        "owner cc priority label",
        "story_id iteration_id progress effort_completed exceed remain has_attachment release_id",
    )
    | _customs(200) | _PLANS | {"priority_label": ""}
)  # fmt: skip

_BUG = (
    _first("id", "title")
    | {"description": None}
    | _first("priority", "severity", "module", "status", "reporter", "created", "bugtype")
    | _row(
        "resolved closed", "", "", modified="", lastmodify="", auditer=None, de=None, fixer=None,
    )
    | _row(
        "te current_owner confirmer milestone participator closer cc feature estimate issue_id"
        " created_from release_id verify_time reject_time reopen_time audit_time suspend_time"
        " due begin deadline in_progress_time assigned_time story_id label size effort",
        "version_test version_report version_close version_fix baseline_find baseline_join"
        " baseline_close baseline_test sourcephase resolution source originphase platform os"
        " testtype testphase frequency testmode flows priority_label",
        "iteration_id regression_number effort_completed exceed remain template_id",
    )
    | _customs(100, words=5) | _customs(150, None, words=5, first=101) | _PLANS
    | {"workspace_id": ""}
)  # fmt: skip

_ITERATION = (
    _first("id", "name", "workspace_id", "startdate", "enddate", "status")
    | _row(
        "release_id description", "", "", creator="", created="", modified="", completed=None,
        entity_type="iteration",
    )
    | _row(
        "releaseowner launchdate notice releasename",
        "ancestor_id path workitem_type_id templated_id crucial_moment label origin_name",
        "parent_id plan_app_id",
    )
    | _customs(10, None, words=0) | _customs(50, "", words=0, first=11)
)  # fmt: skip

_TCASE = (
    _first("id", "mid", "workspace_id", "name", "creator", "modifier", "created", "modified")
    | _row(
        "steps precondition expectation",
        "type priority status automation_type automation_platform indexcode created_from",
        "is_automated is_serving version sort template_id",
        category_id="-1",
    )
    | _customs(50, None, words=0)
)  # fmt: skip

_WORKITEM_CHANGE = (
    _first("id", "workspace_id")
    | {"app_id": "1"}
    | _first("workitem_type_id", "creator", "created")
    | _row("change_summary comment", "changes entity_type change_type change_type_text")
    | {"field_changes": []}
)

# One row of each entity, nothing set. Keys stand in the order TAPD sends them.
EMPTY: dict[str, Row] = {
    "story": _STORY,
    "task": _TASK,
    "bug": _BUG,
    "iteration": _ITERATION,
    "tcase": _TCASE,
    "comment": _first("id", "title", "description", "author", "entry_type", "entry_id")
    | _row("", "created modified workspace_id", "reply_id root_id"),
    "story_change": _WORKITEM_CHANGE | {"updated": "", "story_id": ""},
    "task_change": _WORKITEM_CHANGE | {"task_id": ""},
    "bug_change": _first("id", "bug_id", "author", "field")
    | _row("old_value memo", "new_value created workspace_id change_type"),
    "iteration_change": _first("id", "iteration_id", "author", "field")
    | _row("old_value memo", "new_value created modifyversion operater_type workspace_id"),
    "story_category": _first("id", "workspace_id", "name")
    | _row("description creator", "modified created modifier", "parent_id"),
    "tcase_category": _first("id", "workspace_id", "name", "description")
    | _row("", "modified created creator modifier", "parent_id sorting"),
    "module": _first("id", "name", "description", "owner", "created", "workspace_id"),
    "version": _first("id", "name")
    | _row(
        "description owner due parent_id path module_id start realend testtime realbegin"
        " releasetime business_module version_type modified_time",
        "created modifier status workspace_id creator",
        "completed default",
    ),
    "feature": _first("id", "name", "description", "created", "owner")
    | _row(
        "due completed module_id release_id release_name priority estimate estimate_completed",
        "modified workspace_id", "default",
    ),
    "baseline": _first("id", "name", "description", "created", "owner")
    | _row(
        "due version_id module_id svn_tag svn_project_id svn_path_id svn_sync_type",
        "workspace_id", "completed default",
    ),
    "label": _first("id", "workspace_id", "name", "color")
    | {"category": "workspace"}
    | _first("creator", "modifier", "created", "modified", "color_value"),
    "workitem_type": _first("id", "workspace_id")
    | {"app_id": "1", "entity_type": "story"}
    | _first("name", "english_name", "status", "color", "workflow_id", "children_ids")
    | _first("parent_ids", "icon", "icon_small", "creator", "created", "modified_by", "modified")
    | _first("icon_viper", "icon_small_viper"),
    "workflow": _first("id", "workspace_id", "name", "description", "system_name", "is_default")
    | _first("created", "creator", "modified", "modifier")
    | {"type": "classic"},
    "custom_field": _first("id", "workspace_id")
    | {"app_id": "1"}
    | _first("entry_type", "custom_field", "type", "name")
    | _row("options extra_config sort memo", "", "", enabled="1", freeze="0")
    | _first("open_extension_id", "app_name")
    | {"is_out": 0, "is_uninstall": 0},
    "user": _first("user", "user_id")
    | {"role_id": []}
    | _first("name", "email")
    | {"join_project_time": None, "real_join_time": "", "status": "1", "allocation": "100"}
    | {"leave_project_time": None},
    "workspace": _first("id", "name", "pretty_name", "category", "status", "description")
    | _row(
        "product_type platform_type is_self_development", "objective", "",
        begin_date=None, end_date=None, secrecy="0", external_on="0", creator="", created="",
        schedule=None, milestone=None, risk=None, closed=None, new_task="0", company_id="",
    ),
    "removed_story": _first("id", "name", "creator", "created", "operation_user", "deleted")
    | {"is_archived": "0"},
    "removed_task": _first("id", "name", "creator", "created", "operation_user", "modified"),
    "removed_bug": _first("id", "title", "reporter", "created", "operation_user", "modified")
    | _first("removed_comment", "type", "new_bug_url"),
    "story_tcase": _first("id", "workspace_id")
    | _row("", "story_id tcase_id", "test_plan_id sort", creator="", created=""),
    "timesheet": _first("id", "entity_type", "entity_id", "timespent", "spentdate", "owner")
    | _first("created", "modified", "workspace_id")
    | {"memo": None, "is_delete": "0"},
    "attachment": _first("id", "type", "entry_id", "filename")
    | _row("description", "content_type created workspace_id owner"),
    "check_list": _first("id", "workspace_id", "name", "status", "owner", "cc")
    | _row("begin due", "creator created modified", "", completed=None)
    | _first("relate_entity_type", "relate_entity_id"),
    "release": _first("id", "workspace_id", "name")
    | _row("description", "startdate enddate creator created modified status"),
    "test_plan": _first("id", "workspace_id", "name", "description", "version", "owner", "status")
    | _row("start_date end_date", "type creator created modified modifier created_from")
    | _customs(50, None, words=0),
    "wiki": _first("id", "name", "workspace_id", "description", "markdown_description")
    | _row("", "note created creator modified modifier", "is_rich parent_wiki_id view_count"),
    "life_time": _first("id", "workspace_id", "entity_type", "entity_id", "status", "owner")
    | {"is_repeated": "0"}
    | _first("begin_date", "end_date", "time_cost", "created")
    | {"operator": None, "change_from": "status"},
}  # fmt: skip

# Columns that TAPD sends only when `fields` names nothing it knows.
INTERNAL: dict[str, Row] = {
    "story": _row(
        "markdown_description workitem_id issue_id support_id support_forum_id delay_count",
        "participator status_append follower sync_type modifier",
        "sort import_flag attachment_count has_attachment predecessor_count successor_count",
        description_type="1", entity_type="Story", confidential="N",
    ),
    "bug": _row(
        "parent_id ticket_id support_id support_forum_id markdown_description",
        "follower sync_type", "sid delayed progress", description_type="1",
    ),
    "task": _row(
        "level substrace effort_total workitem_id",
        "path flows source created_from follower markdown_description",
        "parent_id ancestor_id new_story_id attachment_count predecessor_count successor_count",
        children_id="|", description_type="1", entity_type="Task",
    ),
}  # fmt: skip


def complete(entity: str, sparse: Row) -> Row:
    """`sparse` with every column TAPD sends for `entity`, the missing ones unset."""
    empty = EMPTY.get(entity)
    return {**empty, **sparse} if empty else dict(sparse)
