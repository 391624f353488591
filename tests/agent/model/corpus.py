"""Results, and sentences about them: true ones and lies, in Chinese and English."""

from __future__ import annotations

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
    for names in (["新", "new"], ["处理中", "in_progress"], ["测试中", "status_3"], ["已关闭", "closed"],
                  ["延期", "postponed"], ["挂起", "suspended"]):  # fmt: skip
        made.add("status", names)
    for name in ("2026年第6迭代·稳定性", "2026年第7迭代·海外版"):
        made.add("iteration", [name])
    for name in ("支付收银", "登录注册", "购物车"):
        made.add("module", [name])
    made.add("version", ["4.1.0"])
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
    ("有哪些紧急缺陷还没关？", f"其中 {BUG_ONE}，创建于 2026-03-19。"),
    ("有哪些紧急缺陷还没关？", "1000103 由张三处理中。"),
    ("Which urgent bugs are open?", "Bug 1000101 is in status 测试中 and belongs to 张三."),
    ("需求的周期时间怎么样？", "王芳的需求平均周期时间为 {{r4.rows[0].mean}} 天，中位数为 {{r4.rows[0].p50}} 天。"),
    ("需求的周期时间怎么样？", "李四的需求周期时间中位数是 18.2 天，p85 是 27.4 天。"),
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
    ("a majority", "未关闭的缺陷都在谁手上？", "大多数未关闭的缺陷在李四名下。"),
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


