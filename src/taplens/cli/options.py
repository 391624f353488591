"""Options that commands share, and the settings they make."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taplens import messages

if TYPE_CHECKING:
    from taplens.config import Settings

# For commands that take filters: terms such as -label:阻塞 are no options.
FREE_TERMS = {"ignore_unknown_options": True}

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def command(
    name: str, *options: Decorator, key: str = "", **settings: Any
) -> Callable[..., click.Command]:
    """A decorator that makes a command with its texts from the catalogue, and `options`.

    The texts stand under `cli.<key>`; `key` is the name where it isn't given.
    """
    made: Callable[[Callable[..., Any]], click.Command] = click.command(
        name, **_texts(key or name), **settings
    )

    def decorate(function: Callable[..., Any]) -> click.Command:
        for option in reversed(options):
            function = option(function)
        return made(function)

    return decorate


def group(name: str, *commands: click.Command) -> click.Group:
    """A command that only holds `commands`; its texts stand under `cli.<name>`."""
    return click.Group(name, commands=commands, **_texts(name))


def _texts(key: str) -> dict[str, Any]:
    return {
        "help": messages.text(f"cli.{key}"),
        "short_help": messages.text(f"cli.{key}.short"),
        "epilog": _examples(messages.text(f"cli.{key}.examples")),
    }


def _examples(text: str) -> str:
    """The examples as click prints them: unwrapped (\\b begins such a paragraph)."""
    return "\b\n" + text.strip()


def option(*names: str, key: str, **settings: Any) -> Decorator:
    """An option whose help is the catalogue's text `cli.option.<key>`."""
    return click.option(*names, help=messages.text(f"cli.option.{key}"), **settings)


def where(name: str = "where", **settings: Any) -> Decorator:
    """The terms of a filter, as one argument of the name `name`."""
    return click.argument(name, nargs=-1, callback=_checked, **settings)


def _checked(
    context: click.Context, _parameter: click.Parameter, terms: tuple[str, ...]
) -> tuple[str, ...]:
    """The terms as they are. Raises NoSuchOption for one that can only be a mistaken option."""
    from taplens.filters.suggest import nearest

    for term in terms:
        name = term.partition("=")[0]
        if name.startswith("--") and len(name) > len("--"):
            known = [one for option in context.command.params for one in option.opts]
            raise click.NoSuchOption(name, possibilities=nearest(name, known), ctx=context)
    return terms


def home() -> Decorator:
    """`--home`: the folder of the databases."""
    kind = click.Path(file_okay=False, path_type=Path)
    return option("--home", key="home", type=kind, metavar=messages.text("cli.metavar.folder"))


def workspace() -> Decorator:
    """`--workspace`: ids, repeated or with commas between."""
    return option("--workspace", key="workspace", multiple=True, metavar="ID")


def as_json() -> Decorator:
    """`--json`: print JSON, for programs."""
    return option("--json", "as_json", key="json", is_flag=True)


def exports() -> Decorator:
    """`--csv` and `--xlsx`: the rows as files; the command gets them as `exports`."""
    from taplens.cli.exports import Exports

    place = messages.text("cli.metavar.file")

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def called(*, csv: str | None, xlsx: str | None, **given: Any) -> Any:
            asked = Exports.of(csv, xlsx, as_json=given["as_json"])
            return function(exports=asked, **given)

        return option("--csv", key="csv", metavar=place)(
            option("--xlsx", key="xlsx", metavar=place)(called)
        )

    return decorate


def chart() -> Decorator:
    """`--chart` and `--dark`: where the chart of an answer is saved, and how it looks."""
    kind = click.Path(path_type=Path)
    file = messages.text("cli.metavar.file")
    path = option("--chart", key="chart", type=kind, metavar=file)
    dark = option("--dark", key="dark", is_flag=True)
    return lambda function: path(dark(function))


def toolsets() -> Decorator:
    """`--toolsets`: further tools that are offered."""
    return option("--toolsets", key="toolsets", default=None, metavar="NAMES")


def settings_of(
    home: Path | None, workspace: tuple[str, ...] = (), toolsets: str | None = None
) -> Settings:
    """The settings of this call; `workspace` and `toolsets` stand in for the configured ones.

    Raises ConfigurationError.
    """
    from taplens.config import load

    # As text, like the environment's: it goes through the same parser.
    asked = {"TAPD_WORKSPACE_ID": ",".join(workspace)} if workspace else {}
    asked |= {} if toolsets is None else {"TAPLENS_TOOLSETS": toolsets}
    return load({"home": home}, {**os.environ, **asked})
