"""Conditions that are on no field: the type, the id, open or removed, the workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import ColumnElement, and_, not_, or_

from taplens.filters import Condition, Value
from taplens.mirror.anywhere import any_field
from taplens.mirror.catalogue import Catalogue
from taplens.mirror.conditions import negated
from taplens.mirror.dialects import fold
from taplens.mirror.faults import fault, unknown_value
from taplens.mirror.fields import REMOVAL_CODES, TYPE_CODES
from taplens.mirror.schema import item
from taplens.tapd.ids import SEQUENCE_DIGITS, short_number

TYPE_WORDS: dict[str, tuple[str, ...]] = {
    "story": ("story", "stories", "需求"),
    "bug": ("bug", "bugs", "缺陷"),
    "task": ("task", "tasks", "任务"),
    "tcase": ("tcase", "tcases", "case", "testcase", "test case", "用例", "测试用例"),
    "iteration": ("iteration", "iterations", "迭代"),
}
# An item is open while its status is no end state of its workflow: the writer keeps that in
# item.is_open, and this is the one place that reads it. `definition.open` says it to people.
IS_OPEN: ColumnElement[bool] = item.c.is_open
IS_CLOSED: ColumnElement[bool] = not_(IS_OPEN)
IS_REMOVED: ColumnElement[bool] = item.c.removed.is_not(None)
# Work that was finished before it was put away.
IS_ARCHIVED_WORK: ColumnElement[bool] = and_(item.c.removed == REMOVAL_CODES["archived"], IS_CLOSED)

_STATES: dict[str, tuple[str, ...]] = {
    "open": ("open", "未关闭", "打开"),
    "closed": ("closed", "done", "已关闭", "关闭"),
    "removed": ("removed", "已移除"),
    "deleted": ("deleted", "已删除"),
    "archived": ("archived", "已归档"),
    "moved": ("moved", "已移动"),
    "merged": ("merged", "已合并"),
    "invisible": ("invisible", "不可见"),
}
_YES = ("true", "yes", "1", "是", "open", "未关闭")
_NO = ("false", "no", "0", "否", "closed", "已关闭")
_OPERATORS = frozenset(("=", "!="))


def special_condition(catalogue: Catalogue, name: str, condition: Condition) -> ColumnElement[bool]:
    """What a condition on one of names.SPECIAL_NAMES means for an item.

    Raises FilterError for a value that the name doesn't know, or an operator other than equal.
    """
    if condition.operator == "set":
        return _PRESENT.get(name, item.c.id.is_not(None))
    if condition.operator == "unset":
        return negated(_PRESENT.get(name, item.c.id.is_not(None)))
    operators = _OPERATORS | {"~"} if name == "any" else _OPERATORS
    if condition.operator not in operators:
        raise fault("field_not_ordered", condition.position, name=condition.field)
    if name == "any":
        matching = any_field(catalogue, condition)
    else:
        matching = or_(*(_MEANINGS[name](catalogue, value) for value in condition.values))
    return negated(matching) if condition.operator == "!=" else matching


_PRESENT: dict[str, ColumnElement[bool]] = {"removed": IS_REMOVED}


def types_meant(values: Iterable[Value]) -> frozenset[str]:
    """The item types that the values of a `type:` condition name. Raises FilterError."""
    return frozenset(_word(value, "type", TYPE_WORDS) for value in values)


def asks_removed(name: str, condition: Condition) -> bool:
    """Whether a condition (on a special name) asks for removed items."""
    if name == "removed":
        return condition.operator != "unset"
    return name == "is" and any(
        _word(value, "is", _STATES) not in ("open", "closed") for value in condition.values
    )


def _word(value: Value, name: str, words: dict[str, tuple[str, ...]]) -> str:
    wanted = fold(value.text)
    for meaning, spellings in words.items():
        if wanted in spellings:
            return meaning
    every = [spelling for spellings in words.values() for spelling in spellings]
    raise unknown_value(name, value.text, every, value.position)


def _type(_catalogue: Catalogue, value: Value) -> ColumnElement[bool]:
    return item.c.type == TYPE_CODES[_word(value, "type", TYPE_WORDS)]


def _state(_catalogue: Catalogue, value: Value) -> ColumnElement[bool]:
    state = _word(value, "is", _STATES)
    if state in REMOVAL_CODES:
        return item.c.removed == REMOVAL_CODES[state]
    return {"open": IS_OPEN, "closed": IS_CLOSED, "removed": IS_REMOVED}[state]


def _openness(_catalogue: Catalogue, value: Value) -> ColumnElement[bool]:
    is_open = _word(value, "open", {"yes": _YES, "no": _NO}) == "yes"
    return IS_OPEN if is_open else IS_CLOSED


def _removal(_catalogue: Catalogue, value: Value) -> ColumnElement[bool]:
    kinds = {name: words for name, words in _STATES.items() if name in REMOVAL_CODES}
    return item.c.removed == REMOVAL_CODES[_word(value, "removed", kinds)]


def _id(catalogue: Catalogue, value: Value) -> ColumnElement[bool]:
    digits = fold(value.text).removeprefix("#")
    if not (digits.isascii() and digits.isdigit()):
        raise fault("id_malformed", value.position, value=value.text)
    if len(digits) <= SEQUENCE_DIGITS:
        return item.c.number == int(digits)
    same = [
        and_(item.c.workspace == key, item.c.number == short_number(digits, workspace_id))
        for key, workspace_id in catalogue.workspaces.items()
        if workspace_id in digits[2:]
    ]
    return or_(item.c.id == digits, *same)


def _workspace(catalogue: Catalogue, value: Value) -> ColumnElement[bool]:
    wanted = fold(value.text)
    names = catalogue.workspace_names
    keys = [
        key
        for key, workspace_id in catalogue.workspaces.items()
        if wanted in (workspace_id, fold(names[key]))
    ]
    if not keys:
        every = [*catalogue.workspaces.values(), *names.values()]
        raise unknown_value("workspace", value.text, every, value.position)
    return item.c.workspace.in_(keys)


_MEANINGS: dict[str, Callable[[Catalogue, Value], ColumnElement[bool]]] = {
    "type": _type,
    "is": _state,
    "open": _openness,
    "removed": _removal,
    "id": _id,
    "workspace": _workspace,
}