# Further ones, in other words.
MORE_TRUTHS: list[tuple[str, str]] = [
    ("谁的缺陷最多？", "未关闭缺陷数排名：张三 8 个、李四 5 个、zhang.wei 4 个，另有 3 个未分配。"),
    ("未关闭的缺陷有多少？", "截至 2026-03-31 14:00，未关闭缺陷 20 个。"),
    ("未关闭的缺陷有多少？", "其中张三 8 个，占比 40%；李四 5 个，占比 25%。"),
    ("who owns open bugs?", "- 张三: 8 open bugs (40%)\n- 李四: 5 open bugs (25%)"),
    ("who owns open bugs?", "Of the 20 open bugs, 张三 owns 8 and 李四 owns 5."),
    ("who owns open bugs?", "Three open bugs are unassigned."),
    ("近三个月的缺陷趋势", "| 月份 | 新建 | 关闭 | 未关闭 |\n|---|---|---|---|\n| 2026-01 | 10 | 14 | 31 |\n| 2026-02 | 7 | 2 | 36 |\n| 2026-03 | 13 | 29 | 20 |"),
    ("近三个月的缺陷趋势", "1 月新建 10 个缺陷，关闭 14 个。"),
    ("近三个月的缺陷趋势", "3 月关闭的缺陷（29 个）比 2 月（2 个）多。"),
    ("近三个月的缺陷趋势", "从 1 月到 3 月，未关闭的缺陷由 31 个减少到 20 个。"),
    ("bug trend", "Closed bugs rose from 2 in February 2026 to 29 in March 2026."),
    ("bug trend", "At the end of March 2026, 20 bugs were open."),
    ("紧急缺陷有哪些", "共 3 个紧急缺陷还没关，分别是 1000101、1000102 和 1000103。"),
    ("紧急缺陷有哪些", "| ID | 标题 | 状态 | 负责人 |\n|---|---|---|---|\n| 1000101 | Android 横屏时规格切换后价格不变 | 测试中 | 张三 |\n| 1000102 | 支付 3 次后订单仍显示待支付 | 延期 | 李四 |"),
    ("紧急缺陷有哪些", "1. 1000101：Android 横屏时规格切换后价格不变（测试中）\n2. 1000103：客服会话模板变量未替换（处理中）"),
    ("urgent bugs", "There are three urgent open bugs: 1000101, 1000102 and 1000103."),
    ("urgent bugs", "1000102 (支付 3 次后订单仍显示待支付) is 延期, owned by 李四."),
    ("张三手上有哪些紧急缺陷？", "张三负责 1000101 和 1000103。"),
    ("各人的需求周期时间", "王芳：平均周期时间 25.62 天（4 个需求）。"),
    ("各人的需求周期时间", "李四的平均周期时间（19.5 天）比王芳短。"),
    ("cycle time of stories", "On average, 李四's stories have a cycle time of 19.5 days; the p85 is 27.4 days."),
    ("上周新增缺陷", "上周新增缺陷 12 个。"),
    ("上周新增缺陷", "上周（2026-03-23 至 2026-03-29）新增缺陷共 12 个。"),
    ("本周新增缺陷", "本周新增缺陷共 9 个，其中严重 6 个，一般 3 个。"),
    ("本周新增缺陷", "| 严重程度 | 数量 | 占比 |\n|---|---|---|\n| 严重 | 6 | 66.7% |\n| 一般 | 3 | 33.3% |"),
    ("bugs this week", "9 bugs were created this week, 6 of them serious."),
    ("bugs this week vs last week", "Fewer bugs were created this week than last week."),
    ("需求何时完成", "按预测，50% 的可能在 2026-05-18 前完成 16 个未关闭的需求，需要 48 天。"),
    ("forecast for stories", "There is an 85% chance that the open stories are finished by 2026-06-01."),
    ("重开率", "缺陷重开率 16%。"),
    ("reopen rate of bugs", "The reopen rate of bugs is 16%: 4 of the 25 ended bugs were reopened."),
    ("致命缺陷", "未发现未关闭的致命缺陷。"),
    ("缺陷状态分布", "缺陷按状态：已关闭 92 个（82.1%），处理中 12 个（10.7%），新 8 个（7.1%）。"),
    ("缺陷状态分布", "缺陷总数为 112 个。"),
    ("还有多少需求没做完", "未关闭的需求有 12345 个。"),
    ("open stories", "About 12 thousand stories are open."),
    ("缺陷怎么样", "需要我列出这些缺陷吗？"),
    ("缺陷怎么样", "数据来自本地镜像，更新于 2026-03-31 14:00。"),
    ("缺陷怎么样", "这个结果只包含当前工作区。"),
    ("bugs", "I could not find what you asked for in the data."),
    ("bugs", "The figures are as of 2026-03-31."),
    ("怎么降低重开率", "建议先复盘被重新打开的缺陷。"),
    ("现在未关闭的缺陷情况", "未关闭的缺陷一共 20 个，主要在张三（8 个）和李四（5 个）手上。"),
    ("现在未关闭的缺陷情况", "**未关闭缺陷**\n- zhang.wei 4 个\n- 无负责人 3 个"),
    ("open bugs", "Open bugs by owner: 张三 8, 李四 5, zhang.wei 4."),
    ("open bugs", "张三 accounts for 40% of the open bugs."),
    ("一季度缺陷新建和关闭", "2 月新建 7 个缺陷、关闭 2 个。"),
    ("一季度缺陷新建和关闭", "3 月底还有 20 个缺陷未关闭，比 2 月底的 36 个少。"),
    ("一季度缺陷新建和关闭", "未关闭的缺陷在 2 月到 3 月下降。"),
    ("monthly bugs", "February 2026: 7 created, 2 closed, 36 still open bugs."),
    ("紧急缺陷", "紧急缺陷 1000103（客服会话模板变量未替换）由张三处理中，创建于 3 月 24 日。"),
    ("紧急缺陷", "李四名下的紧急缺陷是 1000102。"),
    ("周期时间", "在有数据的负责人里，李四的需求平均周期时间最短，为 19.5 天。"),
    ("cycle time", "王芳: mean cycle time 25.62 days over 4 stories."),
    ("这周的缺陷", "本周新建的缺陷以严重为主，有 6 个（66.7%）。"),
    ("这周的缺陷", "This week 9 bugs were created."),
    ("预测", "到 2026-06-01，85% 的模拟完成了全部 16 个未关闭的需求。"),
    ("重开", "被重新打开的缺陷有 4 个，重开率 16%。"),
    ("状态", "缺陷共 112 个，其中处理中 12 个。"),
    ("状态", "Of 112 bugs, 92 are 已关闭."),
    ("状态", "新建状态的问题请在 TAPD 里查看。"),
    ("状态", "如需更多信息，请告诉我。"),
]  # fmt: skip

