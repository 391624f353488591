"""Posting to robots over loopback: signed, within their limits, once, and faults typed."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from taplens.clock import Clock
from taplens.config import Secret, Settings
from taplens.errors import ConfigurationError, DeliveryError
from taplens.reports.digest import digest
from taplens.reports.robots import KINDS, Robot, robot_of, send
from tests.llm.scripted_server import ScriptedServer, answers, resets
from tests.reports.conftest import hostile

if TYPE_CHECKING:
    from taplens.reports.model import Report

NOW = 1_774_900_000
CLOCK = Clock(seconds=lambda: float(NOW))
TAKEN = {"wecom": {"errcode": 0, "errmsg": "ok"}, "dingtalk": {"errcode": 0, "errmsg": "ok"}}
TAKEN["feishu"] = {"code": 0, "msg": "success", "data": {}}


def robot(server: ScriptedServer, kind: str, secret: str = "") -> Robot:
    address = Secret(f"{server.base_url}/hook?key=geheim")
    return Robot(kind, address, Secret(secret) if secret else None)


def mac(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_report_is_posted_once_as_the_robot_wants_it(
    server: ScriptedServer, chinese: Report, kind: str
) -> None:
    server.script = [answers(TAKEN[kind])]
    one = robot(server, kind)
    await send(one, one.payload(chinese), clock=CLOCK)
    (exchange,) = server.exchanges
    assert (exchange.method, exchange.path) == ("POST", "/v1/hook?key=geheim")
    texts = {
        "wecom": lambda body: body["markdown"]["content"],
        "dingtalk": lambda body: body["markdown"]["text"],
        "feishu": lambda body: body["card"]["elements"][0]["content"],
    }
    text = texts[kind](exchange.json)
    assert "2026-03-18 – 2026-03-31" in text
    assert "新增缺陷" in text
    assert len(text.encode()) <= KINDS[kind].most_bytes + 3 * text.count("\n")


async def test_feishu_is_signed_in_the_body(server: ScriptedServer, report: Report) -> None:
    server.script = [answers(TAKEN["feishu"])]
    one = robot(server, "feishu", "密钥")
    await send(one, one.payload(report), clock=CLOCK)
    body = server.exchanges[0].json
    assert body["timestamp"] == str(NOW)
    assert body["sign"] == mac(f"{NOW}\n密钥", "")


async def test_dingtalk_is_signed_in_the_address(server: ScriptedServer, report: Report) -> None:
    server.script = [answers(TAKEN["dingtalk"])]
    one = robot(server, "dingtalk", "SECgeheim")
    await send(one, one.payload(report), clock=CLOCK)
    asked = parse_qs(urlsplit(server.exchanges[0].path).query)
    assert asked["key"] == ["geheim"]
    assert asked["timestamp"] == [f"{NOW}000"]
    assert asked["sign"] == [mac("SECgeheim", f"{NOW}000\nSECgeheim")]


@pytest.mark.parametrize(
    ("kind", "play", "code"),
    [
        ("wecom", answers({"errcode": 93000, "errmsg": "invalid webhook url"}), "robot_refused"),
        ("wecom", answers({"errcode": 45009, "errmsg": "api freq out of limit"}), "robot_limited"),
        ("feishu", answers({"code": 19021, "msg": "sign match fail"}), "robot_refused"),
        ("feishu", answers({"code": 11232, "msg": "limited"}), "robot_limited"),
        ("dingtalk", answers({"errcode": 310000, "errmsg": "sign not match"}), "robot_refused"),
        ("dingtalk", answers({"errcode": 0}, status=500), "robot_refused"),
        ("feishu", answers(b"<html>login</html>", media="text/html"), "robot_answer"),
        ("wecom", answers([1, 2]), "robot_answer"),
        ("wecom", answers({}, 302, "Location: http://127.0.0.1:1/\r\n"), "robot_answer"),
        ("wecom", resets, "robot_unreachable"),
    ],
)
async def test_what_a_robot_does_not_take_is_told_without_its_address(
    server: ScriptedServer, report: Report, kind: str, play: Any, code: str
) -> None:
    server.script = [play]
    one = robot(server, kind)
    with pytest.raises(DeliveryError) as caught:
        await send(one, one.payload(report), clock=CLOCK)
    assert caught.value.code == code
    assert "geheim" not in f"{caught.value} {caught.value.message('zh')}"
    assert len(server.exchanges) == 1  # never twice


@pytest.mark.parametrize("most", [200, 600, 4096])
def test_a_digest_fits_and_ends_with_a_whole_line(chinese: Report, most: int) -> None:
    whole, short = digest(chinese, 1_000_000), digest(chinese, most)
    assert len(short.encode()) <= most
    if short != whole:
        lines = short.split("\n")
        assert lines[-1] == "…"
        assert whole.startswith("\n".join(lines[:-1]))


def test_nobody_is_called_and_nothing_linked_by_a_title(report: Report) -> None:
    text = digest(hostile(report), 1_000_000)
    assert "alert(1)" in text
    for mark in ("<", "](http://evil", "`", "@all"):
        assert mark not in text


@pytest.mark.parametrize(
    ("address", "kind", "found"),
    [
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k", "", "wecom"),
        ("https://open.feishu.cn/open-apis/bot/v2/hook/k", "", "feishu"),
        ("https://oapi.dingtalk.com/robot/send?access_token=k", "", "dingtalk"),
        ("https://chat.example/hook", "feishu", "feishu"),
        ("http://127.0.0.1:9/hook", "wecom", "wecom"),
    ],
)
def test_whose_robot_it_is_follows_from_its_address(address: str, kind: str, found: str) -> None:
    settings = Settings(report_webhook=Secret(address), report_webhook_kind=kind)
    assert robot_of(settings).kind == found


@pytest.mark.parametrize(
    ("address", "kind", "code"),
    [
        (None, "", "webhook_missing"),
        ("http://open.feishu.cn/hook", "", "webhook_malformed"),
        ("nonsense", "", "webhook_malformed"),
        ("https://chat.example/hook", "", "webhook_kind"),
        ("https://chat.example/hook", "slack", "webhook_kind"),
    ],
)
def test_what_is_no_robot_is_refused(address: str | None, kind: str, code: str) -> None:
    hook = None if address is None else Secret(address)
    with pytest.raises(ConfigurationError) as caught:
        robot_of(Settings(report_webhook=hook, report_webhook_kind=kind))
    assert caught.value.code == code


async def test_wecom_checks_no_signatures_and_that_is_told(
    server: ScriptedServer, report: Report
) -> None:
    one = robot(server, "wecom", "secret")
    with pytest.raises(ConfigurationError, match="WeCom"):
        await send(one, one.payload(report))
    assert not server.exchanges
