"""Each answer and each fault of the wire, byte for byte."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from taplens.config import Secret, Settings
from taplens.errors import (
    AccessError,
    CredentialsError,
    ProtocolError,
    RateLimitError,
    RejectedError,
    ServerFaultError,
    TapdError,
    UnreachableError,
)
from taplens.messages import catalogue
from taplens.proxy import proxy_of
from taplens.tapd import Client, RequestBudget
from taplens.tapd import transport as transport_module
from taplens.tapd.budget import PATIENCE_SECONDS
from taplens.tapd.entities import STORY
from taplens.tapd.transport import query_of

from .conftest import ManualTime
from .raw_server import (
    Answer,
    RawServer,
    cut_transfer,
    drip,
    good,
    held,
    html,
    http,
    refusal,
    reset,
)

WS = "58210347"
HELLO = http(200, b'{"status":1,"data":"Hello world from TAPD API. 0123456789abcdef","info":"x"}')
LIMITED = refusal(429, "To many requests, api account demo max request rates is 6000req/10min")


# What is sent.


async def test_a_token_is_sent_as_bearer_and_wins_over_user_and_password(
    server: RawServer, client_of: Callable[..., Client]
) -> None:
    server.script = [good([])]
    client = client_of(access_token=Secret("tok"), api_user="demo", api_password=Secret("密码"))
    await client.get("stories", workspace_id=WS)
    assert server.requests[0].headers["authorization"] == "Bearer tok"


async def test_a_user_and_password_are_sent_as_basic_credentials(
    server: RawServer, client_of: Callable[..., Client]
) -> None:
    server.script = [good([])]
    client = client_of(access_token=None, api_user="demo", api_password=Secret("密码"))
    await client.get("stories", workspace_id=WS)
    scheme, _, code = server.requests[0].headers["authorization"].partition(" ")
    assert (scheme, base64.b64decode(code).decode()) == ("Basic", "demo:密码")


async def test_without_credentials_nothing_is_sent(
    server: RawServer, client_of: Callable[..., Client]
) -> None:
    server.script = [good([])]
    with pytest.raises(CredentialsError) as caught:
        await client_of(access_token=None).get("stories")
    assert caught.value.code == "credentials_missing"
    assert server.requests == []


@pytest.mark.parametrize("token", ["a b", "令牌", "a\nX-Evil: 1", "abc\t"])
async def test_a_token_that_cannot_stand_in_a_header_is_refused_here(
    token: str, server: RawServer, client_of: Callable[..., Client]
) -> None:
    server.script = [good([])]
    with pytest.raises(CredentialsError) as caught:
        await client_of(access_token=Secret(token)).get("stories")
    assert caught.value.code == "token_malformed"
    assert token not in str(caught.value)


async def test_the_account_name_is_stable_and_hides_the_token(
    client_of: Callable[..., Client],
) -> None:
    first, again = (client_of(access_token=Secret("tok")).account for _ in range(2))
    assert first == again == "token:" + hashlib.sha256(b"tok").hexdigest()[:12]
    named = client_of(access_token=None, api_user="demo", api_password=Secret("p"))
    assert named.account == "user:demo"


async def test_parameters_reach_tapd_as_they_were_meant(server: RawServer, client: Client) -> None:
    server.script = [good([])]
    await client.get(
        "stories",
        id=["1", "2"],
        name="100% “导出” & ＋+",
        status="a|b",
        owner=None,
        created="2026-02-01 00:00:00~2026-02-01 23:59:59",
    )
    assert server.requests[0].query == {
        "id": "1,2",
        "name": "100% “导出” & ＋+",
        "status": "a|b",
        "created": "2026-02-01 00:00:00~2026-02-01 23:59:59",
    }


def test_two_hundred_long_ids_make_a_query_of_about_four_kilobytes() -> None:
    ids = [f"11582103470010{number:05}" for number in range(200)]
    assert len(query_of({"story_id": ids})) < 4_200


async def test_one_connection_serves_requests_that_follow_each_other(
    server: RawServer, client: Client
) -> None:
    server.script = [good([])]
    for _ in range(5):
        await client.get("stories")
    assert len(server._tasks) == 1
    assert client.usage.requests == 5


async def test_cookies_are_not_kept(server: RawServer, client: Client) -> None:
    body = b'{"status":1,"data":[],"info":"success"}'
    server.script = [http(200, body, headers="Set-Cookie: tapdsession=abc\r\n")]
    await client.get("stories")
    await client.get("stories")
    assert "cookie" not in server.requests[1].headers


# Good answers with traps in them.


async def test_info_may_be_an_object(server: RawServer, client: Client) -> None:
    paging = {"total": 90, "current_page": 1, "page_size": 30, "total_page": 3}
    server.script = [good([{"Story": {"id": "1"}}], paging)]
    assert await client.rows(STORY, workspace_id=WS) == [{"id": "1"}]


async def test_a_garbled_character_does_not_cost_the_page(
    server: RawServer, client: Client
) -> None:
    name = b"\\ud83d\\ude00 \\ud83d \xff \xe4\xbd\xa0"
    body = b'{"status":1,"data":[{"Story":{"id":"1","name":"' + name + b'"}}]}'
    server.script = [http(200, body)]
    (row,) = await client.rows(STORY, workspace_id=WS)
    assert row["name"] == "😀 \ufffd \ufffd 你"
    row["name"].encode()  # no half of a surrogate pair is left


async def test_a_large_answer_is_read_whole(server: RawServer, client: Client) -> None:
    name = "订单导出🚀" * 2_000
    server.script = [good([{"Story": {"id": str(n), "name": name}} for n in range(40)])]
    found = await client.rows(STORY, workspace_id=WS)
    assert [row["name"] for row in found] == [name] * 40


# Answers that aren't what TAPD promises.

REFUSALS: list[tuple[Answer, type[TapdError], str]] = [
    (refusal(401, "401 Unauthorized"), CredentialsError, "credentials_refused"),
    (refusal(422, "The access token provided is invalid"), CredentialsError, "credentials_refused"),
    (refusal(422, "created is required"), RejectedError, "parameter_rejected"),
    (refusal(403, "没有权限"), AccessError, "access_forbidden"),
    (html(403), AccessError, "access_forbidden"),
    (refusal(404, f"workspace {WS} not existed"), AccessError, "workspace_not_visible"),
    (refusal(404, "story not existed"), AccessError, "not_visible"),
    (html(404), ProtocolError, "status_unexpected"),
    (html(422), ProtocolError, "status_unexpected"),
    (refusal(405, "?"), ProtocolError, "status_unexpected"),
    (html(302), ProtocolError, "status_unexpected"),
    (HELLO, ProtocolError, "path_unknown"),
    (html(200), ProtocolError, "answer_not_json"),
    (http(200, b""), ProtocolError, "answer_not_json"),
    (http(200, b"[]"), ProtocolError, "answer_not_json"),
    (http(200, b'{"status":1,"data":[{"Story":{"id":"1'), ProtocolError, "answer_not_json"),
    (http(200, b'{"status":0,"data":[],"info":"x"}'), ProtocolError, "answer_not_successful"),
    (http(200, b'{"status":"1","data":[],"info":"x"}'), ProtocolError, "answer_not_successful"),
    (http(200, b'{"status":true,"data":[]}'), ProtocolError, "answer_not_successful"),
    (http(200, b'{"status":1,"info":"success"}'), ProtocolError, "answer_not_successful"),
    (http(200, b'{"data":[],"info":{}}'), ProtocolError, "answer_not_successful"),
    (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", ProtocolError, "answer_not_http"),
]


@pytest.mark.parametrize(("answer", "kind", "code"), REFUSALS)
async def test_an_answer_other_than_promised_is_a_typed_fault_and_not_asked_again(
    answer: Answer, kind: type[TapdError], code: str, server: RawServer, client: Client
) -> None:
    server.script = [answer]
    with pytest.raises(kind) as caught:
        await client.rows(STORY, workspace_id=WS)
    assert caught.value.code == code
    assert len(server.requests) == 1


@pytest.mark.parametrize(("answer", "kind", "code"), REFUSALS)
async def test_every_fault_says_in_both_languages_what_happened_and_what_to_do(
    answer: Answer, kind: type[TapdError], code: str, server: RawServer, client: Client
) -> None:
    server.script = [answer]
    with pytest.raises(kind) as caught:
        await client.rows(STORY, workspace_id=WS)
    for locale in ("zh", "en"):
        assert caught.value.message(locale) and caught.value.mend(locale)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in caught.value.mend("zh"))


def test_both_catalogues_hold_the_same_texts() -> None:
    assert set(catalogue("en")) == set(catalogue("zh"))


async def test_a_redirect_is_refused_so_that_the_credentials_do_not_follow_it(
    server: RawServer, client: Client
) -> None:
    other = RawServer([good([])])
    await other.start()
    server.script = [http(302, b"", headers=f"Location: {other.base_url}/stories\r\n")]
    with pytest.raises(ProtocolError):
        await client.get("stories")
    assert other.requests == []
    await other.stop()


async def test_an_endless_answer_is_refused(
    server: RawServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport_module, "ANSWER_BYTES", 100_000)
    server.script = [http(200, b" " * 300_000)]
    with pytest.raises(ProtocolError) as caught:
        await client.get("stories")
    assert caught.value.code == "answer_too_large"


# What passes is asked again.


@pytest.mark.parametrize("fault", [html(502), refusal(500, "x"), html(503), reset, cut_transfer])
async def test_a_passing_fault_is_asked_again(
    fault: Answer, server: RawServer, client: Client, manual_time: ManualTime
) -> None:
    server.script = [fault, fault, good({"count": 17})]
    assert await client.count(STORY, workspace_id=WS) == 17
    assert (client.usage.requests, client.usage.retries) == (3, 2)
    assert len(server.requests) == 3  # none that the budget doesn't know of
    first, second = manual_time.slept
    assert first <= 0.5 and second <= 1.0
    assert client.usage.waited_seconds == pytest.approx(first + second)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (html(502), ServerFaultError),
        (refusal(500, "x"), ServerFaultError),
        (reset, UnreachableError),
        (cut_transfer, UnreachableError),
    ],
)
async def test_a_lasting_fault_ends_typed_after_six_attempts(
    fault: Answer, kind: type[TapdError], server: RawServer, client: Client
) -> None:
    server.script = [fault]
    with pytest.raises(kind) as caught:
        await client.count(STORY, workspace_id=WS)
    assert client.usage.requests == len(server.requests) == 6
    assert len(caught.value.mend("zh")) > 5


async def test_repeated_429_leads_to_a_long_pause_that_doubles(
    server: RawServer, client: Client, manual_time: ManualTime
) -> None:
    server.script = [LIMITED, LIMITED, LIMITED, good({"count": 3})]
    assert await client.count(STORY, workspace_id=WS) == 3
    assert manual_time.slept[0] <= 0.5
    assert manual_time.slept[1:] == pytest.approx([30, 60])


async def test_lasting_429_ends_within_the_time_of_one_request(
    server: RawServer, client: Client, manual_time: ManualTime
) -> None:
    server.script = [LIMITED]
    began = manual_time.now
    with pytest.raises(RateLimitError) as caught:
        await client.count(STORY, workspace_id=WS)
    assert caught.value.code == "rate_limited"
    assert manual_time.now - began <= 120


async def test_an_hour_without_a_slot_of_the_budget_is_not_waited_for_once_more(
    server: RawServer, settings_of: Callable[..., Settings], manual_time: ManualTime, tmp_path: Path
) -> None:
    budget = RequestBudget(
        tmp_path / "budget.db",
        "user:demo",
        1,
        hold_seconds=100_000.0,
        clock=manual_time.clock,
        sleep=manual_time.sleep,
    )
    server.script = [good([])]
    asked = Client(settings_of(), budget=budget, clock=manual_time.clock, sleep=manual_time.sleep)
    began = manual_time.now
    async with asked, budget.slot():
        with pytest.raises(RateLimitError) as fault:
            await asked.get("stories")
        waited = manual_time.now - began
    assert fault.value.code == "budget_exhausted"
    assert waited <= PATIENCE_SECONDS + 60
    assert not server.requests


async def test_what_the_server_says_about_waiting_is_heard(
    server: RawServer, client: Client, manual_time: ManualTime
) -> None:
    server.script = [refusal(429, "x", "Retry-After: 7\r\n"), good({"count": 3})]
    assert await client.count(STORY, workspace_id=WS) == 3
    assert manual_time.slept == [7]


async def test_other_requests_keep_still_during_a_long_pause(
    server: RawServer, settings_of: Callable[..., Settings], manual_time: ManualTime
) -> None:
    gate = asyncio.Event()
    sleepers: asyncio.Queue[float] = asyncio.Queue()

    async def sleep(seconds: float) -> None:
        if seconds > 1:
            sleepers.put_nowait(seconds)
            await gate.wait()
        await manual_time.sleep(seconds)

    server.script = [LIMITED, LIMITED, good({"count": 3})]
    async with Client(settings_of(), clock=manual_time.clock, sleep=sleep) as client:
        first = asyncio.create_task(client.count(STORY, workspace_id=WS))
        assert await sleepers.get() == pytest.approx(30)
        others = [asyncio.create_task(client.count(STORY, workspace_id=WS)) for _ in range(3)]
        for _ in others:
            assert await sleepers.get() == pytest.approx(30)
        assert len(server.requests) == 2
        gate.set()
        assert await asyncio.gather(first, *others) == [3, 3, 3, 3]


async def test_an_answer_that_drips_ends_within_the_time_of_one_request(
    server: RawServer, settings_of: Callable[..., Settings]
) -> None:
    server.script = [drip]
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with Client(settings_of(request_seconds=1)) as client:
        with pytest.raises(UnreachableError) as caught:
            await client.get("stories")
    assert caught.value.code == "no_answer_in_time"
    assert loop.time() - began < 1.6


async def test_no_server_is_a_typed_fault_without_secrets(
    client_of: Callable[..., Client],
) -> None:
    client = client_of(api_base_url="http://127.0.0.1:9", access_token=Secret("tok-tok"))
    with pytest.raises(UnreachableError) as caught:
        await client.get("stories")
    assert caught.value.code == "no_connection"
    assert "127.0.0.1:9" in str(caught.value) and "tok-tok" not in repr(caught.value.__cause__)


async def test_no_more_requests_are_in_flight_than_set(
    server: RawServer, client_of: Callable[..., Client]
) -> None:
    gate = asyncio.Event()
    server.script = [held(gate, good({"count": 1}))]
    client = client_of(requests_in_flight=3)
    asked = [asyncio.create_task(client.count(STORY, workspace_id=WS)) for _ in range(10)]
    await server.seen(3)
    gate.set()
    assert await asyncio.gather(*asked) == [1] * 10
    assert server.most_in_flight == 3


# Proxies.


def test_loopback_is_never_asked_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    assert proxy_of("http://127.0.0.1:8080") == proxy_of("http://localhost") == (None, None)
    assert proxy_of("http://[::1]:80") == (None, None)
    assert proxy_of("http://tapd.example") == ("http://127.0.0.1:1", None)


def test_a_proxy_gets_its_own_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://user:p%40ss@proxy.example:3128")
    address, headers = proxy_of("https://api.tapd.cn")
    assert address == "http://proxy.example:3128"
    code = base64.b64encode(b"user:p@ss").decode()
    assert headers == {"Proxy-Authorization": f"Basic {code}"}


def test_hosts_named_in_no_proxy_are_asked_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "api.tapd.cn")
    assert proxy_of("https://api.tapd.cn") == (None, None)


async def test_a_proxy_of_an_encrypted_connection_never_sees_the_token(
    server: RawServer, client_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.script = [http(502, b"")]
    monkeypatch.setenv("https_proxy", server.base_url)
    monkeypatch.delenv("no_proxy", raising=False)
    with pytest.raises(UnreachableError) as caught:
        await client_of(api_base_url="https://tapd.example").get("stories")
    assert caught.value.code == "proxy_refused"
    assert server.requests[0].method == "CONNECT"
    assert "authorization" not in server.requests[0].headers


# Start-up.


def test_neither_importing_nor_constructing_the_client_loads_the_http_library(
    tmp_path: Any,
) -> None:
    code = (
        "import sys, pathlib\n"
        "import taplens.tapd\n"
        "from taplens.tapd import Client, RequestBudget, Page, Usage\n"
        "from taplens.config import Secret, Settings\n"
        "Client(Settings(home=pathlib.Path(sys.argv[1]), access_token=Secret('t')))\n"
        "heavy = {'aiohttp', 'yarl', 'bs4', 'markdownify', 'sqlalchemy'} & set(sys.modules)\n"
        "sys.exit(repr(heavy) if heavy else 0)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, env=dict(os.environ))
    assert list(tmp_path.iterdir()) == []
