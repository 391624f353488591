"""Titles, rich-text descriptions, comments and test cases, put together at random from words."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

from taplens.sandbox import vocabulary as words
from taplens.sandbox.custom_fields import CUSTOMERS
from taplens.sandbox.vocabulary import Domain

T = TypeVar("T")

_BY_MODULE = {domain.module: domain for domain in words.DOMAINS}
_CALMER = (
    ("无响应", "没有反应"), ("失败", "不成功"), ("显示", "展示"), ("重复", "多次"),
    ("丢失", "不见了"), ("闪退", "崩溃退出"), ("无法", "不能"),
)  # fmt: skip


class Writer:
    """Writes the texts of one workspace with its own random numbers."""

    def __init__(self, rng: Random, workspace_id: str) -> None:
        self._rng = rng
        self._workspace_id = workspace_id
        self._pictures = 0

    def story(self, number: int) -> tuple[Domain, str]:
        """The part of the product and the title of the `number`-th story (from 0)."""
        if number < len(words.FIRST_STORIES):
            module, title = words.FIRST_STORIES[number]
            return _BY_MODULE[module], title
        rng = self._rng
        domain = _pick(rng, words.DOMAINS)
        thing, wish = _pick(rng, domain.things), _pick(rng, domain.wishes)
        form = rng.random()
        if form < 0.45:
            return domain, f"{thing}{wish}"
        if form < 0.65:
            return domain, f"【{domain.module}】{thing}{wish}"
        if form < 0.8:
            return domain, f"{_pick(rng, words.CLIENTS)} {thing}{wish}"
        if form < 0.9:
            return domain, f"{_pick(rng, CUSTOMERS)} 定制：{thing}{wish}"
        return domain, f"作为商家，我希望{thing}{wish}"

    def epic(self) -> tuple[Domain, str]:
        """The part of the product and the title of a story that will have children."""
        domain = _pick(self._rng, words.DOMAINS)
        return domain, f"{domain.module}升级：{_pick(self._rng, domain.things)}整体改造"

    def bug(self, number: int) -> tuple[Domain, str]:
        """The part of the product and the title of the `number`-th bug (from 0)."""
        if number < len(words.FIRST_BUGS):
            module, title = words.FIRST_BUGS[number]
            return _BY_MODULE[module], title
        rng = self._rng
        domain = _pick(rng, words.DOMAINS)
        thing, failure = _pick(rng, domain.things), _pick(rng, domain.failures)
        if "{" in failure:
            failure = failure.format(number=rng.randrange(1000, 9999))
        if any(one in failure for one in domain.things):
            thing = ""
        form = rng.random()
        if form < 0.35:
            return domain, f"{_pick(rng, words.CONDITIONS)}{thing}{failure}"
        if form < 0.65:
            return domain, f"【{_pick(rng, words.CLIENTS)}】{thing}{failure}"
        if form < 0.85:
            return domain, f"{_pick(rng, words.CLIENTS)} {_pick(rng, words.CONDITIONS)}{failure}"
        return domain, f"{thing or domain.module}：{failure}（{_pick(rng, words.CONDITIONS)}必现）"

    def almost(self, title: str) -> str:
        """`title` as somebody else would have put it."""
        for word, other in _CALMER:
            if word in title:
                title = title.replace(word, other)
                break
        form = self._rng.random()
        if form < 0.4:
            return f"【{_pick(self._rng, words.CLIENTS)}】{title.removeprefix('【')}"
        return f"{title}，偶现" if form < 0.7 else f"线上反馈：{title}"

    def story_description(self, domain: Domain, title: str, day: str) -> str:
        """Rich text of a story: background, acceptance, sometimes a table, picture or link."""
        rng = self._rng
        parts = [
            '<p><span style="font-size: 14px; color: rgb(23, 43, 77);"><strong>背景</strong>'
            f"</span></p><p>{domain.module}：{self._filled(_pick(rng, words.REASONS))}。"
            f"本需求要做到“{title}”。</p>",
            '<p><strong style="color: #3582fb">验收标准</strong></p><ol>',
            *(f"<li>{self._filled(line)}</li>" for line in rng.sample(words.ACCEPTANCE, 3)),
            "</ol>",
        ]
        if rng.random() < 0.3:
            parts.append(self._table(domain))
        if rng.random() < 0.35:
            parts.append(self._picture(day))
        if rng.random() < 0.3:
            parts.append(self._document_link(f"{domain.module}方案设计"))
        return "".join(parts)

    def bug_description(self, domain: Domain, title: str, day: str) -> str:
        """Rich text of a bug: 前置条件, 步骤, 实际结果, 期望结果, sometimes a log or a picture."""
        rng = self._rng
        thing, device = _pick(rng, domain.things), _pick(rng, words.DEVICES)
        parts = [
            f"<div><p><strong>【前置条件】</strong>{device}，账号 test_{rng.randrange(100, 999)}，"
            f"{_pick(rng, words.CONDITIONS)}</p><p><strong>【步骤】</strong></p><ol>"
            f"<li>打开{domain.module}，进入{thing}</li><li>{_pick(rng, domain.wishes)}"
            "相关入口点击一次</li>"
            f"<li>等待 {rng.randrange(1, 30)} 秒后观察页面</li></ol>"
            f'<p><strong>【实际结果】</strong><span style="color:#ff0000">{title}</span></p>'
            f"<p><strong>【期望结果】</strong>{thing}工作正常，有明确提示&nbsp;</p></div>"
        ]
        extra = rng.random()
        if extra < 0.3:
            parts.append(self._picture(day))
        elif extra < 0.45:
            parts.append(self._log(day))
        elif extra < 0.55:
            parts.append(self._table(domain))
        elif extra < 0.62:
            parts.append(self._document_link("复现录屏与抓包"))
        elif extra < 0.64:
            parts.append(
                "<p>补充：&amp;nbsp;旧系统导入 &lt;b&gt;未转义&lt;/b&gt;<p>没有闭合的段落<br>"
            )
        return "".join(parts)

    def task(self, title: str) -> str:
        """The name of a task of the story `title`."""
        return f"{_pick(self._rng, words.TASKS)}：{title[:40]}"

    def case(self, domain: Domain) -> dict[str, str | None]:
        """Name, precondition, steps and expectation of a test case."""
        rng = self._rng
        thing, scene = _pick(rng, domain.things), _pick(rng, words.CASE_SCENES)
        case: dict[str, str | None] = {"name": f"{thing}-{scene}-{_pick(rng, domain.wishes)}"}
        if rng.random() < 0.1:  # a title is all that some people write
            return case
        return case | {
            "precondition": f"<p>已登录，{_pick(rng, words.CONDITIONS)}</p>",
            "steps": f"<p>1. 进入{domain.module}</p><p>2. 打开{thing}</p><p>3. 执行{scene}操作</p>",
            "expectation": f"<p>{thing}响应正确，{self._filled(_pick(rng, words.ACCEPTANCE))}</p>",
        }

    def remark(self, nick: str) -> str:
        """A comment (HTML) that may speak to `nick`."""
        text = self._filled(_pick(self._rng, words.REMARKS).replace("{nick}", nick))
        return f"<p>{text}</p>"

    def cause(self) -> str:
        """The remark (HTML) that goes with a fix."""
        return f"<p>原因：{_pick(self._rng, words.CAUSES)}</p>"

    def reply(self) -> str:
        """A short answer (HTML) to a comment."""
        return f"<p>{_pick(self._rng, words.REPLIES)}</p>"

    def check(self) -> str:
        """The name of a check-list entry."""
        return _pick(self._rng, words.CHECKS)

    def picture_path(self, day: str) -> str:
        """The path of a picture pasted on `day`: relative, as TAPD keeps it."""
        self._pictures += 1
        number = self._rng.randrange(10, 99)
        name = f"tapd_{self._workspace_id}_base64_{1700000000 + self._pictures * 37}_{number}.png"
        return f"/tfl/captures/{day[:7]}/{name}"

    def _picture(self, day: str) -> str:
        return f'<p><img src="{self.picture_path(day)}" style="max-width:600px;" alt="截图" /></p>'

    def _document_link(self, name: str) -> str:
        kind = _pick(self._rng, ("doc", "sheet", "slide"))
        return (
            f'<p>文档：<a href="https://docs.qq.com/{kind}/D{self._token()}" target="_blank" '
            f'rel="noopener">{name}</a></p>'
        )

    def _table(self, domain: Domain) -> str:
        rng = self._rng
        lines = "".join(
            f"<tr><td>{thing}</td><td>{rng.randrange(1, 999)}</td>"
            f"<td>{rng.randrange(100)}%</td></tr>"
            for thing in rng.sample(domain.things, 3)
        )
        head = "<tr><th>入口</th><th>次数</th><th>失败率</th></tr>"
        return (
            '<table border="1" cellspacing="0" style="border-collapse: collapse; width: 100%;">'
            f"<tbody>{head}{lines}</tbody></table>"
        )

    def _log(self, day: str) -> str:
        code = self._rng.randrange(1000, 9999)
        return (
            f"<pre><code>{day} 10:24:{code % 60:02} ERROR [trace-{self._token()}] "
            f"java.util.concurrent.TimeoutException: code={code} &lt;gateway&gt;</code></pre>"
        )

    def _token(self) -> str:
        return f"{self._rng.getrandbits(48):x}"

    def _filled(self, text: str) -> str:
        if "{" not in text:
            return text
        rng = self._rng
        return text.format(
            number=rng.randrange(20, 900),
            percent=rng.randrange(2, 60),
            customer=_pick(rng, CUSTOMERS),
            token=self._token(),
        )


def _pick(rng: Random, choices: Sequence[T]) -> T:
    """As `rng.choice`, in a third of its time."""
    return choices[int(rng.random() * len(choices))]
