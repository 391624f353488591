"""Results, and sentences about them: true ones and lies, in Chinese and English."""

from __future__ import annotations

from typing import Any

from taplens.agent.checks.checking import Checker
from taplens.agent.checks.vocabulary import Vocabulary
from tests.agent.conftest import NOW

AS_OF = "2026-03-31T14:00:11+08:00"
WEB = "https://www.tapd.cn"
BUG_ONE, BUG_TWO, BUG_THREE = "1150311786001000101", "1150311786001000102", "1150311786001000103"


def vocabulary() -> Vocabulary:
    """That of a made-up workspace."""
    made = Vocabulary()
    for names in (["张三"], ["李四"], ["王芳"], ["zhang.wei", "张伟"], ["li_na", "李娜"], ["བསོད་ནམས།", "索朗"]):
        made.add("person", names)
    for names in (["新", "new"], ["处理中", "in_progress"], ["测试中", "status_3"], ["已关闭", "closed"],
                  ["延期", "postponed"], ["挂起", "suspended"]):  # fmt: skip
        made.add("status", names)
    for name in ("2026年第6迭代·稳定性", "2026年第7迭代·海外版"):
        made.add("iteration", [name])
    for name in ("支付收银", "登录注册", "购物车"):
        made.add("module", [name])
    made.add("version", ["4.1.0"])
    return made


def _bug(item: str, title: str, status: str, key: str, priority: str, owner: str, **more: Any) -> Any:
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
]  # fmt: skip

# (question, answer)
TRUTHS: list[tuple[str, str]] = [
    ("还有多少未关闭的缺陷？", "目前有 {{r1.total}} 个未关闭的缺陷。"),
    ("还有多少未关闭的缺陷？", "目前共有 20 个未关闭的缺陷。"),
    ("未关闭的缺陷都在谁手上？", "张三有 {{r1.rows[0].count}} 个未关闭的缺陷，李四有 {{r1.rows[1].count}} 个。"),
    ("未关闭的缺陷都在谁手上？", "- 张三：8 个（40%）\n- 李四：5 个（25%）\n- zhang.wei：4 个（20%）"),
    ("未关闭的缺陷都在谁手上？", "张三和李四分别有 8 个和 5 个未关闭的缺陷。"),
    ("未关闭的缺陷都在谁手上？", "8 个未关闭的缺陷在张三名下，5 个在李四名下。"),
    ("未关闭的缺陷都在谁手上？", "有 3 个未关闭的缺陷未指定负责人。"),
    ("未关闭的缺陷都在谁手上？", "| 负责人 | 数量 | 占比 |\n| --- | --- | --- |\n| 张三 | 8 | 40% |\n| 李四 | {{r1.rows[1].count}} | {{r1.rows[1].share}}% |\n"),
    ("未关闭的缺陷都在谁手上？", "未关闭的缺陷中，张三最多，有八个。"),
    ("未关闭的缺陷，张三和李四谁多？", "张三的未关闭缺陷比李四多。"),
    ("未关闭的缺陷，张三和李四谁多？", "李四的未关闭缺陷比张三少。"),
    ("How many open bugs does each have?", "zhang.wei has four open bugs and 李四 has five."),
    ("How many bugs are open?", "There are {{r1.total}} open bugs as of {{r1.as_of}}."),
    ("How many bugs are open?", "There are twenty open bugs right now."),
    ("Who has the most open bugs?", "张三 has the most open bugs: 8, or 40% of them."),
    ("Who has more open bugs, 张三 or 李四?", "张三 has more open bugs than 李四."),
    ("缺陷趋势怎么样？", "2026 年 3 月新建了 {{r2.rows[2].created}} 个缺陷，关闭了 {{r2.rows[2].closed}} 个。"),
    ("缺陷趋势怎么样？", "2026年1月新建缺陷 10 个，2月新建 7 个，3月新建 13 个。"),
    ("缺陷趋势怎么样？", "未关闭的缺陷从 2026 年 2 月的 36 个降低到 3 月的 20 个。"),
    ("缺陷趋势怎么样？", "3 月新建的缺陷比 2 月多。"),
    ("What is the trend of bugs?", "In March 2026, 13 bugs were created and 29 were closed."),
    ("What is the trend of bugs?", "New bugs increased from 7 in February 2026 to 13 in March 2026."),
    ("有哪些紧急缺陷还没关？", "还有 {{r3.total}} 个紧急缺陷未关闭：\n- 1000101「Android 横屏时规格切换后价格不变」，测试中，张三\n- 1000102「支付 3 次后订单仍显示待支付」，延期，李四"),
    ("有哪些紧急缺陷还没关？", "缺陷 1000102 支付 3 次后订单仍显示待支付，目前状态是延期，负责人李四。"),
    ("有哪些紧急缺陷还没关？", f"最早的是 {BUG_ONE}，创建于 2026-03-19。".replace("最早的是", "其中")),
    ("有哪些紧急缺陷还没关？", "1000103 由张三处理中。"),
    ("Which urgent bugs are open?", "Bug 1000101 is in status 测试中 and belongs to 张三."),
    ("需求的周期时间怎么样？", "王芳的需求平均周期时间为 {{r4.rows[0].mean}} 天，中位数为 {{r4.rows[0].p50}} 天。"),
    ("需求的周期时间怎么样？", "李四的需求周期时间中位数是 18.2 天，85 分位是 27.4 天。".replace("85 分位", "p85")),
    ("需求的周期时间怎么样？", "自 2025-12-01 以来，李四的需求平均周期时间为 19.5 天。"),
    ("What is the cycle time of stories by owner?", "The median cycle time of 王芳's stories is 24.67 days."),
    ("上周新建了多少缺陷？", "上周新建了 12 个缺陷。"),
    ("上周新建了多少缺陷？", "上周共新建 {{r5.total}} 个。"),
    ("本周和上周新建的缺陷各有多少？", "上周新建 12 个缺陷，本周新建 9 个。"),
    ("本周和上周新建的缺陷各有多少？", "本周新建的缺陷比上周少。"),
    ("本周新建的缺陷有多严重？", "本周新建的 9 个缺陷中，严重的有 6 个，占 66.7%。"),
    ("How many bugs were created last week?", "12 bugs were created last week."),
    ("需求什么时候能做完？", "有 85% 的把握在 2026-06-01 前完成未关闭的需求。"),
    ("需求什么时候能做完？", "目前有 {{r7.total}} 个未关闭的需求。"),
    ("缺陷重开率是多少？", "缺陷的重开率为 {{r8.rows[0].percent}}%：25 个缺陷中有 4 个被重新打开。"),
    ("有致命缺陷没关吗？", "目前没有未关闭的致命缺陷。"),
    ("Are there open fatal bugs?", "There are no open fatal bugs."),
    ("缺陷的状态分布？", "已关闭的缺陷有 92 个，处理中的有 12 个。"),
    ("缺陷的状态分布？", "大部分缺陷已关闭（82.1%）。"),
    ("有多少未关闭的需求？", "约有 1.2万个未关闭的需求。"),
    ("有多少未关闭的需求？", "There are 12,345 open stories."),
    ("还有多少未关闭的缺陷？", "数据截至 2026-03-31。"),
    ("还有多少未关闭的缺陷？", "建议优先处理张三名下的缺陷。"),
    ("还有多少未关闭的缺陷？", "以下是按负责人的分布："),
    ("How many bugs are open?", "Let me know if you want the list."),
    ("1000101 是什么情况？", "缺陷「Android 横屏时规格切换后价格不变」的优先级为紧急。"),
    ("最近 30 天怎么样？", "最近 30 天的情况需要另外查询。"),
]  # fmt: skip

