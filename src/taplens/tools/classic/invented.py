"""Stories and bugs that nobody wrote, in the form in which TAPD gives them: to try things out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from taplens.clock import local_time
from taplens.tools.classic.items import Item

WORKSPACE = "10000000"  # no team's: so that nothing invented is taken for one's own
_ITERATIONS = [f"11{WORKSPACE}{number:09d}" for number in range(1, 7)]
_PEOPLE = ("测试甲", "测试乙", "开发甲", "开发乙", "产品甲", "阿依古丽·测试")
_THINGS = ("登录", "支付", "订单", "搜索", "消息推送", "优惠券", "会员中心", "文件上传", "权限")
_SIGNALS = ("用户画像", "点击率", "历史订单", "库存", "风控评分", "地理位置")
_FAULTS = ("点击无反应", "页面白屏", "偶现闪退", "数据未刷新", "金额显示错误", "提示文案错误")
_PHONES = ("Android 15", "iOS 19", "HarmonyOS 5", "Windows 11")
_STORY_STATUSES = ("planning", "developing", "resolved", "status_2", "status_3")
_STORY_PRIORITIES = (("4", "High"), ("3", "Middle"), ("2", "Low"), ("1", "Nice To Have"))
_BUG_PRIORITIES = ("urgent", "high", "medium", "low", "insignificant")
_SEVERITIES = ("fatal", "serious", "normal", "prompt", "advice")
_YEAR = 365 * 24 * 60  # minutes


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many there are to be: strategies and decisions among stories, short and long bugs."""

    strategies: int
    decisions: int
    short_bugs: int
    long_bugs: int


def stories(wanted: Wanted, now: int) -> Iterator[Item]:
    """The stories of the year before `now` (UTC epoch seconds); the same for the same arguments."""
    made = _Maker(f"stories {now}", local_time(now))
    for number in range(1, wanted.strategies + wanted.decisions + 1):
        write = made.strategy if number <= wanted.strategies else made.decision
        yield made.story(number, write)


def bugs(wanted: Wanted, now: int) -> Iterator[Item]:
    """The bugs, with ids beyond those of the stories."""
    made = _Maker(f"bugs {now}", local_time(now))
    begin = wanted.strategies + wanted.decisions
    for number in range(1, wanted.short_bugs + wanted.long_bugs + 1):
        write = made.short_bug if number <= wanted.short_bugs else made.long_bug
        yield made.bug(begin + number, write)


_Text = tuple[str, str]  # title and description


