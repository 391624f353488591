"""The mirrored fields of items, as data: their names, kinds, and the TAPD fields behind them."""

from __future__ import annotations

from dataclasses import dataclass

# The kinds of items; the codes are stored and never change.
TYPE_CODES = {"story": 1, "bug": 2, "task": 3, "tcase": 4, "iteration": 5}
TYPES = {code: name for name, code in TYPE_CODES.items()}
# What a question means that names no type.
DEFAULT_TYPES = ("story", "bug", "task")

# Why an item is gone; the codes are stored and never change.
REMOVAL_CODES = {"deleted": 1, "archived": 2, "moved": 3, "merged": 4, "invisible": 5}
REMOVALS = {code: name for name, code in REMOVAL_CODES.items()}

ALL = "*"


@dataclass(frozen=True, slots=True)
class Field:
    """One mirrored field.

    `name` is the canonical name (the column where there is one); `kind` says how values are
    kept and compared: `text` (a column of its own), `term` (coded text), `reference` (coded id of
    something with a name), `person` (coded nick), `people` and `pipes` (several, in item_value),
    `instant` (UTC epoch seconds), `date` (ISO text), `number`. `sources` maps each item type that
    has the field to the TAPD field it comes from; `aliases` are further names in filters.
    """

    name: str
    kind: str
    sources: dict[str, str]
    code: int = 0  # of the multi-valued: its number in item_value
    reference: str = ""  # of a reference: the kind of what it points to
    aliases: tuple[str, ...] = ()

    @property
    def multiple(self) -> bool:
        """Whether an item can hold several values (they stand in item_value)."""
        return self.kind in ("people", "pipes")

    @property
    def names(self) -> tuple[str, ...]:
        """Every name the field answers to in a filter."""
        return tuple(dict.fromkeys((self.name, *self.sources.values(), *self.aliases)))


def _all(tapd: str) -> dict[str, str]:
    return dict.fromkeys(TYPE_CODES, tapd)


def _work(tapd: str) -> dict[str, str]:
    return {"story": tapd, "bug": tapd, "task": tapd}


def _bug(tapd: str) -> dict[str, str]:
    return {"bug": tapd}


_TITLES = {**_all("name"), "bug": "title"}
_CREATORS = {**_all("creator"), "bug": "reporter"}

