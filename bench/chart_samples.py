"""One chart of each kind, as a Chinese team would get it: measured, tested, looked at."""

from __future__ import annotations

import random
from datetime import date, timedelta

from taplens.charts import Chart, Mark, Series, histogram

_FIRST = date(2026, 1, 5)


def samples() -> dict[str, Chart]:
    """The charts by a name each; the same at every call."""
    makers = (
        trend, burndown, severities, months, people, flow, cycle_times, ages, forecast, words
    )  # fmt: skip
    return {maker.__name__: maker() for maker in makers}


def _days(count: int, step: int = 1) -> list[date]:
    return [_FIRST + timedelta(days=step * index) for index in range(count)]


def trend() -> Chart:
    chance = random.Random(1)
    created = [chance.randint(20, 60) for _ in range(26)]
    closed = [chance.randint(15, 62) for _ in range(26)]
    still = [1180 + sum(created[:n]) - sum(closed[:n]) for n in range(1, 27)]
    return Chart(
        kind="line",
        title="缺陷趋势：新建、关闭与遗留",
        subtitle="支付平台（核心）· type:bug severity:严重,致命 · 按周，2026-01-05 至 2026-06-29",
        x=_days(26, 7),
        series=[Series("新建", created), Series("关闭", closed), Series("周末遗留", still)],
        unit="缺陷数（个）",
        marks=[Mark("版本 3.2 发布", date(2026, 3, 31))],
        notes=["时区 +08:00。“关闭”指进入结束状态；其后重新打开的不计。"],
    )


def burndown() -> Chart:
    chance = random.Random(2)
    left, total, lefts, scope = 64, 64, [], []
    for day in range(14):
        total += chance.choice((0, 0, 3)) if day < 9 else 0
        left = max(0, left + (total - (scope[-1] if scope else 64)) - chance.randint(2, 8))
        lefts.append(left if day < 11 else None)
        scope.append(total)
    ideal = [64 * (13 - day) / 13 for day in range(14)]
    return Chart(
        kind="line",
        title="迭代燃尽图：2026 年第 7 次迭代“结算中心重构与对账自动化（第一期）”",
        x=_days(14),
        series=[
            Series("范围", scope, "scope"),
            Series("理想", ideal, "ideal"),
            Series("剩余", lefts),
        ],
        unit="需求（个）",
        marks=[Mark("今天", date(2026, 1, 15))],
    )


def severities() -> Chart:
    return Chart(
        kind="bars",
        title="各模块缺陷的严重程度",
        subtitle="type:bug created:>-90d",
        x=["登录与账号", "订单", "支付网关（国际）", "对账", "消息推送", "数据报表"],
        series=[
            Series("致命", [2, 1, 4, 0, 0, 1]),
            Series("严重", [12, 8, 21, 6, 3, 4]),
            Series("一般", [31, 44, 38, 19, 22, 40]),
            Series("提示", [9, 14, None, 5, 11, 17]),
        ],
        unit="缺陷数（个）",
    )


def months() -> Chart:
    chance = random.Random(3)
    owners = ("陈晓明", "李娜", "王建国", "赵倩倩", "古丽·阿依努尔", "其他")
    return Chart(
        kind="stacked_bars",
        title="每月完成的需求，按处理人",
        x=[f"2025-{month:02}" for month in range(1, 13)],
        series=[Series(name, [chance.randint(40, 400) for _ in range(12)]) for name in owners],
        unit="需求（个）",
    )


def people() -> Chart:
    chance = random.Random(4)
    surnames, given = "陈李王赵周吴郑孙钱冯", ("晓明", "娜", "建国", "倩倩", "雨桐", "子轩")
    names = [f"{s}{g}" for s in surnames for g in given]
    counts = sorted((int(chance.paretovariate(1.1) * 12) for _ in names), reverse=True)
    names[3] = "买买提·吐尔逊（外包，驻场上海研发中心二期）"
    return Chart(
        kind="ranking",
        title="未关闭缺陷最多的处理人",
        subtitle="type:bug is:open",
        x=names,
        series=[Series("未关闭", counts)],
        unit="缺陷数（个）",
    )


def flow() -> Chart:
    chance = random.Random(5)
    states = ("已关闭", "待验收", "测试中", "开发中", "规划中", "新建")
    levels = [120.0, 12, 25, 40, 60, 30]
    rows: list[list[float]] = [[] for _ in states]
    for _ in range(365):
        levels[0] += chance.randint(0, 5)
        for index in range(1, 6):
            levels[index] = max(0, levels[index] + chance.randint(-4, 4))
        for index in range(6):
            rows[index].append(levels[index])
    series = [Series(name, row) for name, row in zip(states, rows, strict=True)]
    return Chart(
        kind="areas",
        title="累积流图",
        subtitle="需求 · 每天结束时各状态的数量 · 2026 年",
        x=_days(365),
        series=series,
        unit="需求（个）",
    )


def cycle_times() -> Chart:
    chance = random.Random(6)
    values = sorted(chance.lognormvariate(2, 0.8) for _ in range(3_000))
    marks = [Mark(f"P{p}", round(values[len(values) * p // 100], 1)) for p in (50, 75, 85, 95)]
    return histogram(
        values,
        "需求",
        title="周期时间：从“开发中”到“已关闭”",
        subtitle="2026 年上半年完成的 3,000 个需求",
        unit="需求（个）",
        x_name="天",
        marks=marks,
    )


def ages() -> Chart:
    chance = random.Random(7)
    places = [chance.choice(_days(180)) for _ in range(240)]
    ages_ = [chance.lognormvariate(2, 0.7) for _ in places]
    bug = [age if index % 3 else None for index, age in enumerate(ages_)]
    story = [None if index % 3 else age for index, age in enumerate(ages_)]
    return Chart(
        kind="scatter",
        title="完成日期与周期时间",
        x=places,
        series=[Series("缺陷", bug), Series("需求", story)],
        unit="天",
        marks=[Mark("P50", 7.4, "y"), Mark("P85", 15.2, "y")],
    )


def forecast() -> Chart:
    names, rates = ("P15", "P30", "P50", "P70", "P85"), (1.6, 2.0, 2.3, 2.6, 3.1)
    series = [
        Series(name, [rate * day for day in range(60)])
        for name, rate in zip(names, rates, strict=True)
    ]
    return Chart(
        kind="fan",
        title="预测：到某日能完成多少需求",
        subtitle="蒙特卡罗 10,000 次 · 依据最近 90 天的每日完成数",
        x=_days(60),
        series=series,
        unit="累计完成（个）",
        marks=[Mark("目标", 100, "y")],
    )


def words() -> Chart:
    text = (
        "登录 支付 超时 闪退 订单 退款 对账 权限 页面 接口 报错 卡顿 导出 兼容 安卓 缓存 短信 "
        "验证码 空指针 白屏 数据库 死锁 重复扣款 金额不一致 国际化 埋点 灰度 回滚 Android iOS "
        "Chrome API token 404 内存泄漏 连接池 消息队列 幂等 分页 搜索 头像 上传 下载 加密 证书"
    )
    known = text.split()
    return Chart(
        kind="words",
        title="缺陷标题中的高频词",
        x=known,
        series=[Series("次数", [round(900 / (n + 1) ** 0.8) for n in range(len(known))])],
    )
