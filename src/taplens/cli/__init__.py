"""The command line: a door of its own for people, and what starts the other doors."""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line with `arguments` (the process's own when None), and exit."""
    import sys

    from taplens.cli.app import run

    sys.exit(run(arguments))