MORE_LIES: list[tuple[str, str]] = [
    ("谁的缺陷最多？", "zhang.wei 名下未关闭的缺陷有 8 个。"),
    ("谁", "李四 5 个、张三 4 个未关闭缺陷。"),
    ("who owns open bugs?", "Of the 20 open bugs, 李四 owns 8 and 张三 owns 5."),
    ("who", "zhang.wei owns eight open bugs."),
    ("who", "Nobody but 张三 has 20 open bugs."),
    ("未关闭", "未分配的未关闭缺陷有 5 个。"),
    ("趋势", "1 月新建 14 个缺陷，关闭 10 个。"),
    ("趋势", "2 月关闭的缺陷比 3 月多。"),
    ("趋势", "从 1 月到 3 月，未关闭的缺陷由 31 个增加到 36 个。"),
    ("趋势", "缺陷数量持续下降，形势良好。"),
    ("trend", "Closed bugs fell from 29 in February 2026 to 2 in March 2026."),
    ("trend", "At the end of March 2026, 36 bugs were open."),
    ("trend", "In April 2026, 13 bugs were created."),
    ("紧急缺陷", "共 3 个紧急缺陷还没关，分别是 1000101、1000102 和 1000104。"),
    ("紧急缺陷", "1000102 已由张三修复并关闭。"),
    ("紧急", "1000101 的优先级为低优先级。"),
    ("紧急", "| ID | 状态 | 负责人 |\n|---|---|---|\n| 1000101 | 已关闭 | 张三 |"),
    ("urgent", "1000102 is in status 测试中."),
    ("urgent", "1000103 belongs to 李四."),
    ("周期", "王芳：平均周期时间 19.5 天。"),
    ("周期", "王芳的平均周期时间比李四短。"),
    ("周期", "李四的需求前置时间平均为 19.5 天。"),
    ("周期", "李四的缺陷周期时间平均为 19.5 天。"),
    ("cycle", "李四's stories have a median cycle time of 27.4 days."),
    ("上周", "上周关闭缺陷 12 个。"),
    ("上周", "上上周新增缺陷 12 个。"),
    ("昨天", "昨天新增缺陷 12 个。"),
    ("本周", "本周新增缺陷共 9 个，其中严重 3 个，一般 6 个。"),
    ("本周", "本周新增致命缺陷 6 个。"),
    ("this week", "More bugs were created this week than last week."),
    ("本周", "严重的缺陷占三分之一。"),
    ("预测", "50% 的可能在 2026-06-01 前完成未关闭的需求。"),
    ("预测", "未关闭的需求 48 小时内就能完成。"),
    ("重开率", "缺陷重开率 4%。"),
    ("重开率", "25 个缺陷被重新打开。"),
    ("reopen", "The reopen rate of stories is 16%."),
    ("致命", "未发现未关闭的严重缺陷。"),
    ("分布", "处理中的缺陷占 82.1%。"),
    ("分布", "所有缺陷都已解决。"),
    ("需求", "未关闭的需求有 1.3万 个。"),
    ("原因", "重开率高是测试环境不稳定造成的。"),
    ("why", "Bugs pile up because the team is understaffed."),
    ("问", "质量比上季度提升了 15%。"),
    ("问", "缺陷大约有一百来个是支付模块的。"),
    ("问", "平均每人每天修复两个缺陷。"),
    ("问", "再过三周即可清零。"),
    ("q", "It will take about a fortnight, i.e. 14 days."),
    ("q", "The team closes five bugs a day."),
    ("q", "Half of the open bugs belong to 张三."),
    ("q", "Quality is the worst in 支付收银."),
    ("q", "支付收银 has more open bugs than 购物车."),
    ("q", "数据截至 2026-04-01 08:00。"),
    ("q", "The data is as of yesterday."),
    ("q", "李四领先张三 3 个缺陷。"),
    ("问", "缺陷 50311787001000001 需要关注。"),
    ("现在", "未关闭的缺陷一共 20 个，主要在李四（8 个）和张三（5 个）手上。"),
    ("open", "zhang.wei accounts for 40% of the open bugs."),
    ("q", "2 月新建 2 个缺陷、关闭 7 个。"),
    ("q", "3 月底还有 36 个缺陷未关闭，比 2 月底的 20 个多。"),
    ("q", "未关闭的缺陷在 1 月到 2 月下降。"),
    ("q", "February 2026: 2 created, 7 closed bugs."),
    ("q", "紧急缺陷 1000103 创建于 3 月 25 日。"),
    ("q", "李四名下的紧急缺陷是 1000101。"),
    ("q", "王芳的需求平均周期时间最短。"),
    ("q", "王芳: mean cycle time 25.62 hours."),
    ("q", "本周新建的缺陷以一般为主，有 6 个。"),
    ("q", "This month 9 bugs were created."),
    ("q", "到 2026-06-01，50% 的模拟完成了全部 16 个未关闭的需求。"),
    ("q", "重开率 84%。"),
    ("q", "缺陷共 112 个，其中处理中 92 个。"),
    ("q", "Of 112 bugs, 12 are 已关闭."),
    ("q", "还有一个紧急缺陷没关。"),
    ("q", "两位同事没有缺陷。"),
    ("q", "约八成缺陷处理中。"),
    ("q", "缺陷 1000101 已逾期 5 天。"),
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
