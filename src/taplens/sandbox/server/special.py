"""Parameters that do more than compare one column, and columns that parameters add."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from taplens.sandbox.server import ids, operators
from taplens.sandbox.server.call import Call
from taplens.sandbox.server.columns import condition, expression
from taplens.sandbox.server.envelope import Refusal
from taplens.sandbox.server.operators import Condition
from taplens.sandbox.server.site import Site
from taplens.sandbox.server.workflow import label_maps
from taplens.sandbox.store import Store

Row = dict[str, Any]
Maker = Callable[[Site, Call], "Condition | None"]


def _with_descendants(entity: str, column: str, switch: str, tree: str) -> Maker:
    """`column`, where `switch=1` adds the descendants of the asked ids in the rows of `tree`."""

    def make(site: Site, call: Call) -> Condition | None:
        value = call.get(column)
        if not value:
            return None
        if call.get(switch) == "1" and not value.startswith("<>"):
            wanted = (
                ids.canonical_list(value, call.get("workspace_id")).replace(",", "|").split("|")
            )
            value = "|".join(_descendants(site.store, call.get("workspace_id"), tree, wanted))
        return condition(entity, column, "ids", value, call.get("workspace_id"))

    return make


def _descendants(store: Store, workspace_id: str, tree: str, roots: list[str]) -> list[str]:
    found = list(roots)
    rows = store.select(tree, workspace_id)
    for parent in found:  # grows while it is walked: breadth first
        found += [
            row["id"] for row in rows
            if row.get("parent_id") == parent and row["id"] not in found
        ]  # fmt: skip
    return found


def _by_label(entity: str) -> Maker:
    """`v_status`: the label of a state, which may be another key in another work-item type."""

    def make(site: Site, call: Call) -> Condition | None:
        wanted = [part for part in call.get("v_status").split("|") if part]
        if not wanted:
            return None
        status, of_type = expression(entity, "status"), expression(entity, "workitem_type_id")
        parts: list[str] = []
        arguments: list[str] = []
        for type_id, labels in label_maps(site, call.get("workspace_id"), entity).items():
            keys = [key for key, label in labels.items() if label in wanted]
            sql, some = operators.any_of(status, keys)
            parts.append(f"{of_type} = ? AND {sql}" if type_id else sql)
            arguments += [type_id, *some] if type_id else some
        return " OR ".join(parts) or "0", tuple(arguments)

    return make


def _default(entity: str, column: str, default: str) -> Maker:
    """A filter that holds even where the parameter isn't sent."""

    def make(_site: Site, call: Call) -> Condition | None:
        return operators.any_of(expression(entity, column), [call.get(column) or default])

    return make


def _unless(switch: str, sql: str) -> Maker:
    """Rows that only `switch=1` lets through."""

    def make(_site: Site, call: Call) -> Condition | None:
        return None if call.get(switch) == "1" else (sql, ())

    return make


def _change_time(entity: str) -> Maker:
    """`created` of a change log: a day or a range; ranges may be refused."""

    def make(_site: Site, call: Call) -> Condition | None:
        value = call.get("created")
        if not value:
            return None
        if operators.is_range(value) and "refuse_ranges" in call.conditions:
            raise Refusal(422, "created must be one day, like 2026-02-01")
        return condition(entity, "created", "time_or_day", value, "")

    return make


def _changed_field(entity: str) -> Maker:
    """`change_field`: a field that the change touched."""

    def make(_site: Site, call: Call) -> Condition | None:
        asked = call.get("change_field")
        needles = [f'"field":{orjson.dumps(name).decode()}' for name in asked.split("|") if name]
        if not needles:
            return None
        sql = f"instr({expression(entity, 'changes')}, ?) > 0"
        return " OR ".join([sql] * len(needles)), tuple(needles)

    return make


# Far cheaper than json_extract over the whole log; text in the JSON has its quotes escaped.
_NO_BIRTHS = """instr(payload, '"field":"add_bug"') = 0"""
_PARENT_STORIES = (
    "NOT (json_extract(payload, '$.entity_type') = 'story' AND EXISTS (SELECT 1 FROM row AS child"
    " WHERE child.entity = 'story' AND child.workspace_id = row.workspace_id"
    " AND child.parent = row.parent))"
)


def _leaf_timesheets(_site: Site, call: Call) -> Condition | None:
    """`include_parent_story_timesheet=0` leaves out what was spent on stories with children."""
    return (_PARENT_STORIES, ()) if call.get("include_parent_story_timesheet") == "0" else None


SPECIAL: dict[str, dict[str, Maker]] = {
    "story": {
        "category_id": _with_descendants(
            "story", "category_id", "include_sub_category", "story_category"
        ),
        "iteration_id": _with_descendants(
            "story", "iteration_id", "include_sub_iteration", "iteration"
        ),
        "v_status": _by_label("story"),
    },
    "bug": {"v_status": _by_label("bug")},
    "story_change": {
        "created": _change_time("story_change"),
        "change_field": _changed_field("story_change"),
    },
    "task_change": {
        "created": _change_time("task_change"),
        "change_field": _changed_field("task_change"),
    },
    "bug_change": {
        "created": _change_time("bug_change"),
        "include_add_bug": _unless("include_add_bug", _NO_BIRTHS),
    },
    "removed_story": {"is_archived": _default("removed_story", "is_archived", "0")},
    "removed_bug": {
        "include_all": _unless("include_all", "json_extract(payload, '$.type') = 'delete'")
    },
    "timesheet": {
        "is_delete": _unless(
            "is_delete", "COALESCE(json_extract(payload, '$.is_delete'), '0') = '0'"
        ),
        "include_parent_story_timesheet": _leaf_timesheets,
    },
}
"""Entity -> parameter -> what makes its condition; asked even where the parameter is absent."""


def _state_labels(entity: str) -> Callable[[Site, Call, list[Row]], None]:
    """`with_v_status=1` adds the state's label to each row."""

    def present(site: Site, call: Call, rows: list[Row]) -> None:
        if call.get("with_v_status") != "1" or not rows:
            return
        maps = label_maps(site, call.get("workspace_id"), entity)
        for row in rows:
            labels = maps.get(row.get("workitem_type_id", ""), {})
            row["v_status"] = labels.get(row["status"], row["status"])

    return present


def _without_parsed(_site: Site, call: Call, rows: list[Row]) -> None:
    """`need_parse_changes=0` drops the parsed changes: their payload is most of a row."""
    if call.get("need_parse_changes") == "0":
        for row in rows:
            row.pop("field_changes", None)


PRESENTED: dict[str, tuple[Callable[[Site, Call, list[Row]], None], ...]] = {
    "story": (_state_labels("story"),),
    "bug": (_state_labels("bug"),),
    "story_change": (_without_parsed,),
    "task_change": (_without_parsed,),
}
"""Entity -> what adds or takes columns of whole rows before they go out."""
