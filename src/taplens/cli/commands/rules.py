"""`taplens rules`: what test cases are judged by, shown and changed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from taplens import messages
from taplens.cli import options, output
from taplens.errors import ArgumentError

if TYPE_CHECKING:
    from taplens.evaluate.rules import Rules


def build() -> click.Command:
    """The command."""

    @options.command(
        "rules",
        click.argument("action", type=click.Choice(("show", "set", "reset")), default="show"),
        click.argument("settings", nargs=-1, metavar="[KEY=VALUE]..."),
        options.option("--yes", key="rules_yes", is_flag=True),
        options.home(),
        options.as_json(),
    )
    def rules(
        *, action: str, settings: tuple[str, ...], yes: bool, home: Path | None, as_json: bool
    ) -> None:
        from taplens.evaluate.rules import DEFAULT, change, load, path_of, save

        path = path_of(options.settings_of(home).home)
        if settings and action != "set":
            raise ArgumentError("rules_arguments", text=settings[0][:60])
        if action == "reset":
            if path.exists() and not yes:
                click.confirm(messages.text("cli.rules.confirm", path=path), abort=True, err=True)
            save(DEFAULT, path)
        found = change(path, dict(map(_pair, settings))) if action == "set" else load(path)
        _show(found, path, as_json=as_json)

    return rules


def _pair(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign or not key.strip():
        raise ArgumentError("rules_arguments", text=text[:60])
    return key.strip(), value


def _show(rules: Rules, path: Path, *, as_json: bool) -> None:
    from taplens.evaluate.rules import to_toml

    if as_json:
        output.print_json(asdict(rules))
        return
    output.data(to_toml(rules).rstrip("\n"))
    code = "cli.rules.file" if path.exists() else "cli.rules.defaults"
    output.say(messages.text(code, path=path))