LIES: list[tuple[str, str, str]] = [
    ("right number, wrong person", "未关闭的缺陷都在谁手上？", "李四有 8 个未关闭的缺陷。"),
    ("reference of another row", "未关闭的缺陷都在谁手上？", "李四有 {{r1.rows[0].count}} 个未关闭的缺陷。"),
    ("swapped numbers", "未关闭的缺陷都在谁手上？", "张三有 5 个未关闭的缺陷，李四有 8 个。"),
    ("swapped respectively", "未关闭的缺陷都在谁手上？", "张三和李四分别有 5 个和 8 个未关闭的缺陷。"),
    ("somebody unknown", "未关闭的缺陷都在谁手上？", "赵六有 20 个未关闭的缺陷。"),
    ("somebody known without a row", "未关闭的缺陷都在谁手上？", "王芳有 20 个未关闭的缺陷。"),
    ("a number of nothing", "还有多少未关闭的缺陷？", "目前有 23 个未关闭的缺陷。"),
    ("a number in words", "还有多少未关闭的缺陷？", "目前有二十三个未关闭的缺陷。"),
    ("an English number in words", "How many bugs are open?", "There are twenty-three open bugs."),
    ("all for urgent", "有多少紧急缺陷？", "目前有 20 个紧急缺陷未关闭。"),
    ("open for closed", "还有多少缺陷？", "目前有 20 个已关闭的缺陷。"),
    ("stories for bugs", "还有多少未关闭的？", "目前有 20 个未关闭的需求。"),
    ("wrong period", "缺陷趋势怎么样？", "2026 年 2 月新建了 13 个缺陷。"),
    ("last week for this week", "本周新建了多少缺陷？", "本周新建了 12 个缺陷。"),
    ("this month for last week", "本月新建了多少缺陷？", "本月新建了 {{r5.total}} 个缺陷。"),
    ("created for closed", "缺陷趋势怎么样？", "2026 年 3 月关闭了 13 个缺陷。"),
    ("hours for days", "需求的周期时间怎么样？", "王芳的需求平均周期时间为 {{r4.rows[0].mean}} 小时。"),
    ("percent for count", "未关闭的缺陷都在谁手上？", "张三有 8% 的未关闭缺陷。"),
    ("times for count", "还有多少未关闭的缺陷？", "未关闭的缺陷翻了 20 倍。"),
    ("mean for median", "需求的周期时间怎么样？", "王芳的需求周期时间中位数为 25.62 天。"),
    ("swapped comparison", "未关闭的缺陷，张三和李四谁多？", "李四的未关闭缺陷比张三多。"),
    ("swapped comparison in English", "Who has more open bugs?", "李四 has more open bugs than 张三."),
    ("wrong superlative", "谁的未关闭缺陷最多？", "李四的未关闭缺陷最多。"),
    ("wrong trend", "缺陷趋势怎么样？", "2026 年 2 月到 3 月，未关闭的缺陷在上升。"),
    ("wrong trend in English", "What is the trend?", "Open bugs increased from February 2026 to March 2026."),
    ("stale as_of", "还有多少未关闭的缺陷？", "截至 2026-03-29，有 20 个未关闭的缺陷。"),
    ("stale as_of in words", "还有多少未关闭的缺陷？", "截至昨天，有 20 个未关闭的缺陷。"),
    ("invented cause", "缺陷趋势怎么样？", "由于测试人员不足，2026 年 3 月新建的缺陷较多。"),
    ("invented cause in English", "What is the trend?", "This is due to the new payment module."),
    ("an id of another workspace", "有哪些紧急缺陷？", "另外还有缺陷 1171450286001000007 未处理。"),
    ("an invented short id", "有哪些紧急缺陷？", "缺陷 1000999 也是紧急的。"),
    ("wrong status of an item", "1000101 怎么样？", "缺陷 1000101 的状态是已关闭。"),
    ("wrong owner of an item", "1000101 怎么样？", "缺陷 1000101 的负责人是王芳。"),
    ("a fraction", "未关闭的缺陷都在谁手上？", "张三名下有一半的未关闭缺陷。"),
    ("a majority", "未关闭的缺陷都在谁手上？", "大多数未关闭的缺陷在张三名下。".replace("张三", "李四") + ""),
    ("none of what there is", "有哪些紧急缺陷？", "目前没有紧急缺陷。"),
    ("all are closed", "缺陷的状态？", "所有缺陷都已关闭。"),
    ("thousands", "还有多少未关闭的缺陷？", "未关闭的缺陷有 {{r1.total}}万个。"),
    ("a digit before a reference", "还有多少未关闭的缺陷？", "目前有 1{{r1.total}} 个未关闭的缺陷。"),
    ("a reference to nothing", "还有多少未关闭的缺陷？", "目前有 {{r99.total}} 个未关闭的缺陷。"),
    ("a wrong date of an item", "1000101 怎么样？", "缺陷 1000101 创建于 2026-03-11。"),
    ("a wrong forecast", "需求什么时候能做完？", "有 85% 的把握在 2026-05-18 前完成未关闭的需求。"),
    ("a duration of nothing", "1000101 怎么样？", "缺陷 1000101 已经拖了两个月。"),
    ("swapped columns of a table", "缺陷趋势怎么样？", "| 月份 | 新建缺陷 | 关闭缺陷 |\n|---|---|---|\n| 2026年3月 | 29 | 13 |\n"),
    ("wrong rows of a table", "未关闭的缺陷都在谁手上？", "| 负责人 | 数量 |\n|---|---|\n| 李四 | 8 |\n"),
    ("a heading of another subject", "缺陷怎么样？", "紧急缺陷：\n- 张三：8 个\n"),
    ("one person's for all's", "张三有几个未关闭的缺陷？", "有 20 个未关闭的缺陷。"),
    ("full-width digits", "还有多少未关闭的缺陷？", "目前有２３个未关闭的缺陷。"),
    ("digits of another script", "还有多少未关闭的缺陷？", "目前有 ٢٣ 个未关闭的缺陷。"),
    ("dozens", "How many bugs are open?", "There are dozens of open bugs."),
]  # fmt: skip


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
