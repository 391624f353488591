"""Posting a report to a group's robot of WeCom, Feishu or DingTalk.

Protocol facts are those of the vendors' public pages: developer.work.weixin.qq.com (群机器人配置),
open.feishu.cn (自定义机器人使用指南) and open.dingtalk.com (自定义机器人接入).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from taplens.clock import Clock
from taplens.errors import ConfigurationError, DeliveryError
from taplens.reports.digest import digest

if TYPE_CHECKING:
    from taplens.config import Secret, Settings
    from taplens.reports.model import Report

_SECONDS = 20.0
_ANSWER_BYTES = 64 * 1024
_DETAIL = 200
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """What is a vendor's own: `hosts` of its webhooks, the most bytes of a text, and its protocol.

    `message` makes the body of a title and a text; `signed` adds a signature by a secret at a time
    (epoch seconds) to the body, and gives what it adds to the address; `code` and `said` are the
    names under which the answer tells what went wrong (0: nothing); `limited` are the codes that
    mean: too many messages.
    """

    hosts: tuple[str, ...]
    most_bytes: int
    message: Callable[[str, str], Body]
    signed: Callable[[Body, str, int], dict[str, str]]
    code: str
    said: str
    limited: tuple[int, ...]


def _mac(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def _wecom(_title: str, text: str) -> Body:
    return {"msgtype": "markdown", "markdown": {"content": text}}


def _unsigned(_body: Body, _secret: str, _now: int) -> dict[str, str]:
    raise ConfigurationError("webhook_unsigned")


def _feishu(title: str, text: str) -> Body:
    header = {"title": {"tag": "plain_text", "content": title}}
    elements = [{"tag": "markdown", "content": text}]
    return {"msg_type": "interactive", "card": {"header": header, "elements": elements}}


def _feishu_signed(body: Body, secret: str, now: int) -> dict[str, str]:
    """Feishu signs nothing, with the time and the secret as the key; seconds, in the body."""
    body |= {"timestamp": str(now), "sign": _mac(f"{now}\n{secret}", "")}
    return {}


def _dingtalk(title: str, text: str) -> Body:
    # Its Markdown joins lines that no blank line parts.
    return {"msgtype": "markdown", "markdown": {"title": title, "text": text}}


def _dingtalk_signed(_body: Body, secret: str, now: int) -> dict[str, str]:
    """DingTalk signs the time and the secret with the secret; milliseconds, in the address."""
    stamp = str(now * 1000)
    return {"timestamp": stamp, "sign": _mac(secret, f"{stamp}\n{secret}")}


KINDS: Mapping[str, Kind] = {
    "wecom": Kind(("qyapi.weixin.qq.com",), 4096, _wecom, _unsigned, "errcode", "errmsg", (45009,)),
    # A request's body may have 20 KB in all.
    "feishu": Kind(("open.feishu.cn", "open.larksuite.com"), 16_000, _feishu, _feishu_signed,
                   "code", "msg", (11232,)),
    "dingtalk": Kind(("oapi.dingtalk.com",), 18_000, _dingtalk, _dingtalk_signed,
                     "errcode", "errmsg", (130101,)),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Robot:
    """A group's robot: its kind, its address, which is a secret as a whole, and its sign secret."""

    kind: str
    address: Secret
    secret: Secret | None = None

    @property
    def host(self) -> str:
        """The server that is posted to: all of the address that may be shown."""
        return urlsplit(self.address.reveal()).hostname or ""

    def payload(self, report: Report) -> Body:
        """What is posted, but for the signature."""
        from taplens.reports.wording import Wording

        kind = KINDS[self.kind]
        text = digest(report, kind.most_bytes)
        if self.kind == "dingtalk":
            text = text.replace("\n", "  \n")
        return kind.message(f"{report.title} {Wording(report.lang).period(report)}", text)


def robot_of(settings: Settings) -> Robot:
    """The robot of the settings. Raises ConfigurationError where it is none that can be posted to.

    Its kind follows from the address's host, unless the settings tell it.
    """
    if settings.report_webhook is None:
        raise ConfigurationError("webhook_missing")
    parts = urlsplit(settings.report_webhook.reveal())
    if not parts.hostname or (parts.scheme != "https" and parts.hostname not in _LOOPBACK):
        raise ConfigurationError("webhook_malformed")
    kind = settings.report_webhook_kind or next(
        (name for name, one in KINDS.items() if parts.hostname in one.hosts), ""
    )
    if kind not in KINDS:
        raise ConfigurationError("webhook_kind", known=", ".join(KINDS))
    return Robot(kind, settings.report_webhook, settings.report_webhook_secret)


async def send(robot: Robot, payload: Mapping[str, Any], *, clock: Clock | None = None) -> None:
    """Post `payload` to the robot, once: a message sent twice is worse than one that is missing.

    Raises DeliveryError telling what the robot said, or that it couldn't be reached; never the
    address.
    """
    import aiohttp
    import orjson

    from taplens.proxy import proxy_of

    kind, address, body = KINDS[robot.kind], robot.address.reveal(), dict(payload)
    if robot.secret is not None:
        more = kind.signed(body, robot.secret.reveal(), (clock or Clock()).now())
        address += ("&" if urlsplit(address).query else "?") + urlencode(more) if more else ""
    proxy, headers = proxy_of(address)
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS)) as session,
            session.post(
                address,
                data=orjson.dumps(body),
                headers={"Content-Type": "application/json; charset=utf-8"},
                proxy=proxy,
                proxy_headers=headers,
                allow_redirects=False,
            ) as response,
        ):
            status, answer = response.status, await response.content.read(_ANSWER_BYTES)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as fault:
        # The fault's own text may hold the address.
        raise DeliveryError(
            "robot_unreachable", host=robot.host, detail=type(fault).__name__
        ) from None
    _check(robot, kind, status, answer)


def _check(robot: Robot, kind: Kind, status: int, answer: bytes) -> None:
    """Raises DeliveryError unless the robot says that it took the message."""
    import orjson

    try:
        told = orjson.loads(answer)
        code = told[kind.code]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise DeliveryError("robot_answer", host=robot.host, status=status) from None
    if status == 429 or code in kind.limited:
        raise DeliveryError("robot_limited", kind=robot.kind, code=code)
    if code != 0 or status != 200:
        said = str(told.get(kind.said, ""))[:_DETAIL]
        raise DeliveryError("robot_refused", kind=robot.kind, code=code, detail=said)
