"""`taplens sync`: bring the mirror in step with TAPD, or compare the two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taplens import messages
from taplens.cli import calls, options, output

if TYPE_CHECKING:
    from taplens.config import Settings
    from taplens.mirror import Keeper, Progress, SyncReport

DIFFERS = 1  # exit code of --verify where something differs


def build() -> click.Command:
    """The command."""

    @options.command(
        "sync",
        options.option("--full", key="full", is_flag=True),
        options.option("--entity", key="entity", multiple=True, metavar="NAME"),
        options.option("--census/--no-census", key="census", default=None),
        options.option("--verify", key="verify", is_flag=True),
        options.workspace(),
        options.home(),
        options.as_json(),
    )
    @click.pass_context
    def sync(
        ctx: click.Context,
        *,
        full: bool,
        entity: tuple[str, ...],
        census: bool | None,
        verify: bool,
        workspace: tuple[str, ...],
        home: Path | None,
        as_json: bool,
    ) -> None:
        settings = options.settings_of(home, workspace)
        if verify:
            ctx.exit(_verify(settings, as_json))
        entities = [name for part in entity for name in part.split(",") if name]
        report = _sync(settings, full=full, entities=entities or None, census=census)
        output.print_json(told(report)) if as_json else _show(report)

    return sync


def _sync(
    settings: Settings, *, full: bool, entities: Sequence[str] | None, census: bool | None
) -> SyncReport:
    async def work(keeper: Keeper, progress: Progress | None) -> SyncReport:
        return await keeper.sync(full=full, entities=entities, census=census, progress=progress)

    return calls.with_keeper(settings, work)


def told(report: SyncReport) -> dict[str, Any]:
    """The report as a JSON object."""
    return asdict(report) | {"total_rows": report.total_rows}


def _show(report: SyncReport) -> None:
    read = [(output.kind_word(step), rows) for step, rows in report.rows.items() if rows]
    output.table(("step", "rows"), read)
    output.say(
        messages.text(
            "cli.sync.done",
            rows=report.total_rows,
            requests=report.requests,
            seconds=f"{report.seconds:.1f}",
            waited=f"{report.waited_seconds:.1f}",
        )
    )
    for warning in report.warnings:
        output.say(f"⚠ {messages.text(warning)}")


def _verify(settings: Settings, as_json: bool) -> int:
    async def work(keeper: Keeper, _progress: Progress | None) -> dict[str, list[Any]]:
        return await keeper.verify()

    found = calls.with_keeper(settings, work)
    rows = [
        {"workspace": workspace_id, "equal": one.equal} | asdict(one)
        for workspace_id, differences in found.items()
        for one in differences
    ]
    if as_json:
        output.print_json(rows)
    else:
        _show_differences(rows)
    return 0 if all(row["equal"] for row in rows) else DIFFERS


def _show_differences(rows: Sequence[dict[str, Any]]) -> None:
    columns = ("workspace", "stream", "listed", "missing", "stale", "extra")
    counted = [
        [len(row[name]) if isinstance(row[name], tuple) else row[name] for name in columns]
        for row in rows
    ]
    output.table(columns, counted)
    for row in rows:
        for kind in ("missing", "stale", "extra"):
            if row[kind]:
                output.say(f"{row['stream']} {kind}: {', '.join(row[kind][:20])}")
    equal = all(row["equal"] for row in rows)
    output.say(messages.text("cli.verify.equal" if equal else "cli.verify.differs"))
