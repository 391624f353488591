"""The rows that describe a workspace: members, types, workflows, fields, labels, iterations."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from taplens.clock import day_start, tapd_time
from taplens.sandbox.fields import FIELDS, field_info, fixed_options
from taplens.sandbox.people import ROLES
from taplens.sandbox.workflows import TASK_LABELS
from taplens.sandbox.workspace import Workspace
from taplens.sandbox.worktime import instant_of

Row = dict[str, Any]

LABEL_COLOURS = {"1": "#28AB80", "2": "#FF6770", "3": "#FFC125", "4": "#7C8597"}
_LABELS = (
    "阻塞", "紧急需求", "有风险", "三方依赖", "待讨论", "回归", "技术债", "大促", "体验优化",
    "隐私合规", "灰度", "数据订正", "等待设计走查", "高频投诉", "线上问题", "V2.0 🚀",
)  # fmt: skip
_MODULES = (
    "登录注册", "支付收银", "订单中心", "购物车", "商品详情", "会员权益", "优惠营销", "报表导出",
    "消息推送", "搜索推荐", "开放平台", "后台管理",
)  # fmt: skip
_CATEGORIES = ("交易", "用户", "营销", "数据", "基础体验", "商家后台")
_TCASE_CATEGORIES = ("主流程", "支付专项", "兼容性", "接口", "回归集")
_THEMES = (
    "支付提速", "登录加固", "大促备战", "报表重构", "会员升级", "体验打磨", "稳定性", "海外版",
    "无障碍", "商家后台", "数据治理", "灰度体系", "性能专项",
)  # fmt: skip
ITERATION_DAYS = 14
_FUTURE_ITERATIONS = 3
_ANCHOR = date(2024, 1, 1)  # a Monday on which an iteration began
_HISTORY_DAYS = 365


def write_metadata(workspace: Workspace, today: date) -> None:
    """Found `workspace`: write every row that describes it, as of `today`."""
    founded = tapd_time(day_start(today - timedelta(days=_HISTORY_DAYS + 60)) + 36_000)
    workspace.found_types()
    _write_workspace(workspace, founded)
    _write_people(workspace, founded, today)
    _write_types(workspace, founded)
    for customs in workspace.customs.values():
        for custom in customs:
            workspace.sink("custom_field", custom.row(workspace.id))
    _write_catalogues(workspace, founded)
    _write_labels(workspace, founded)
    _write_versions(workspace, today)
    _write_iterations(workspace, today)
    write_field_infos(workspace)


def write_field_infos(workspace: Workspace) -> None:
    """Write what `get_fields_info` says of each entity: id = entity, `fields` = the map."""
    for entity in FIELDS:
        workspace.sink("field_info", {"id": entity, "fields": _field_infos(workspace, entity)})


def label_row(workspace: Workspace, name: str, creator: str, created: str) -> Row:
    """A new LabelPool row."""
    identity = workspace.next_id("label")
    colour = str(int(identity[-1]) % len(LABEL_COLOURS) + 1)
    return {
        "id": identity,
        "workspace_id": workspace.id,
        "name": name,
        "color": colour,
        "creator": creator,
        "created": created,
        "modified": created,
        "color_value": LABEL_COLOURS[colour],
    }


def _field_infos(workspace: Workspace, entity: str) -> dict[str, Row]:
    infos = {}
    for name, label, kind in FIELDS[entity]:
        options = _options(workspace, entity, name)
        infos[name] = field_info(entity, name, label, kind, options)
        if name == "iteration_id":
            infos[name]["pure_options"] = _pure_options(workspace)
    for custom in workspace.customs[entity]:
        options = {option: option for option in custom.options}
        info = field_info(entity, custom.column, custom.name, custom.kind, options)
        if custom.cascade:
            info["options"] = [
                {
                    "value": name,
                    "label": name,
                    "children": [{"value": c, "label": c} for c in below],
                }
                for name, below in custom.cascade.items()
            ]
        infos[custom.column] = info
    return infos


def _options(workspace: Workspace, entity: str, name: str) -> dict[str, str]:
    """The options of one field in this workspace, by value."""
    if name == "status" and entity != "tcase":
        return _status_options(workspace, entity)
    if name == "priority" and entity in ("story", "task"):
        labels = workspace.plan.priority_labels
        return {str(4 - n): label for n, label in enumerate(reversed(labels))}
    lists = {
        "label": workspace.labels,
        "module": workspace.modules,
        "version": workspace.versions,
        "version_report": workspace.versions,
        "version_test": workspace.versions,
        "version_fix": workspace.versions,
        "version_close": workspace.versions,
    }
    if name in lists:
        return {option: option for option in lists[name]}
    pairs = {
        "iteration_id": [(one.id, one.name) for one in workspace.iterations],
        "category_id": workspace.tcase_categories if entity == "tcase" else workspace.categories,
        "workitem_type_id": _type_names(workspace),
    }
    return dict(pairs[name]) if name in pairs else fixed_options(entity, name)


def _status_options(workspace: Workspace, entity: str) -> dict[str, str]:
    if entity == "task":
        return TASK_LABELS
    merged: dict[str, str] = {}
    for workflow in reversed(workspace.workflows.values()):
        if workflow.system == entity:
            merged |= workflow.labels
    return merged


def _pure_options(workspace: Workspace) -> list[Row]:
    return [
        {
            "parent_id": "0",
            "workspace_id": workspace.id,
            "sort": str(number),
            "workitem_type_id": "0",
            "plan_app_id": "0",
            "origin_name": one.name,
            "value": one.id,
            "label": one.name,
            "panel": 0,
        }
        for number, one in enumerate(workspace.iterations)
    ]


def _type_names(workspace: Workspace) -> list[tuple[str, str]]:
    named = [(workspace.requirement, "需求"), (workspace.engineering, "技术需求")]
    if workspace.task_type:
        named.append((workspace.task_type, "任务"))
    return named


def _write_workspace(workspace: Workspace, founded: str) -> None:
    plan = workspace.plan
    row = {
        "id": plan.id,
        "name": plan.name,
        "pretty_name": plan.id,
        "category": "project",
        "status": "normal",
        "description": f"{plan.name}的日常研发协作",
        "external_on": "1",
        "creator": workspace.crew.lead,
        "created": founded,
        "new_task": "1" if plan.new_task else "0",
        "company_id": plan.company_id,
    }
    workspace.sink("workspace", row)


def _write_people(workspace: Workspace, founded: str, today: date) -> None:
    left = str(today - timedelta(days=120))
    for person in workspace.crew.everyone:
        number = sum(map(ord, person.nick))
        workspace.sink("user", person.row(number, founded[:10], left))
    for identity, name in ROLES.items():
        workspace.sink("role", {"id": identity, "name": name})


def _write_types(workspace: Workspace, founded: str) -> None:
    english = {"需求": "story", "技术需求": "engineering", "任务": "TASK"}
    colours = {"需求": "#3582fb", "技术需求": "#8f6bff", "任务": "#182b50"}
    for identity, name in _type_names(workspace):
        row = {
            "id": identity,
            "workspace_id": workspace.id,
            "name": name,
            "english_name": english[name],
            "status": "3",
            "color": colours[name],
            "workflow_id": workspace.workflows[identity].id,
            "creator": "TAPD_SYSTEM" if name == "任务" else "TAPD",
            "created": founded,
            "modified": founded,
            "icon_viper": f"https://file.tapd.test/icons/{english[name]}.png",
            "icon_small_viper": f"https://file.tapd.test/icons/{english[name]}_small.png",
        }
        workspace.sink("workitem_type", row)
    for workflow in workspace.workflows.values():
        workspace.sink("workflow", workflow.row(workspace.id, workspace.crew.lead, founded))


def _write_catalogues(workspace: Workspace, founded: str) -> None:
    lead = workspace.crew.lead
    common = {"workspace_id": workspace.id, "created": founded, "modified": founded}
    for name in _CATEGORIES:
        row = {"id": workspace.next_id("story_category"), "name": name, "modifier": lead}
        workspace.categories.append((row["id"], name))
        workspace.sink("story_category", row | common)
    for number, name in enumerate(_TCASE_CATEGORIES, 1):
        row = {"id": workspace.next_id("tcase_category"), "name": name, "sorting": str(number)}
        workspace.tcase_categories.append((row["id"], name))
        tester = workspace.crew.tester_nicks[0]
        workspace.sink("tcase_category", row | common | {"creator": tester, "modifier": tester})
    developers = workspace.crew.developer_nicks
    for number, name in enumerate(_MODULES):
        owner = developers[number % len(developers)]
        row = {"id": workspace.next_id("module"), "name": name, "owner": owner}
        workspace.modules.append(name)
        workspace.sink("module", row | {"workspace_id": workspace.id, "created": founded})


def _write_labels(workspace: Workspace, founded: str) -> None:
    for name in _LABELS:
        workspace.labels.append(name)
        workspace.sink("label", label_row(workspace, name, workspace.crew.lead, founded))


def _write_versions(workspace: Workspace, today: date) -> None:
    for number in range(13):
        created = today - timedelta(days=_HISTORY_DAYS - 30 * number)
        at = tapd_time(day_start(created) + 36_000)
        name = f"{3 + number // 6}.{number % 6}.0"
        lead = workspace.crew.lead
        row = {
            "id": workspace.next_id("version"),
            "workspace_id": workspace.id,
            "name": name,
            "created": at,
            "creator": lead,
            "modifier": lead,
            "status": "Unclosed" if number >= 10 else "Closed",
        }
        workspace.versions.append(name)
        workspace.sink("version", row)
        baseline = {"id": workspace.next_id("baseline"), "name": f"BL_{name}", "created": at}
        workspace.sink("baseline", baseline | {"owner": lead, "workspace_id": workspace.id})


def _write_iterations(workspace: Workspace, today: date) -> None:
    monday = today - timedelta(days=today.weekday())
    current = monday - timedelta(days=(monday - _ANCHOR).days % ITERATION_DAYS)
    past = _HISTORY_DAYS // ITERATION_DAYS + 1
    changes: list[Row] = []
    for offset in range(-past, _FUTURE_ITERATIONS + 1):
        start = current + timedelta(days=ITERATION_DAYS * offset)
        row = new_iteration(workspace, start, today)
        changes += _iteration_changes(row)
        workspace.sink("iteration", row)
    for change in sorted(changes, key=lambda change: str(change["created"])):
        change["id"] = workspace.next_id("iteration_change")
        workspace.sink("iteration_change", change)


def new_iteration(workspace: Workspace, start: date, today: date) -> Row:
    """The iteration that begins on `start`, as it stands on `today`; the workspace knows it."""
    number = (start - date(start.year, 1, 1)).days // ITERATION_DAYS + 1
    theme = _THEMES[(start - _ANCHOR).days // ITERATION_DAYS % len(_THEMES)]
    name = f"{start.year}年第{number}迭代·{theme}"
    identity = workspace.next_id("iteration")
    end = start + timedelta(days=11)
    created = tapd_time(min(day_start(start - timedelta(days=17)), day_start(today)) + 36_600)
    done = end < today
    closed = tapd_time(day_start(end) + 66_600)
    moment = [{"key": "StartDate", "name": "开始时间", "period": "", "value": str(start)}]
    row = {
        "id": identity,
        "name": name,
        "workspace_id": workspace.id,
        "startdate": str(start),
        "enddate": str(end),
        "status": "done" if done else "open",
        "description": f"<p>迭代目标：{theme}，交付前完成全量回归。</p>" if number % 2 else None,
        "creator": workspace.crew.lead,
        "created": created,
        "modified": closed if done else created,
        "ancestor_id": identity,
        "path": f"{identity}:",
        "workitem_type_id": workspace.old_task_type,
        "templated_id": workspace.template_ids["iteration"],
        "crucial_moment": _json(moment),
        "origin_name": name,
    }
    if done:
        row["completed"] = closed
    workspace.add_iteration(row)
    return row


def _iteration_changes(row: Row) -> list[Row]:
    added = iteration_change(row, "name", None, at=row["created"])
    if row["status"] != "done":
        return [added]
    return [added, iteration_change(row, "status", "open", at=row["completed"], kind="edit")]


def iteration_change(row: Row, field: str, old: str | None, *, at: str, kind: str = "add") -> Row:
    """An IterationChange row, still without its id: `field` of `row` was `old` until `at`."""
    return {
        "iteration_id": row["id"],
        "author": row["creator"],
        "field": field,
        "old_value": old,
        "new_value": row[field],
        "created": at,
        "modifyversion": str(instant_of(at)),
        "operater_type": kind,
        "workspace_id": row["workspace_id"],
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
