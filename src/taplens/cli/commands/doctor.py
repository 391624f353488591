"""`taplens doctor`: what is configured, reachable, wrong, and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from taplens import messages
from taplens.cli import options, output

if TYPE_CHECKING:
    from taplens.cli.checks import Finding

UNWELL = 1  # exit code where something is wrong


def build() -> click.Command:
    """The command."""

    @options.command("doctor", options.workspace(), options.home(), options.as_json())
    @click.pass_context
    def doctor(
        ctx: click.Context, workspace: tuple[str, ...], home: Path | None, as_json: bool
    ) -> None:
        from taplens.cli import checks

        findings = checks.examine(lambda: options.settings_of(home, workspace))
        if as_json:
            output.print_json([finding.json_object() for finding in findings])
        else:
            _show(findings)
        ctx.exit(UNWELL if any(finding.wrong for finding in findings) else 0)

    return doctor


def _show(findings: Sequence[Finding]) -> None:
    rows = [("✗" if one.wrong else "✓", one.name, one.detail) for one in findings]
    output.table(("state", "check", "finding"), rows)
    wrong = [one for one in findings if one.wrong]
    for one in wrong:
        output.say(f"✗ {one.name}: {one.detail}")
        output.say(f"→ {one.mend}")
    output.say(messages.text("cli.doctor.unwell" if wrong else "cli.doctor.well", count=len(wrong)))
