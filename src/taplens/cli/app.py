"""The group of commands, and the one place where faults become messages and exit codes."""

from __future__ import annotations

import gc
import importlib
import keyword
import os
import sys
from collections.abc import Sequence

import click

from taplens import __version__, messages
from taplens.errors import TapLensError

# In the order of the help; each module's `build()` makes the command when it is needed, so that
# `taplens mcp` doesn't load what `taplens find` needs.
COMMANDS = (
    "sync", "status", "find", "get", "similar", "ask", "count", "trends", "flow", "forecast",
    "words", "report", "evaluate", "generate-cases", "rules", "requirements", "document",
    "descriptions", "image", "index", "mcp",
    "serve", "keys", "usage", "egress", "sandbox", "doctor", "import",
)  # fmt: skip
INTERRUPTED = 130


class Commands(click.Group):
    """A group whose commands are loaded when they are named."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: D102 - as in click
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: D102
        if cmd_name not in COMMANDS:
            return None
        # A module can't be called like a word of the language.
        module = cmd_name.replace("-", "_") + "_" * keyword.iskeyword(cmd_name)
        command: click.Command = importlib.import_module(f"taplens.cli.commands.{module}").build()
        return command


def group() -> click.Group:
    """The command `taplens`."""
    command = Commands(
        "taplens",
        help=messages.text("cli.taplens"),
        epilog=messages.text("cli.taplens.epilog"),
        context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
    )
    return click.version_option(__version__, prog_name="taplens")(command)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code; faults go to stderr, with their mend."""
    force_utf8()
    collect_rarely()
    top = group()
    try:
        # Not click's own `main`: it has its own mind of what a broken pipe means.
        with top.make_context(
            "taplens", list(sys.argv[1:] if arguments is None else arguments)
        ) as c:
            top.invoke(c)
        sys.stdout.flush()
        return 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except TapLensError as fault:
        return _complain(fault.message(), fault.mend(), fault.exit_code)
    except click.ClickException as fault:
        return _complain(_click_message(fault), messages.text("cli.usage.mend"), fault.exit_code)
    except (KeyboardInterrupt, click.Abort):
        return _complain(messages.text("cli.interrupted"), "", INTERRUPTED)
    except BrokenPipeError:
        return _reader_left()


def collect_rarely() -> None:
    """Look for reference cycles seldom: rows have none, and each look passes by all of them.

    As often as by default it takes a seventh of a first sync's processor time.
    """
    gc.set_threshold(20_000, 50, 1_000)


def force_utf8() -> None:
    """Make stdout and stderr speak UTF-8, whatever the console's code page."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def _complain(message: str, mend: str, code: int) -> int:
    click.echo(message, err=True)
    if mend:
        click.echo(f"→ {mend}", err=True)
    return code


def _click_message(fault: click.ClickException) -> str:
    return messages.text("cli.usage", detail=fault.format_message())


def _reader_left() -> int:
    """The reader of our output (`| head`) has what it wanted."""
    # What is still buffered must not raise again while Python shuts down.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
