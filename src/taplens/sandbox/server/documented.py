"""Which parameters of which list really filter, and with which operators: data, as documented.

Parameters that a list doesn't document are ignored, as TAPD ignores them.
"""

from __future__ import annotations

from functools import cache


def _kinds(**names: str) -> dict[str, str]:
    """Parameter name -> operator kind, from `kind="name name …"`."""
    return {name: kind for kind, listed in names.items() for name in listed.split()}


FILTERS: dict[str, dict[str, str]] = {
    "story": _kinds(
        ids="id iteration_id parent_id ancestor_id release_id",
        like="name description owner cc",
        people="creator",
        children="children_id",
        pipes="label",
        enum="status workitem_type_id category_id priority priority_label",
        time="created modified completed",
        date="begin due",
        equal="developer business_value size effort effort_completed remain exceed source type "
        "module version feature test_focus",
    ),
    "task": _kinds(
        ids="id story_id iteration_id",
        like="name owner",
        people="creator",
        pipes="label",
        enum="status priority priority_label",
        time="created modified completed",
        date="begin due",
        equal="description cc progress effort effort_completed exceed remain",
    ),
    "bug": _kinds(
        ids="id iteration_id release_id",
        like="title description current_owner cc te de",
        people="reporter participator",
        pipes="label",
        enum="status severity priority priority_label module version_report source frequency "
        "resolution",
        time="created modified resolved closed in_progress_time verify_time reject_time",
        date="begin due deadline",
        equal="feature version_test version_fix version_close baseline_find baseline_join "
        "baseline_test baseline_close auditer confirmer fixer closer lastmodify os size "
        "platform testmode testphase testtype bugtype originphase sourcephase estimate",
    ),
    "iteration": _kinds(
        ids="id workitem_type_id plan_app_id",
        like="name",
        people="creator",
        enum="status",
        time="created modified completed",
        date="startdate enddate",
        equal="description locker",
    ),
    "tcase": _kinds(
        ids="id",
        like="name",
        people="creator modifier",
        time="created modified",
        enum="category_id status type priority",
        equal="steps precondition expectation is_automated automation_type "
        "automation_platform is_serving",
    ),
    "comment": _kinds(
        ids="id entry_id root_id reply_id",
        enum="entry_type",
        people="author",
        time="created modified",
        equal="title description",
    ),
    "story_category": _kinds(
        ids="id parent_id", like="name", time="created modified", equal="description"
    ),
    "tcase_category": _kinds(
        ids="id parent_id", like="name", time="created modified", equal="description"
    ),
    "module": _kinds(ids="id", like="name", people="owner", time="created", equal="description"),
    "version": _kinds(
        ids="id",
        like="name",
        people="owner creator",
        time="created",
        version_status="status",
        equal="description",
    ),
    "feature": _kinds(ids="id", like="name", people="owner", time="created", equal="description"),
    "baseline": _kinds(ids="id", like="name", people="owner", time="created", equal="description"),
    "label": _kinds(ids="id", like="name", people="creator", time="created"),
    "workitem_type": _kinds(
        ids="id workflow_id",
        like="name",
        equal="entity_type english_name status creator color app_id modified_by",
        time="created modified",
    ),
    "story_change": _kinds(
        ids="id story_id",
        people="creator",
        enum="change_type",
        equal="change_summary comment entity_type",
        time_or_day="created",
    ),
    "task_change": _kinds(
        ids="id task_id",
        people="creator",
        enum="change_type",
        equal="change_summary comment entity_type",
        time_or_day="created",
    ),
    "bug_change": _kinds(
        ids="id bug_id",
        people="author",
        equal="field old_value new_value memo",
        time_or_day="created",
    ),
    "iteration_change": _kinds(ids="iteration_id"),
    "removed_story": _kinds(ids="id", people="creator", day="created deleted", equal="is_archived"),
    "removed_task": _kinds(ids="id", people="creator", day="created modified"),
    "removed_bug": _kinds(ids="id", people="creator", day="created modified"),
    "attachment": _kinds(ids="id entry_id", equal="type filename", people="owner"),
    "timesheet": _kinds(
        ids="id entity_id",
        enum="entity_type",
        people="owner",
        date="spentdate",
        time="created modified",
        equal="timespent memo workflow_step relation_type",
    ),
    "wiki": _kinds(
        ids="id",
        wildcard="name",
        people="creator modifier",
        time="created modified",
        equal="note view_count",
    ),
    "release": _kinds(
        ids="id",
        like="name",
        people="creator",
        enum="status",
        date="startdate enddate",
        time="created modified",
        equal="description",
    ),
    "check_list": _kinds(ids="id relate_entity_id", equal="relate_entity_type status"),
    "test_plan": _kinds(
        ids="id",
        like="name owner",
        people="creator modifier",
        enum="status type",
        time="created modified",
        date="start_date end_date",
        equal="description version",
    ),
    "life_time": _kinds(time="created"),
}

# Parameters that are spelled otherwise than the column they filter.
COLUMN_OF: dict[tuple[str, str], str] = {("removed_bug", "creator"): "reporter"}

_CUSTOM = frozenset({"story", "task", "bug", "iteration", "tcase", "test_plan"})
_PLANNED = frozenset({"story", "task", "bug"})


@cache
def operator_kind(entity: str, parameter: str) -> str | None:
    """The operator kind of `parameter` on lists of `entity`; None where it filters nothing."""
    kind = FILTERS.get(entity, {}).get(parameter)
    if kind is None and entity in _CUSTOM and parameter.startswith("custom_field_"):
        return "enum"
    if kind is None and entity in _PLANNED and parameter.startswith("custom_plan_field_"):
        return "ids"
    return kind
