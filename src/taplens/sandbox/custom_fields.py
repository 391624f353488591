"""Custom fields of the sandbox's workspaces: their settings rows and believable values."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

Row = dict[str, Any]

CUSTOMERS = ["ACME", "青禾零售", "海棠供应链", "Globex", "云梦泽文旅", "北辰银行", "半山书店"]
CLIENTS = ["iOS", "Android", "小程序", "Web", "鸿蒙"]

# Cascades: first level → second level.
REGIONS = {"华东": ["上海", "杭州"], "华南": ["深圳", "广州"], "西北": ["乌鲁木齐", "西宁"]}
CAUSES = {"前端": ["样式", "状态管理"], "服务端": ["并发", "事务", "缓存"], "数据": ["脏数据"]}


@dataclass(slots=True)
class CustomField:
    """One custom field. `encoding` says how the settings row writes the options:

    "object" `{"1":"A"}`, "pipe" `A|B`, "cascade" `[{"name":…,"children":[…]}]`, "" none.
    `share` of the items carry a value.
    """

    entity: str
    column: str
    kind: str
    name: str
    options: list[str] = field(default_factory=list)
    encoding: str = ""
    share: float = 0.3
    enabled: bool = True
    cascade: dict[str, list[str]] = field(default_factory=dict)
    memo: str | None = None
    id: str = ""

    def row(self, workspace_id: str) -> Row:
        """The CustomFieldConfig row."""
        return {
            "id": self.id,
            "workspace_id": workspace_id,
            "entry_type": self.entity,
            "custom_field": self.column,
            "type": self.kind,
            "name": self.name,
            "options": self._options(),
            "enabled": "1" if self.enabled else "0",
            "memo": self.memo,
        }

    def _options(self) -> str | None:
        if self.encoding == "object":
            numbered = {str(n): option for n, option in enumerate(self.options, 1)}
            return json.dumps(numbered, ensure_ascii=False, separators=(",", ":"))
        if self.encoding == "pipe":
            return "|".join(self.options)
        if self.encoding == "cascade":
            tree = [
                {"name": name, "children": [{"name": child} for child in children]}
                for name, children in self.cascade.items()
            ]
            return json.dumps(tree, ensure_ascii=False, separators=(",", ":"))
        return None if self.kind == "text" else ""

    def value(self, rng: Random, nicks: list[str], day: str) -> str:
        """A value as rows carry it; `day` is a date near which dates fall."""
        return _VALUES[self.kind](self, rng, nicks, day)


def _one(custom: CustomField, rng: Random, _nicks: list[str], _day: str) -> str:
    # The first option is the most frequent: customers are not equally large.
    return custom.options[int(rng.random() ** 1.7 * len(custom.options))]


def _several(custom: CustomField, rng: Random, _nicks: list[str], _day: str) -> str:
    chosen = [option for option in custom.options if rng.random() < 0.4]
    return "|".join(chosen or custom.options[:1])


def _branch(custom: CustomField, rng: Random, _nicks: list[str], _day: str) -> str:
    name = rng.choice(list(custom.cascade))
    return f"{name}/{rng.choice(custom.cascade[name])}"


def _branches(custom: CustomField, rng: Random, nicks: list[str], day: str) -> str:
    first, second = _branch(custom, rng, nicks, day), _branch(custom, rng, nicks, day)
    return first if first == second else f"{first}|{second}"


_REMARKS = [
    "已和业务方对齐，先上最小版本。",
    "等待法务确认\n确认后补充协议链接",
    "仅限内测用户 ①②③ 可见",
    "参考竞品：满减叠加规则（含税）",
    "ﾊﾝｶｸ 与 全角ＡＢＣ 混排要兼容 👀",
]

_VALUES: dict[str, Callable[[CustomField, Random, list[str], str], str]] = {
    "select": _one,
    "radio": _one,
    "multi_select": _several,
    "checkbox": _several,
    "cascade_radio": _branch,
    "cascade_checkbox": _branches,
    "float": lambda _c, rng, _n, _d: f"{rng.randrange(10, 4000) / 10:g}",
    "integer": lambda _c, rng, _n, _d: str(rng.choice((1, 2, 3, 5, 8, 13))),
    "dateinput": lambda _c, _r, _n, day: day,
    "datetime": lambda _c, rng, _n, day: f"{day} {rng.randrange(10, 19)}:30:00",
    "user_chooser": lambda _c, rng, nicks, _d: f"{rng.choice(nicks)};",
    "textarea": lambda _c, rng, _n, _d: rng.choice(_REMARKS),
    "text": lambda _c, rng, _n, _d: f"KA-{rng.randrange(100, 999)}",
}


def fields_of(dialect: int) -> list[CustomField]:
    """The custom fields of a workspace: all of them in dialect 0, a few in the others."""
    every = _story_fields() + _bug_fields() + _other_fields()
    if dialect == 0:
        return every
    kept = {"客户", "涉及端", "影响版本说明", "工作类型", "发布负责人"}
    return [custom for custom in every if custom.name in kept]


def _story_fields() -> list[CustomField]:
    def story(column: str, kind: str, name: str, **others: Any) -> CustomField:
        return CustomField("story", f"custom_field_{column}", kind, name, **others)

    return [
        story("one", "select", "客户", options=list(CUSTOMERS), encoding="object", share=0.6),
        story("two", "select", "业务线", options=["零售", "支付", "会员", "数据"],
              encoding="pipe", share=0.5),
        story("three", "multi_select", "涉及端", options=list(CLIENTS), encoding="pipe", share=0.5),
        story("four", "float", "预计收益（万元）", share=0.2),
        story("five", "dateinput", "期望上线日", share=0.3),
        story("six", "user_chooser", "业务对接人", share=0.25),
        story("seven", "textarea", "补充说明", share=0.1),
        story("eight", "cascade_radio", "投放区域", cascade=REGIONS, encoding="cascade", share=0.2),
        story("9", "radio", "合规影响", options=["无", "低", "高"], encoding="object", share=0.2),
        story("10", "checkbox", "交付物", options=["原型", "接口文档", "埋点", "帮助文档"],
              encoding="pipe", share=0.15),
        story("11", "datetime", "评审时间", share=0.15),
        story("12", "integer", "故事点", share=0.4),
        story("13", "text", "旧系统编号", share=0.05, enabled=False, memo="2024 年后停用"),
        story("101", "text", "大客户工单号", share=0.06),
    ]  # fmt: skip


def _bug_fields() -> list[CustomField]:
    def bug(column: str, kind: str, name: str, **others: Any) -> CustomField:
        return CustomField("bug", f"custom_field_{column}", kind, name, **others)

    return [
        bug("two", "select", "客户", options=list(CUSTOMERS), encoding="object", share=0.5),
        bug("one", "select", "发现环境", options=["测试环境", "预发环境", "生产环境"],
            encoding="pipe", share=0.7),
        bug("three", "multi_select", "涉及端", options=list(CLIENTS), encoding="object", share=0.4),
        bug("four", "float", "损失金额", share=0.08),
        bug("five", "dateinput", "首次出现日期", share=0.2),
        bug("6", "user_chooser", "责任人", share=0.2),
        bug("7", "textarea", "影响版本说明", share=0.1),
        bug("8", "cascade_checkbox", "原因分类", cascade=CAUSES, encoding="cascade", share=0.2),
    ]  # fmt: skip


def _other_fields() -> list[CustomField]:
    kinds = ["后端", "前端", "联调", "数据修复"]
    levels = ["冒烟", "回归", "全量"]
    return [
        CustomField("task", "custom_field_one", "select", "工作类型", kinds, "pipe", 0.6),
        CustomField("tcase", "custom_field_1", "select", "回归级别", levels, "object", 0.5),
        CustomField("iteration", "custom_field_1", "user_chooser", "发布负责人", share=0.5),
        CustomField("iteration", "custom_field_11", "text", "迭代目标", share=0.5),
    ]
