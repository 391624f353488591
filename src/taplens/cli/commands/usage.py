"""`taplens usage`: what was used, by whom, of which model, and what it cost."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click

from taplens.cli import options, output

GROUPS = ("day", "month", "key", "model", "provider")
_AMOUNTS = ("requests", "prompt_tokens", "completion_tokens", "cost", "currency", "estimated")
_DAY = click.DateTime(["%Y-%m-%d"])


def build() -> click.Command:
    """The command."""

    @options.command(
        "usage",
        options.option("--by", key="usage_by", type=click.Choice(GROUPS), multiple=True,
                       default=("key", "model"), show_default=True),
        options.option("--since", key="since", type=_DAY, metavar="DAY"),
        options.option("--until", key="until", type=_DAY, metavar="DAY"),
        options.option("--key", key="usage_key", metavar="KEY"),
        options.home(),
        options.as_json(),
        key="ledger",
    )  # fmt: skip
    def usage(
        *, by: tuple[str, ...], since: Any, until: Any, key: str | None, home: Path | None,
        as_json: bool,
    ) -> None:  # fmt: skip
        from taplens.clock import Clock
        from taplens.gateway import administration

        today = Clock().today()
        first, last = _span(today, since, until)
        rows = administration.usage_report(
            options.settings_of(home), since=first, until=last, by=list(dict.fromkeys(by)), key=key
        )
        if as_json:
            output.print_json(rows)
            return
        columns = [column for group in dict.fromkeys(by) for column in _columns(group)]
        columns += _AMOUNTS
        output.table(columns, ([_shown(row[column]) for column in columns] for row in rows))

    return usage


def _span(today: date, since: Any, until: Any) -> tuple[str, str]:
    """The days asked for; unsaid: the last thirty."""
    last = until.date() if until else today
    first = since.date() if since else last - min(timedelta(days=29), last - date.min)
    return first.isoformat(), last.isoformat()


def _columns(group: str) -> tuple[str, ...]:
    return ("key", "name") if group == "key" else (group,)


def _shown(value: object) -> object:
    if isinstance(value, bool):
        return "≈" if value else ""
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else value
