"""`taplens report`: a period's report, as files, on the screen, or to a chat robot."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from taplens import messages
from taplens.cli import calls, options, output
from taplens.errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taplens.config import Settings
    from taplens.reports.formats import Target
    from taplens.reports.model import Report
    from taplens.reports.robots import Robot
    from taplens.tools.context import ToolContext
    from taplens.tools.reporting import ReportAsked


def build() -> click.Command:
    """The command."""
    file = messages.text("cli.metavar.file")

    @options.command(
        "report",
        click.argument("name", default="overview"),
        options.option("--since", key="report_since", default="", metavar="DATE"),
        options.option("--until", key="report_until", default="", metavar="DATE"),
        options.option("--where", key="report_where", default="", metavar="WHERE"),
        options.option("--lang", key="report_lang", type=click.Choice(("zh", "en")), default=None),
        options.option("--out", key="report_out", multiple=True, metavar=file,
                       type=click.Path(path_type=Path)),
        options.option("--format", "formats", key="report_format", default="", metavar="FORMAT"),
        options.option("--send", key="report_send", is_flag=True),
        options.option("--yes", key="report_yes", is_flag=True),
        options.option("--model", key="report_model", default="", metavar="MODEL"),
        options.workspace(),
        options.home(),
    )  # fmt: skip
    def report(
        *,
        name: str,
        since: str,
        until: str,
        where: str,
        lang: str | None,
        out: tuple[Path, ...],
        formats: str,
        send: bool,
        yes: bool,
        model: str,
        workspace: tuple[str, ...],
        home: Path | None,
    ) -> None:
        from taplens.reports.templating import check
        from taplens.tools.reporting import ReportAsked

        settings = options.settings_of(home, workspace)
        check(name, settings.home)
        asked = ReportAsked(
            since=since,
            until=until,
            where=where,
            lang=lang or messages.system_locale(),
            workspace=settings.workspace_ids if workspace else (),
        )
        wanted = [part.strip().lower() for part in formats.split(",") if part.strip()]
        targets = _targets(out, wanted)
        printed = _printed(wanted) if not (targets or send) else ""
        robot = _robot(settings) if send else None
        made = calls.with_context(settings, lambda context: _made(context, asked, model))
        for target in targets:
            _write(made, target, name, settings)
        if printed:
            _print(made, printed, name, settings)
        if robot is not None:
            _send(made, robot, yes=yes)

    return report


async def _made(context: ToolContext, asked: ReportAsked, model: str) -> Report:
    from taplens.tools.report_prose import with_prose
    from taplens.tools.reporting import report_of

    report = await report_of(context, asked)
    return await with_prose(context, report, model) if model else report


def _targets(out: Sequence[Path], formats: Sequence[str]) -> list[Target]:
    """The files to write: `--out` as it ends; with `--format` one of each format.

    Raises ArgumentError, ExportError.
    """
    from taplens.reports.formats import FORMATS, target_of

    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise ArgumentError("report_format", name=unknown[0][:40], known=", ".join(FORMATS))
    if len(formats) > 1 and not out:
        raise ArgumentError("report_out_missing")
    return [target_of(_ending(path, name), name) for path in out for name in (formats or [""])]


def _ending(path: Path, format_: str) -> Path:
    """The path with the ending of a format ("": as it is) in place of that of another one."""
    from taplens.reports.formats import FORMATS

    if not format_:
        return path
    known = path.suffix.lower().removeprefix(".") in FORMATS
    return path.with_name(f"{path.stem if known else path.name}.{format_}")


def _printed(formats: Sequence[str]) -> str:
    """The format to print. Raises ArgumentError for one that is no text."""
    from taplens.reports.formats import TEXTS

    chosen = formats[0] if formats else "md"
    if chosen not in TEXTS:
        raise ArgumentError("report_out_missing")
    return chosen


def _write(report: Report, target: Target, name: str, settings: Settings) -> None:
    from taplens.reports.formats import write

    write(report, target, name, settings.home)
    output.say(messages.text("cli.report.written", path=target.path))


def _print(report: Report, format_: str, name: str, settings: Settings) -> None:
    from taplens.reports.formats import text_of

    output.data(text_of(report, format_, name, settings.home).rstrip("\n"))


def _robot(settings: Settings) -> Robot:
    from taplens.reports.robots import robot_of

    return robot_of(settings)


def _send(report: Report, robot: Robot, *, yes: bool) -> None:
    """Post the report to the robot, once who asked has seen what would be posted."""
    from taplens.reports.robots import send

    payload = robot.payload(report)
    if not yes:
        output.say(messages.text("cli.report.payload", kind=robot.kind, host=robot.host))
        output.print_json(payload)
        click.confirm(messages.text("cli.report.confirm"), abort=True, err=True)
    asyncio.run(send(robot, payload))
    output.say(messages.text("cli.report.sent", kind=robot.kind))
