"""The ledger: nothing is lost, nothing counted twice, estimates are marked as such."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.clock import Clock
from taplens.config import Secret, Settings
from taplens.gateway import administration
from taplens.gateway.books import Books
from taplens.gateway.ledger import Account, Amounts, Ledger
from taplens.gateway.usage import Usage, told
from taplens.llm.entries import Price
from tests.gateway.serving_here import MODEL, chat
from tests.spawning import clean_environment

if TYPE_CHECKING:
    from pathlib import Path

    from taplens.sandbox.provider.handle import RunningProvider
    from tests.gateway.conftest import Serve

PRICED = f'[models."{MODEL}"]\nprice = {{ input = 4, output = 16, currency = "CNY" }}\n'


def report(home: Path, **asked: Any) -> list[dict[str, Any]]:
    chosen = {"since": "2000-01-01", "until": "2999-12-31", "by": ["key", "model"], "key": None}
    return administration.usage_report(Settings(home=home), **chosen | asked)


async def test_usage_and_cost_are_booked_by_key_and_model(
    serve: Serve, tmp_path: Path, provider: RunningProvider
) -> None:
    async with serve(providers=PRICED, http_token=Secret("geheim")) as server:
        server.headers = {"Authorization": "Bearer geheim"}
        first = (await server.chat("你好")).json()["usage"]
        await server.chat("你好", stream=True, stream_options={"include_usage": True})
        await server.chat(model="deepseek-ai/DeepSeek-V3")
    priced, other = sorted(report(tmp_path / "home"), key=lambda row: row["model"])
    assert (priced["key"], priced["model"], priced["requests"]) == ("operator", MODEL, 2)
    assert priced["prompt_tokens"] == 2 * first["prompt_tokens"]
    assert priced["completion_tokens"] == 2 * first["completion_tokens"]
    cost = (first["prompt_tokens"] * 4 + first["completion_tokens"] * 16) * 2 / 1e6
    assert (priced["cost"], priced["currency"]) == (pytest.approx(cost), "CNY")
    assert (other["cost"], other["currency"], other["estimated"]) == (None, "", False)


async def test_two_keys_do_not_see_each_others_usage(serve: Serve, tmp_path: Path) -> None:
    home = Settings(home=tmp_path / "home")
    (tmp_path / "home").mkdir()
    async with serve() as server:
        for name, times in (("甲", 1), ("乙", 3)):
            _, secret = await asyncio.to_thread(administration.create_key, home, name=name)
            server.headers = {"Authorization": f"Bearer {secret.reveal()}"}
            await server.services.books.exchange()
            for _ in range(times):
                assert (await server.chat()).status == 200
    rows = report(home.home, key="甲")
    assert [(row["name"], row["requests"]) for row in rows] == [("甲", 1)]
    assert [row["requests"] for row in report(home.home, key="乙")] == [3]
    by_name = {key["name"]: key["month_tokens"] for key in administration.list_keys(home)}
    assert by_name["乙"] == 3 * by_name["甲"] > 0


@pytest.mark.parametrize("kind", ["cut", "reset"])
async def test_trap_a_broken_streams_usage_is_kept_and_marked(
    serve: Serve, tmp_path: Path, provider: RunningProvider, kind: str
) -> None:
    provider.fault(kind, at=4)
    async with serve() as server:
        await server.chat(stream=True)
    (row,) = report(tmp_path / "home")
    assert (row["requests"], row["estimated"]) == (1, True)
    assert row["completion_tokens"] > 0
    assert row["prompt_tokens"] > 0


async def test_trap_an_abandoned_streams_usage_is_kept_and_marked(
    serve: Serve, tmp_path: Path, provider: RunningProvider
) -> None:
    provider.fault("silent", at=4, gate="g")
    async with serve() as server:
        async with server.streaming() as response:
            while b"data:" not in await response.content.readline():
                pass
        await asyncio.to_thread(provider.wait_until_idle)
    (row,) = report(tmp_path / "home")
    assert (row["requests"], row["estimated"]) == (1, True)
    assert row["completion_tokens"] > 0


async def test_an_answer_without_usage_is_estimated(
    serve: Serve, tmp_path: Path, provider: RunningProvider
) -> None:
    provider.fault("no_usage")
    async with serve() as server:
        await server.chat("请总结这个缺陷")
        await server.chat("请总结这个缺陷", stream=True)
    (row,) = report(tmp_path / "home")
    assert (row["requests"], row["estimated"]) == (2, True)
    assert row["completion_tokens"] > 10


async def test_a_request_that_failed_is_not_booked(
    serve: Serve, tmp_path: Path, provider: RunningProvider
) -> None:
    provider.fault("503")
    async with serve() as server:
        await server.chat()
        await server.chat(n=0)
    assert report(tmp_path / "home") == []


async def test_metrics_tell_requests_tokens_and_faults(
    serve: Serve, provider: RunningProvider
) -> None:
    provider.fault("503", times=1)
    async with serve(providers=PRICED) as server:
        await server.chat()
        await server.chat()
        await server.chat(stream=True)
        text = (await server.get("/metrics")).body.decode()
    assert 'taplens_requests_total{path="/v1/chat/completions",status="503"} 1.0' in text
    assert 'taplens_requests_total{path="/v1/chat/completions",status="200"} 2.0' in text
    assert 'fault="model_overloaded"' in text
    assert 'kind="completion"' in text
    assert 'taplens_cost_total{currency="CNY",key="local"' in text
    assert "taplens_first_event_seconds_bucket" in text
    assert "taplens_requests_running 1.0" in text


@contextmanager
def away(home: Path, table: str) -> Iterator[None]:
    """While inside, state.db lacks `table`: what needs it fails."""
    for one, other in ((table, "away"), ("away", table)):
        with closing(sqlite3.connect(home / "state.db")) as connection:
            connection.execute(f"ALTER TABLE {one} RENAME TO {other}")
            connection.commit()
        if other == "away":
            yield


@pytest.mark.parametrize("table", ["usage", "api_key"])
async def test_a_database_that_fails_loses_nothing_repeats_nothing_and_is_told(
    serve: Serve, tmp_path: Path, table: str
) -> None:
    """Without `usage` nothing can be written; without `api_key` it is, and the reading fails."""
    async with serve() as server:
        books = server.services.books
        with away(tmp_path / "home", table):
            assert (await server.chat()).status == 200
            await books.exchange()
            ready = await server.get("/readyz")
            assert (ready.status, ready.json()["status"]) == (503, "books")
            await server.chat()
            await books.exchange()
        await books.exchange()
        assert (await server.get("/readyz")).status == 200
    (row,) = report(tmp_path / "home")
    assert row["requests"] == 2


USED = Account("2026-03-31", "local", "m", "p", "", False)


@asynccontextmanager
async def cancelled_while_writing(home: Path) -> AsyncIterator[Books]:
    """Books whose exchange was cancelled while its thread waits for another process's write."""
    books = Books(Settings(home=home), Clock())
    async with books.running():
        books.ledger.add(USED, Amounts(1, 5, 7))
        with closing(sqlite3.connect(home / "state.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            exchanging = asyncio.create_task(books.exchange())
            while books.ledger._pending:  # noqa: ASYNC110 - a turn or two of the loop
                await asyncio.sleep(0)
            for _ in range(2):  # a client that leaves, and then the server's end
                exchanging.cancel()
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            assert not exchanging.done()
            other.execute("COMMIT")
        yield books
    await asyncio.wait([exchanging])


async def test_what_is_being_written_when_its_caller_is_cancelled_is_written_once(
    tmp_path: Path,
) -> None:
    async with cancelled_while_writing(tmp_path) as books:
        await books.exchange()
    async with cancelled_while_writing(tmp_path):
        pass  # the server ends meanwhile
    (row,) = report(tmp_path)
    assert (row["requests"], row["prompt_tokens"]) == (2, 10)


async def test_what_can_not_be_written_at_the_end_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    books = Books(Settings(home=tmp_path), Clock())
    await asyncio.to_thread(books.open)
    with away(tmp_path, "usage"):
        async with books.running():
            books.ledger.add(USED, Amounts(3, 5, 7))
    assert "The usage of 3 requests (12 tokens) is lost." in caplog.text


@pytest.mark.timeout(30)
def test_what_was_written_survives_a_kill_and_the_next_server_goes_on(
    provider: RunningProvider, tmp_path: Path
) -> None:
    environment = clean_environment() | {
        "SILICONFLOW_API_KEY": provider.key,
        "SILICONFLOW_BASE_URL": provider.base_url,
        "TAPLENS_HOME": str(tmp_path),
        "TAPLENS_LANG": "en",
    }
    counted = 0
    for _ in range(2):
        with _spawned(environment) as (process, url):
            for _ in range(3):
                _post(url)
                counted += 1
            while sum(row["requests"] for row in report(tmp_path)) < counted:
                pass  # bounded by the test's own limit
            process.kill()
            process.wait()
    (row,) = report(tmp_path)
    assert row["requests"] == 6


class _spawned:  # noqa: N801 - reads as a function
    """`taplens serve` as a process of its own, and its chat's base URL."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment

    def __enter__(self) -> tuple[subprocess.Popen[str], str]:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "taplens", "serve", "--port", "0", "--json"],
            stdout=subprocess.PIPE,
            env=self._environment,
            encoding="utf-8",
        )
        assert self._process.stdout is not None
        text = ""
        while not text.endswith("\n}\n"):
            text += self._process.stdout.readline()
        return self._process, json.loads(text)["chat"]["base_url"]

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


def _post(base_url: str) -> None:
    request = urllib.request.Request(
        base_url + "/chat/completions",
        json.dumps(chat()).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        assert response.status == 200


accounts = st.builds(
    Account,
    day=st.sampled_from(["2026-02-28", "2026-03-01", "2026-03-31"]),
    key=st.just("甲"),
    model=st.sampled_from(["m", "n"]),
    provider=st.just("p"),
    currency=st.sampled_from(["", "CNY"]),
    estimated=st.booleans(),
)
amounts = st.builds(Amounts, st.just(1), *[st.integers(0, 10**6)] * 3)
steps = st.tuples(accounts, amounts) | st.sampled_from(["fail", "write", "read"])


def tokens_of(sums: dict[Account, Amounts], month: str = "") -> int:
    return sum(a.tokens for account, a in sums.items() if account.day.startswith(month))


@given(steps=st.lists(steps))
def test_whatever_fails_between_nothing_is_lost_or_counted_twice(steps: list[Any]) -> None:
    """Writing may fail, and reading may fail or not come after what was written."""
    ledger = Ledger(Clock(seconds=lambda: 1_774_951_000.0))  # 2026-03-31
    booked: dict[Account, Amounts] = {}
    stored: dict[Account, Amounts] = {}
    for step in steps:
        if step == "read":
            month = {one: a for one, a in stored.items() if one.day.startswith("2026-03")}
            ledger.stored(month, "2026-03")
        elif step in ("write", "fail"):
            batch = ledger.begin()
            if step == "write":
                for account, amount in batch.items():
                    stored.setdefault(account, Amounts()).add(amount)
                ledger.written()
        else:
            ledger.add(step[0], step[1])
            booked.setdefault(step[0], Amounts()).add(step[1])
        assert ledger.spent("甲").tokens == tokens_of(booked, "2026-03")
    assert tokens_of(stored) + tokens_of(ledger.begin()) == tokens_of(booked)


@given(
    prompt=st.integers(0, 10**7), completion=st.integers(0, 10**6),
    low=st.integers(0, 10**5), high=st.integers(0, 10**5),
)  # fmt: skip
def test_costs_are_exact_to_the_billionth(
    prompt: int, completion: int, low: int, high: int
) -> None:
    price = Price(input=low / 1000, output=high / 1000, currency="CNY", known=True)
    cost = Usage(prompt, completion).amounts(price).cost
    assert cost == prompt * low + completion * high


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": 1}, {"prompt_tokens": "1"}, [], 7])
def test_a_usage_that_says_nothing_is_none(usage: Any) -> None:
    assert told(usage) is None