FIELDS: tuple[Field, ...] = (
    Field("title", "text", _TITLES, aliases=("标题",)),
    Field("status", "term", _all("status"), aliases=("v_status", "状态")),
    Field(
        "priority",
        "term",
        {**_work("priority"), "tcase": "priority"},
        aliases=("priority_label", "优先级"),
    ),
    Field("severity", "term", _bug("severity"), aliases=("严重程度",)),
    Field(
        "workitem_type",
        "reference",
        {"story": "workitem_type_id", "iteration": "workitem_type_id"},
        reference="workitem_type",
        aliases=("需求类别",),
    ),
    Field(
        "iteration", "reference", _work("iteration_id"), reference="iteration", aliases=("迭代",)
    ),
    Field(
        "parent",
        "reference",
        {"story": "parent_id", "iteration": "parent_id"},
        reference="story",
        aliases=("父需求",),
    ),
    Field(
        "story",
        "reference",
        {"bug": "story_id", "task": "story_id"},
        reference="story",
        aliases=("需求",),
    ),
    Field(
        "category",
        "reference",
        {"story": "category_id", "tcase": "category_id"},
        reference="category",
        aliases=("分类",),
    ),
    Field("release", "reference", _work("release_id"), reference="release", aliases=("发布计划",)),
    Field("creator", "person", _CREATORS, aliases=("创建人",)),
    Field(
        "owner",
        "people",
        {"story": "owner", "bug": "current_owner", "task": "owner"},
        code=1,
        aliases=("处理人",),
    ),
    Field("cc", "people", _work("cc"), code=2, aliases=("抄送人",)),
    Field(
        "developer", "people", {"story": "developer", "bug": "de"}, code=3, aliases=("开发人员",)
    ),
    Field("tester", "people", _bug("te"), code=4, aliases=("测试人员",)),
    Field("participator", "people", _bug("participator"), code=5, aliases=("参与人",)),
    Field("label", "pipes", {**_work("label"), "iteration": "label"}, code=6, aliases=("标签",)),
    Field("created", "instant", _all("created"), aliases=("创建时间",)),
    Field("modified", "instant", _all("modified"), aliases=("最后修改时间",)),
    Field(
        "completed",
        "instant",
        {"story": "completed", "task": "completed", "iteration": "completed"},
        aliases=("完成时间",),
    ),
    Field("resolved", "instant", _bug("resolved"), aliases=("解决时间",)),
    Field("closed", "instant", _bug("closed"), aliases=("关闭时间",)),
    Field("in_progress_time", "instant", _bug("in_progress_time")),
    Field("verify_time", "instant", _bug("verify_time")),
    Field("reject_time", "instant", _bug("reject_time")),
    Field("reopen_time", "instant", _bug("reopen_time"), aliases=("重新打开时间",)),
    Field("audit_time", "instant", _bug("audit_time")),
    Field("suspend_time", "instant", _bug("suspend_time")),
    Field("assigned_time", "instant", _bug("assigned_time")),
    Field("begin", "date", {**_work("begin"), "iteration": "startdate"}, aliases=("预计开始",)),
    Field("due", "date", {**_work("due"), "iteration": "enddate"}, aliases=("预计结束",)),
    Field("deadline", "date", _bug("deadline"), aliases=("解决期限",)),
    Field("effort", "number", _work("effort"), aliases=("预估工时",)),
    Field("effort_completed", "number", _work("effort_completed"), aliases=("完成工时",)),
    Field("remain", "number", _work("remain"), aliases=("剩余工时",)),
    Field("exceed", "number", _work("exceed"), aliases=("超出工时",)),
    Field("progress", "number", {"story": "progress", "task": "progress"}, aliases=("进度",)),
    Field("size", "number", {"story": "size"}, aliases=("规模",)),
    Field("business_value", "number", {"story": "business_value"}, aliases=("业务价值",)),
    Field("regression_number", "number", _bug("regression_number")),
    Field("module", "term", {"story": "module", "bug": "module"}, aliases=("模块",)),
    Field("version", "term", {"story": "version", "bug": "version_report"}, aliases=("版本",)),
    Field("feature", "term", {"story": "feature", "bug": "feature"}, aliases=("特性",)),
    Field("source", "term", {"story": "source", "bug": "source"}, aliases=("来源",)),
    Field("item_type", "term", {"story": "type", "tcase": "type"}, aliases=("用例类型",)),
    Field("test_focus", "term", {"story": "test_focus"}),
    Field("created_from", "term", {"story": "created_from", "bug": "created_from"}),
    Field("resolution", "term", _bug("resolution"), aliases=("解决方法",)),
    *(
        Field(name, "term", _bug(name))
        for name in (
            "bugtype",
            "frequency",
            "platform",
            "os",
            "testmode",
            "testtype",
            "testphase",
            "originphase",
            "sourcephase",
            "version_test",
            "version_fix",
            "version_close",
            "baseline_find",
            "baseline_join",
            "baseline_test",
            "baseline_close",
            "milestone",
        )
    ),
    *(Field(name, "person", _bug(name)) for name in ("fixer", "closer", "auditer", "confirmer")),
    Field(
        "modifier", "person", {"bug": "lastmodify", "tcase": "modifier"}, aliases=("最后修改人",)
    ),
    Field("is_automated", "term", {"tcase": "is_automated"}),
)

BY_NAME: dict[str, Field] = {field.name: field for field in FIELDS}
COLUMN_FIELDS: tuple[Field, ...] = tuple(field for field in FIELDS if not field.multiple)
CUSTOM_FIELD_BASE = 1000  # item_value.field of a custom field: its key in `custom_field`
