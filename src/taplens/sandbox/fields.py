"""The fields of work items as `get_fields_info` tells them: labels, kinds and options."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]

PRIORITIES = {
    "urgent": "紧急", "high": "高", "medium": "中", "low": "低", "insignificant": "无关紧要",
}  # fmt: skip
SEVERITIES = {
    "fatal": "致命", "serious": "严重", "normal": "一般", "prompt": "提示", "advice": "建议",
}  # fmt: skip
RESOLUTIONS = {
    "ignore": "无需解决",
    "fix later": "延期解决",
    "failed to recur": "无法重现",
    "external reason": "外部原因",
    "duplicated": "重复",
    "intentional design": "设计如此",
    "unclear description ": "问题描述不准确",  # TAPD's key ends in a space
    "hold": "挂起",
    "feature change": "需求变更",
    "fixed": "已解决",
    "transferred to story": "已转需求",
}
BUG_SELECTS: dict[str, list[str]] = {
    "platform": ["PC", "其他"],
    "os": ["All", "Windows XP", "Windows 2000", "Windows NT", "Linux", "Unix"],
    "testmode": ["手工测试", "自动化测试"],
    "testtype": ["功能测试", "性能测试", "界面测试"],
    "testphase": ["单元测试", "集成测试", "系统测试", "运营测试"],
    "source": ["需求", "设计", "编码", "其它"],
    "frequency": ["可重现", "随机重现", "不可重现"],
    "originphase": ["需求阶段", "架构阶段", "设计阶段", "编码阶段", "测试阶段", "上线阶段"],
    "sourcephase": ["需求阶段", "架构阶段", "设计阶段", "编码阶段", "测试阶段", "集成阶段"],
    "bugtype": ["功能错误", "界面优化", "性能问题", "安全漏洞", "数据错误", "兼容性"],
}
TCASE_TYPES = ["功能测试", "性能测试", "安全性测试", "其他"]
TCASE_GRADES = ["高", "中", "低"]
TCASE_STATUSES = {"normal": "正常", "updating": "待更新", "abandon": "已废弃"}

# name, label, kind of the editor; `fields_info` adds the options.
FIELDS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "story": (
        ("id", "ID", "input"), ("name", "标题", "input"),
        ("workitem_type_id", "需求类别", "select"), ("description", "详细描述", "rich_edit"),
        ("status", "状态", "select"), ("owner", "处理人", "user_chooser"),
        ("cc", "抄送人", "user_chooser"), ("creator", "创建人", "user_chooser"),
        ("developer", "开发人员", "user_chooser"), ("begin", "预计开始", "dateinput"),
        ("due", "预计结束", "dateinput"), ("created", "创建时间", "datetime"),
        ("modified", "最后修改时间", "datetime"), ("completed", "完成时间", "datetime"),
        ("iteration_id", "迭代", "select"), ("priority", "优先级", "select"),
        ("size", "规模", "int"), ("business_value", "业务价值", "int"),
        ("test_focus", "测试重点", "input"), ("type", "类型", "select"),
        ("source", "来源", "select"), ("module", "模块", "select"),
        ("version", "版本", "select"), ("category_id", "需求分类", "select"),
        ("parent_id", "父需求", "input"), ("children_id", "子需求", "input"),
        ("effort", "预估工时", "float"), ("effort_completed", "完成工时", "float"),
        ("remain", "剩余工时", "float"), ("exceed", "超出工时", "float"),
        ("progress", "进度", "int"), ("release_id", "发布计划", "select"),
        ("label", "标签", "multi_select"), ("feature", "特性", "select"),
        ("tech_risk", "技术风险", "select"), ("created_from", "创建来源", "input"),
        ("flows", "流转", "input"), ("is_archived", "是否归档", "select"),
        ("related_bug", "关联缺陷", "input"), ("comment", "评论", "rich_edit"),
    ),
    "task": (
        ("id", "ID", "input"), ("name", "标题", "input"), ("description", "详细描述", "rich_edit"),
        ("status", "状态", "select"), ("owner", "处理人", "user_chooser"),
        ("cc", "抄送人", "user_chooser"), ("creator", "创建人", "user_chooser"),
        ("begin", "预计开始", "dateinput"), ("due", "预计结束", "dateinput"),
        ("created", "创建时间", "datetime"), ("modified", "最后修改时间", "datetime"),
        ("completed", "完成时间", "datetime"), ("story_id", "所属需求", "input"),
        ("iteration_id", "迭代", "select"), ("priority", "优先级", "select"),
        ("progress", "进度", "int"), ("effort", "预估工时", "float"),
        ("effort_completed", "完成工时", "float"), ("remain", "剩余工时", "float"),
        ("exceed", "超出工时", "float"), ("label", "标签", "multi_select"),
    ),
    "bug": (
        ("id", "ID", "input"), ("title", "标题", "input"), ("description", "详细描述", "rich_edit"),
        ("status", "状态", "select"), ("priority", "优先级", "select"),
        ("severity", "严重程度", "select"), ("current_owner", "处理人", "user_chooser"),
        ("reporter", "创建人", "user_chooser"), ("cc", "抄送人", "user_chooser"),
        ("de", "开发人员", "user_chooser"), ("te", "测试人员", "user_chooser"),
        ("auditer", "审核人", "single_user_chooser"),
        ("confirmer", "验证人", "single_user_chooser"),
        ("fixer", "修复人", "single_user_chooser"), ("closer", "关闭人", "single_user_chooser"),
        ("lastmodify", "最后修改人", "single_user_chooser"),
        ("participator", "参与人", "user_chooser"), ("created", "创建时间", "datetime"),
        ("modified", "最后修改时间", "datetime"), ("resolved", "解决时间", "datetime"),
        ("closed", "关闭时间", "datetime"), ("in_progress_time", "接受处理时间", "datetime"),
        ("verify_time", "验证时间", "datetime"), ("reject_time", "拒绝时间", "datetime"),
        ("reopen_time", "重新打开时间", "datetime"), ("suspend_time", "挂起时间", "datetime"),
        ("begin", "预计开始", "dateinput"), ("due", "预计结束", "dateinput"),
        ("deadline", "解决期限", "dateinput"), ("iteration_id", "迭代", "select"),
        ("module", "模块", "select"), ("version_report", "发现版本", "select"),
        ("version_test", "验证版本", "select"), ("version_fix", "合入版本", "select"),
        ("version_close", "关闭版本", "select"), ("resolution", "解决方法", "select"),
        ("platform", "软件平台", "select"), ("os", "操作系统", "select"),
        ("testmode", "测试方式", "select"), ("testtype", "测试类型", "select"),
        ("testphase", "测试阶段", "select"), ("source", "缺陷根源", "select"),
        ("frequency", "重现规律", "select"), ("originphase", "发现阶段", "select"),
        ("sourcephase", "引入阶段", "select"), ("bugtype", "缺陷类型", "select"),
        ("label", "标签", "multi_select"), ("regression_number", "回归次数", "int"),
        ("flows", "流转", "input"), ("effort", "预估工时", "float"),
    ),
    "tcase": (
        ("id", "ID", "input"), ("name", "用例名称", "input"),
        ("category_id", "用例目录", "select"), ("status", "用例状态", "select"),
        ("precondition", "前置条件", "qmeditor"), ("steps", "用例步骤", "qmeditor"),
        ("expectation", "预期结果", "qmeditor"), ("type", "用例类型", "select"),
        ("priority", "用例等级", "select"), ("creator", "创建人", "user_chooser"),
        ("modifier", "最后修改人", "user_chooser"), ("created", "创建时间", "datetime"),
        ("modified", "最后修改时间", "datetime"), ("is_automated", "是否实现自动化", "select"),
        ("automation_type", "自动化测试类型", "multi_select"),
        ("automation_platform", "自动化测试平台", "multi_select"),
    ),
}  # fmt: skip

LABELS: dict[str, dict[str, str]] = {
    entity: {name: label for name, label, _ in fields} for entity, fields in FIELDS.items()
}

_EDITORS = {
    "radio": "radio",
    "checkbox": "checkbox",
    "cascade_radio": "cascade",
    "cascade_checkbox": "cascade",
    "integer": "integer",
}


def field_info(entity: str, name: str, label: str, kind: str, options: dict[str, str]) -> Row:
    """One field as `get_fields_info` sends it: `options` is `[]` where there are none."""
    row: Row = {
        "name": name,
        "options": options or [],
        "html_type": _EDITORS.get(kind, kind),
        "label": label,
    }
    if entity != "tcase":
        row["pure_options"] = []
    if entity == "story":
        row["readonly"] = int(name in ("id", "created", "modified", "creator"))
    if entity == "bug":
        row["memo"] = ""
    return row


def fixed_options(entity: str, name: str) -> dict[str, str]:
    """The options of a field that are the same in every workspace."""
    if entity == "bug" and name in BUG_SELECTS:
        return {option: option for option in BUG_SELECTS[name]}
    return _FIXED.get((entity, name), {})


_FIXED: dict[tuple[str, str], dict[str, str]] = {
    ("bug", "priority"): PRIORITIES,
    ("bug", "severity"): SEVERITIES,
    ("bug", "resolution"): RESOLUTIONS,
    ("tcase", "status"): TCASE_STATUSES,
    ("tcase", "type"): dict(zip(TCASE_TYPES, TCASE_TYPES, strict=True)),
    ("tcase", "priority"): dict(zip(TCASE_GRADES, TCASE_GRADES, strict=True)),
    ("tcase", "is_automated"): {"1": "是", "2": "否"},
    ("story", "is_archived"): {"0": "否", "1": "是"},
    ("story", "source"): {"客户反馈": "客户反馈", "内部规划": "内部规划", "竞品分析": "竞品分析"},
    ("story", "type"): {"功能": "功能", "体验": "体验", "合规": "合规"},
}