class _Maker:
    """Draws what items say, and when."""

    def __init__(self, seed: str, now: datetime) -> None:
        self._chance = Random(seed)  # noqa: S311 - nothing secret is drawn
        self._now = now

    def story(self, number: int, write: Callable[[], _Text]) -> Item:
        """A story whose parts agree: done ones have an end, labels belong to their codes."""
        name, description = write()
        code, label = self._chance.choice(_STORY_PRIORITIES)
        status = self._chance.choice(_STORY_STATUSES)
        created, modified = self._times()
        ended = {"completed": str(modified)} if status == "resolved" else {}
        begin = created.date() + timedelta(days=self._chance.randrange(1, 10))
        item_id = _id(number)
        return {
            "id": item_id, "workitem_type_id": _id(7), "name": name, "description": description,
            "workspace_id": WORKSPACE, "creator": self._person(), "owner": f"{self._person()};",
            "created": str(created), "modified": str(modified), "status": status,
            "begin": str(begin), "due": str(begin + timedelta(days=self._chance.randrange(3, 30))),
            "priority": code, "priority_label": label,
            "iteration_id": self._chance.choice(_ITERATIONS), "parent_id": "0",
            "label": self._chance.choice(("阻塞", "有风险", "体验优化")),
            "effort": str(self._chance.randrange(1, 9)), "progress": str(self._progress(status)),
        } | ended  # fmt: skip

    def bug(self, number: int, write: Callable[[], _Text]) -> Item:
        """A bug whose parts agree: resolved and closed ones say when and how."""
        title, description = write()
        status = self._chance.choice(("new", "in_progress", "resolved", "closed"))
        created, modified = self._times()
        ended: Item = {}
        if status in ("resolved", "closed"):
            resolution = self._chance.choice(("fixed", "duplicate"))
            ended = {status: str(modified), "resolution": resolution, "fixer": f"{self._person()};"}
        priority = self._chance.choice(_BUG_PRIORITIES)
        return {
            "id": _id(number), "title": title, "description": description,
            "workspace_id": WORKSPACE, "reporter": self._person(),
            "current_owner": f"{self._person()};", "created": str(created),
            "modified": str(modified), "status": status, "priority": priority,
            "priority_label": priority, "severity": self._chance.choice(_SEVERITIES),
            "iteration_id": self._chance.choice(_ITERATIONS),
            "module": self._chance.choice(_THINGS),
            "version_report": f"{self._chance.randrange(1, 4)}.{self._chance.randrange(10)}.0",
        } | ended  # fmt: skip

    def strategy(self) -> _Text:
        thing, signal = self._chance.choice(_THINGS), self._chance.choice(_SIGNALS)
        body = (
            f"<h3>背景</h3><p>{thing}的结果与用户意图不符，需引入{signal}。</p>"
            f"<h3>方案</h3><ul><li>召回：加入{signal}特征</li><li>排序：权重可配置</li></ul>{self._links()}"
        )
        return f"【算法策略】{thing}接入{signal}", body

    def decision(self) -> _Text:
        thing, signal = self._chance.choice(_THINGS), self._chance.choice(_SIGNALS)
        body = (
            f'<p style="margin: 0px;">根据{signal}决定是否展示{thing}入口。</p>'
            "<table><tr><td>条件</td><td>行为</td></tr>"
            f"<tr><td>有{signal}</td><td>展示</td></tr><tr><td>无</td><td>隐藏</td></tr></table>"
        )
        return f"{thing}根据{signal}结果决定是否展示", body + self._links()

    def short_bug(self) -> _Text:
        thing, fault = self._chance.choice(_THINGS), self._chance.choice(_FAULTS)
        return f"{thing}{fault}", f"<p>{thing}页{fault}，截图见附件。</p>{self._picture()}"

    def long_bug(self) -> _Text:
        thing, fault = self._chance.choice(_THINGS), self._chance.choice(_FAULTS)
        phone = self._chance.choice(_PHONES)
        body = (
            f"<p>【环境】{phone}</p><p>【步骤】</p>"
            f"<ol><li>打开{thing}页</li><li>连续操作 3 次</li></ol>"
            f"<p>【实际】{fault}</p><p>【预期】{thing}正常完成 🙂</p>"
            f"{self._picture()}{self._links()}"
        )
        return f"[{phone}] {thing}{fault}", body

    def _times(self) -> tuple[datetime, datetime]:
        """When something was created, and last changed: never before, never in the future."""
        age = self._chance.randrange(1, _YEAR)
        since = self._chance.randrange(age)
        return self._now - timedelta(minutes=age), self._now - timedelta(minutes=since)

    def _progress(self, status: str) -> int:
        return {"planning": 0, "resolved": 100}.get(status, self._chance.randrange(10, 100, 10))

    def _person(self) -> str:
        return self._chance.choice(_PEOPLE)

    def _links(self) -> str:
        address = f"https://docs.qq.com/doc/D{self._chance.randrange(16**12):012X}"
        return f'<p><a href="{address}" target="_blank">【腾讯文档】方案说明</a></p>'

    def _picture(self) -> str:
        name = f"tapd_{WORKSPACE}_{self._chance.randrange(10**9):09d}_521.png"
        return f'<p><img src="/tfl/pictures/202601/{name}" style="width: 80%;" alt="截图" /></p>'


def _id(number: int) -> str:
    return f"11{WORKSPACE}{number:09d}"
