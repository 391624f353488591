"""`taplens egress`: what went to which model provider."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from taplens.cli import options, output

_DAY = click.DateTime(["%Y-%m-%d"])
_COLUMNS = ("at", "answer", "provider", "model", "size", "stand_ins", "items", "fields")
_DAYS = 29  # before today, as `taplens usage` shows


def build() -> click.Command:
    """The command."""

    @options.command(
        "egress",
        options.option("--since", key="since", type=_DAY, metavar="DAY"),
        options.option("--until", key="until", type=_DAY, metavar="DAY"),
        options.option("--provider", key="egress_provider", metavar="NAME", default=""),
        options.option("--limit", key="limit", type=click.IntRange(1, 10_000), default=100,
                       show_default=True),
        options.home(),
        options.as_json(),
    )  # fmt: skip
    def egress(
        *, since: Any, until: Any, provider: str, limit: int, home: Path | None, as_json: bool
    ) -> None:
        from taplens.clock import Clock, day_start, iso_time
        from taplens.egress.log import logged

        today = Clock().today()
        first = since.date() if since else today - timedelta(days=_DAYS)
        last = until.date() if until else today
        rows = logged(
            options.settings_of(home),
            since=day_start(first),
            until=day_start(last + timedelta(days=1)) - 1,
            provider=provider,
            limit=limit,
        )
        told = [row | {"at": iso_time(row["at"])} for row in rows]
        if as_json:
            output.print_json(told)
            return
        shown = (
            row | {"items": len(row["item_ids"]), "fields": ", ".join(row["fields"])}
            for row in told
        )
        output.table(_COLUMNS, ([row[column] for column in _COLUMNS] for row in shown))

    return egress
