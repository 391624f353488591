"""`taplens keys`, `taplens usage`, and what `taplens serve` says of chatting."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from taplens.cli.commands.serve import chat
from taplens.clock import Clock
from taplens.config import Secret, Settings
from taplens.gateway import usage_store
from taplens.gateway.administration import create_key, opened
from taplens.gateway.ledger import BILLION, Account, Amounts
from taplens.gateway.services import Services
from taplens.llm.catalogue import load_catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Taplens

URL = "http://127.0.0.1:8780"


def test_a_key_is_shown_once_and_alone_on_stdout(taplens: Taplens) -> None:
    made = taplens("keys", "create", "测试组", "--rpm", "60", "--model", "Qwen/*", "--model", "x")
    secret = made.out.strip()
    assert (made.code, secret.startswith("tl-"), "\n" in secret) == (0, True, False)
    assert "only this once" in made.err
    (listed,) = json.loads(taplens("keys", "list", "--json").out)
    assert secret not in json.dumps(listed)
    assert listed["name"] == "测试组"
    assert listed["models"] == ["Qwen/*", "x"]
    assert (listed["rpm"], listed["tpm"], listed["budget_cost"]) == (60, None, None)
    assert listed["id"] in secret


def test_a_key_made_for_programs_is_json(taplens: Taplens) -> None:
    made = json.loads(taplens("keys", "create", "ci", "--budget", "2.5", "--json").out)
    assert made["key"].startswith(f"tl-{made['id']}-")
    assert (made["budget_cost"], made["budget_currency"]) == (2.5, "CNY")


def test_keys_are_revoked_by_name_or_id(taplens: Taplens) -> None:
    first = json.loads(taplens("keys", "create", "甲", "--json").out)
    second = json.loads(taplens("keys", "create", "乙", "--json").out)
    assert "2" in taplens("keys", "revoke", "甲", second["id"]).out
    keys = json.loads(taplens("keys", "list", "--json").out)
    assert {key["id"] for key in keys if key["revoked"]} == {first["id"], second["id"]}
    assert json.loads(taplens("keys", "revoke", "甲", "--json").out) == []


def test_a_key_that_is_not_there_is_told_and_none_is_revoked(taplens: Taplens) -> None:
    taplens("keys", "create", "甲")
    outcome = taplens("keys", "revoke", "甲", "没有")
    assert (outcome.code, "没有" in outcome.err, "keys list" in outcome.err) == (2, True, True)
    (key,) = json.loads(taplens("keys", "list", "--json").out)
    assert key["revoked"] is None


@pytest.mark.parametrize(
    "wrong",
    [
        ("--rpm", "0"), ("--rpm", "1" + "0" * 30), ("--tpm", "2147483648"),
        ("--budget-tokens", "-1"), ("--budget-tokens", "1" + "0" * 30),
        *(("--budget", amount) for amount in ("0", "-1", "nan", "inf", "-inf", "1e30", "1e-12")),
    ],
)  # fmt: skip
def test_a_limit_that_limits_nothing_is_refused(taplens: Taplens, wrong: tuple[str, str]) -> None:
    refused = taplens("keys", "create", "甲", *wrong)
    assert (refused.code, "Traceback" in refused.err) == (2, False)
    assert json.loads(taplens("keys", "list", "--json").out) == []


def test_keys_are_a_table_for_people(taplens: Taplens) -> None:
    taplens("keys", "create", "甲", "--rpm", "5", "--budget-tokens", "1000")
    head, row = taplens("keys", "list").out.splitlines()
    assert head.split("\t")[:3] == ["Key", "Name", "Models"]
    assert row.split("\t")[1:5] == ["甲", "all", "5 RPM", "1000 tokens"]


@pytest.fixture
def used(taplens: Taplens, tmp_path: Path) -> Taplens:
    """A home with a key 甲 and usage of two days."""
    settings = Settings(home=tmp_path / "home")
    key, _ = create_key(settings, name="甲")
    sums = {
        Account("2026-03-30", key.id, "m1", "p", "CNY", False): Amounts(2, 10, 20, BILLION // 4),
        Account("2026-03-31", key.id, "m1", "p", "CNY", True): Amounts(1, 1, 2, BILLION // 8),
        Account("2026-03-31", "local", "m2", "p", "", False): Amounts(1, 5, 5, 0),
    }
    with opened(settings) as database, database.write() as connection:
        usage_store.add(connection, sums)
    return taplens


SPAN = ("--since", "2026-03-01", "--until", "2026-03-31")


def test_usage_is_summed_as_asked(used: Taplens) -> None:
    rows = json.loads(used("usage", *SPAN, "--by", "month", "--json").out)
    told = [(row["currency"], row["estimated"], row["requests"], row["cost"]) for row in rows]
    assert told == [("", False, 1, None), ("CNY", False, 2, 0.25), ("CNY", True, 1, 0.125)]
    by_key = json.loads(used("usage", *SPAN, "--by", "key", "--key", "甲", "--json").out)
    assert {row["name"] for row in by_key} == {"甲"}
    one_day = ("--since", "2026-03-30", "--until", "2026-03-30")
    assert len(json.loads(used("usage", *one_day, "--json").out)) == 1


def test_usage_is_a_table_for_people(used: Taplens) -> None:
    head, *rows = used("usage", *SPAN, "--by", "day").out.splitlines()
    assert head == "Day\tRequests\tPrompt tokens\tAnswer tokens\tCost\tCurrency\tEst."
    assert rows == [
        "2026-03-30\t2\t10\t20\t0.25\tCNY\t",
        "2026-03-31\t1\t5\t5\t\t\t",
        "2026-03-31\t1\t1\t2\t0.125\tCNY\t≈",
    ]


def test_usage_of_an_unknown_key_and_of_wrong_days_is_refused(used: Taplens) -> None:
    unknown = used("usage", *SPAN, "--key", "没有", "--json")
    assert (unknown.code, "没有" in unknown.err, "keys list" in unknown.err) == (2, True, True)
    assert used("usage", "--since", "昨天").code == 2
    turned = used("usage", "--since", "2026-03-31", "--until", "2026-03-30")
    assert (turned.code, "2026-03-31" in turned.err) == (2, True)
    assert used("usage", "--until", "0001-01-01").code == 0


def test_usage_without_a_key_of_ours_is_asked_for_by_what_the_table_calls_it(
    used: Taplens,
) -> None:
    (row,) = json.loads(used("usage", *SPAN, "--key", "local", "--json").out)
    assert row["requests"] == 1
    assert json.loads(used("usage", *SPAN, "--key", "operator", "--json").out) == []


@pytest.mark.parametrize(
    "name", ["", "  ", "两\n行", "\x1b[31m红", "字" * 101, "operator", "local"]
)
def test_a_name_that_can_not_be_read_or_means_another_is_refused(
    taplens: Taplens, name: str
) -> None:
    refused = taplens("keys", "create", name)
    assert (refused.code, refused.out, "Traceback" in refused.err) == (2, "", False)
    assert json.loads(taplens("keys", "list", "--json").out) == []


def test_a_name_is_free_again_when_its_key_is_revoked(taplens: Taplens) -> None:
    first = json.loads(taplens("keys", "create", "甲", "--json").out)
    taken = taplens("keys", "create", "甲")
    assert (taken.code, "甲" in taken.err) == (2, True)
    assert taplens("keys", "create", first["id"]).code == 2
    taplens("keys", "revoke", "甲")
    assert taplens("keys", "create", "甲").code == 0


def test_a_key_for_mcp_is_made_only_when_asked_for(taplens: Taplens) -> None:
    assert not json.loads(taplens("keys", "create", "聊天", "--json").out)["mcp"]
    assert json.loads(taplens("keys", "create", "助手", "--mcp", "--json").out)["mcp"]
    rows = [line.split("\t") for line in taplens("keys", "list").out.splitlines()[1:]]
    assert {row[1]: row[-1] for row in rows} == {"聊天": "", "助手": "MCP"}


def services(home: Path, environment: dict[str, str], **changes: object) -> Services:
    settings = Settings(home=home, **changes)  # type: ignore[arg-type]
    catalogue = load_catalogue(settings, environment)
    return Services(settings, clock=Clock(), catalogue=catalogue)


def test_serve_says_what_to_set_where_no_provider_answers(tmp_path: Path) -> None:
    found = chat(services(tmp_path, {}), URL)
    assert found["base_url"] == URL + "/v1"
    assert "SILICONFLOW_API_KEY" in found["missing"]
    assert found["models"] == ["taplens", "taplens-direct"]
    assert '"model": "taplens"' in found["curl"]


def test_serve_gives_a_call_that_works_and_no_secret(tmp_path: Path) -> None:
    environment = {"DEEPSEEK_API_KEY": "sk-geheim"}
    found = chat(services(tmp_path, environment, http_token=Secret("geheim")), URL)
    assert found["missing"] == []
    assert all("deepseek" in name for name in found["models"][:-2])
    assert found["models"][-2:] == ["taplens", "taplens-direct"]
    assert found["key_needed"]
    assert "Authorization: Bearer <key>" in found["curl"]
    assert "geheim" not in json.dumps(found)
