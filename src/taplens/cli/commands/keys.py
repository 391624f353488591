"""`taplens keys`: the keys that clients of the chat server send."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from taplens import messages
from taplens.cli import options, output

COLUMNS = ("key", "name", "models", "limits", "budget", "month", "created", "revoked", "mcp")
_RATE = click.IntRange(1, 2**31 - 1)
_TOKENS = click.IntRange(1, 10**15)


def build() -> click.Command:
    """The command."""
    return options.group("keys", _create(), _list(), _revoke())


def _create() -> click.Command:
    @options.command(
        "create",
        click.argument("name"),
        options.option("--model", "models", key="key_model", multiple=True, metavar="MODEL"),
        options.option("--rpm", key="rpm", type=_RATE, metavar="N"),
        options.option("--tpm", key="tpm", type=_RATE, metavar="N"),
        options.option("--budget-tokens", key="budget_tokens", type=_TOKENS, metavar="N"),
        options.option("--budget", "budget_cost", key="budget", metavar="AMOUNT",
                       type=float),
        options.option("--currency", "budget_currency", key="currency", default="CNY",
                       show_default=True, metavar="CODE"),
        options.option("--mcp", key="key_mcp", is_flag=True),
        options.home(),
        options.as_json(),
        key="keys.create",
    )  # fmt: skip
    def create(*, home: Path | None, as_json: bool, **asked: Any) -> None:
        from taplens.gateway import administration

        key, secret = administration.create_key(options.settings_of(home), **asked)
        if as_json:
            output.print_json(administration.record(key) | {"key": secret.reveal()})
        else:
            output.data(secret.reveal())
            output.say(messages.text("cli.keys.created", name=key.name, id=key.id))

    return create


def _list() -> click.Command:
    @options.command("list", options.home(), options.as_json(), key="keys.list")
    def list_(home: Path | None, as_json: bool) -> None:
        from taplens.gateway import administration

        keys = administration.list_keys(options.settings_of(home))
        output.print_json(keys) if as_json else output.table(COLUMNS, map(_row, keys))

    return list_


def _revoke() -> click.Command:
    @options.command(
        "revoke",
        click.argument("named", nargs=-1, required=True, metavar="KEY..."),
        options.home(),
        options.as_json(),
        key="keys.revoke",
    )
    def revoke(named: tuple[str, ...], home: Path | None, as_json: bool) -> None:
        from taplens.gateway import administration

        revoked = administration.revoke_keys(options.settings_of(home), named)
        if as_json:
            output.print_json(revoked)
        else:
            output.data(messages.text("cli.keys.revoked", count=len(revoked)))

    return revoke


def _row(key: dict[str, Any]) -> list[object]:
    limits = [f"{key[name]} {name.upper()}" for name in ("rpm", "tpm") if key[name]]
    budget = [f"{key['budget_tokens']} tokens"] if key["budget_tokens"] else []
    if key["budget_cost"] is not None:
        budget.append(f"{key['budget_cost']:g} {key['budget_currency']}")
    used = [f"{key['month_tokens']} tokens"]
    used += [f"{cost:g} {currency}" for currency, cost in key["month_cost"].items()]
    models = key["models"] or messages.text("cli.keys.all_models")
    door = "MCP" if key["mcp"] else ""
    times = key["created"], key["revoked"]
    return [key["id"], key["name"], models, limits, budget, used, *times, door]
