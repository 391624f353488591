"""`taplens mcp`: the MCP server over stdio, as AI clients start it."""

from __future__ import annotations

from pathlib import Path

import click

from taplens.cli import options


def build() -> click.Command:
    """The command."""

    @options.command("mcp", options.toolsets(), options.workspace(), options.home())
    def mcp(toolsets: str | None, workspace: tuple[str, ...], home: Path | None) -> None:
        from taplens.mcp.stdio import run

        run(options.settings_of(home, workspace, toolsets))

    return mcp
