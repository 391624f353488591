"""Results, and sentences about them: true ones and lies, in Chinese and English."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from taplens.agent.checks.checking import Checker
from taplens.agent.checks.vocabulary import Vocabulary
from tests.agent.model.conftest import NOW

AS_OF = "2026-03-31T14:00:11+08:00"
WEB = "https://www.tapd.cn"
BUG_ONE, BUG_TWO, BUG_THREE = "1150311786001000101", "1150311786001000102", "1150311786001000103"


def vocabulary() -> Vocabulary:
    """That of a made-up workspace."""
    made = Vocabulary()
    for names in (
        ["张三"],
        ["李四"],
        ["王芳"],
        ["zhang.wei", "张伟"],
        ["li_na", "李娜"],
        ["བསོད་ནམས།", "索朗"],
    ):
        made.add("person", names)
    for names in (["新", "new"], ["处理中", "in_progress"], ["测试中", "status_3"]):
        made.add("status", names)
    for names in (["已关闭", "closed"], ["延期", "postponed"], ["挂起", "suspended"]):
        made.add("status", names)
    for name in ("2026年第6迭代·稳定性", "2026年第7迭代·海外版"):
        made.add("iteration", [name])
    for name in ("支付收银", "登录注册", "购物车"):
        made.add("module", [name])
    made.add("version", ["4.1.0"])
    made.add("workspace", ["星舟商城", "50311786"])
    made.add("workspace", ["云梦泽", "46027719"])
    made.workspaces = ("50311786", "46027719")
    return made


def _bug(
    item: str, title: str, status: str, key: str, priority: str, owner: str, **more: Any
) -> Any:
    row = {"type": "bug", "id": item, "title": title, "status": status, "status_key": key}
    return row | {"priority": priority, "severity": "严重", "owner": [owner]} | more


RESULTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "count_items",
        {"where": "type:bug is:open", "by": ["owner"]},
        {"total": 20, "as_of": AS_OF, "data": [
            {"owner": "张三", "count": 8, "share": 40.0},
            {"owner": "李四", "count": 5, "share": 25.0},
            {"owner": "zhang.wei", "count": 4, "share": 20.0},
            {"owner": None, "count": 3, "share": 15.0},
        ]},
    ),
    (
        "trends",
        {"where": "type:bug", "interval": "month", "since": "2026-01-01"},
        {"total": 100, "as_of": AS_OF, "definition": "2026-01-01 至 2026-03-31。", "data": [
            {"period": "2026-01", "created": 10, "closed": 14, "open": 31},
            {"period": "2026-02", "created": 7, "closed": 2, "open": 36},
            {"period": "2026-03", "created": 13, "closed": 29, "open": 20},
        ]},
    ),
    (
        "find_items",
        {"where": "type:bug priority:urgent is:open", "fields": ["created"]},
        {"total": 3, "returned": 3, "as_of": AS_OF, "data": [
            _bug(BUG_ONE, "Android 横屏时规格切换后价格不变", "测试中", "status_3", "紧急", "张三",
                 created="2026-03-19 10:00"),
            _bug(BUG_TWO, "支付 3 次后订单仍显示待支付", "延期", "postponed", "紧急", "李四",
                 created="2026-03-20 11:30"),
            _bug(BUG_THREE, "客服会话模板变量未替换", "处理中", "in_progress", "紧急", "张三",
                 created="2026-03-24 16:12"),
        ]},
    ),
    (
        "flow_metrics",
        {"metric": "cycle_time", "where": "type:story", "since": "2025-12-01", "by": "owner"},
        {"total": 30, "as_of": AS_OF, "definition": "2025-12-01 至 2026-03-31。", "data": [
            {"owner": "王芳", "count": 4, "mean": 25.62, "p50": 24.67, "p85": 31.87},
            {"owner": "李四", "count": 6, "mean": 19.5, "p50": 18.2, "p85": 27.4},
        ]},
    ),
    (
        "count_items",
        {"where": "type:bug created:last_week"},
        {"total": 12, "as_of": AS_OF, "data": []},
    ),
    (
        "count_items",
        {"where": "type:bug created:this_week", "by": ["severity"]},
        {"total": 9, "as_of": AS_OF, "data": [
            {"severity": "严重", "severity_key": "serious", "count": 6, "share": 66.7},
            {"severity": "一般", "severity_key": "normal", "count": 3, "share": 33.3},
        ]},
    ),
    (
        "forecast",
        {"where": "type:story"},
        {"total": 16, "as_of": AS_OF, "data": [
            {"percent": 50, "date": "2026-05-18", "days": 48},
            {"percent": 85, "date": "2026-06-01", "days": 62},
        ]},
    ),
    (
        "flow_metrics",
        {"metric": "reopen_rate", "where": "type:bug"},
        {"total": 25, "as_of": AS_OF, "definition": "2026-01-01 至 2026-03-31。", "data": [
            {"ended": 25, "reopened": 4, "percent": 16.0},
        ]},
    ),
    (
        "count_items",
        {"where": "type:bug severity:致命 is:open"},
        {"total": 0, "as_of": AS_OF, "data": []},
    ),
    (
        "count_items",
        {"where": "type:bug", "by": ["status"]},
        {"total": 112, "as_of": AS_OF, "data": [
            {"status": "已关闭", "status_key": "closed", "count": 92, "share": 82.1},
            {"status": "处理中", "status_key": "in_progress", "count": 12, "share": 10.7},
            {"status": "新", "status_key": "new", "count": 8, "share": 7.1},
        ]},
    ),
    (
        "count_items",
        {"where": "type:story is:open"},
        {"total": 12345, "as_of": AS_OF, "data": []},
    ),
    (
        "count_items",
        {"where": "type:bug is:open owner:张三,李四", "by": ["owner"]},
        {"total": 13, "as_of": AS_OF, "data": [
            {"owner": "张三", "count": 8, "share": 61.5},
            {"owner": "李四", "count": 5, "share": 38.5},
        ]},
    ),
    (
        "count_items",
        {"where": "type:bug is:open -owner:张三"},
        {"total": 11, "as_of": AS_OF, "data": []},
    ),
]  # fmt: skip


def _told(name: str) -> list[list[str]]:
    source = Path(__file__).with_name("corpus.toml").read_text(encoding="utf-8")
    found: list[list[str]] = tomllib.loads(source)[name]
    return found


TRUTHS, LIES, MORE_LIES = _told("truths"), _told("lies"), _told("more_lies")


def checker(question: str, locale: str = "zh") -> Checker:
    """A checker that has learnt all results."""
    made = Checker(vocabulary(), question, locale=locale, now=NOW, web_base=WEB)
    for number, (tool, arguments, content) in enumerate(RESULTS, 1):
        made.learn(f"r{number}", tool, arguments, content)
    return made


def told(question: str, answer: str) -> list[tuple[str, tuple[str, ...]]]:
    """The sentences of `answer` as they leave, with their faults."""
    from taplens.agent.checks.sentences import Splitter

    check, splitter = checker(question), Splitter()
    sentences = [*splitter.feed(answer), *splitter.finish()]
    return [(verdict.text, verdict.faults) for verdict in map(check.check, sentences)]
