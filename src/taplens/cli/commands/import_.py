"""`taplens import`: takes over what other programs are configured with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taplens import messages
from taplens.cli import options, output

if TYPE_CHECKING:
    from taplens.llm.litellm import Imported


def build() -> click.Command:
    """The command, with a command of its own for each program."""
    return options.group("import", _litellm(), _mcpagentre())


def _litellm() -> click.Command:
    @options.command(
        "litellm",
        click.argument("config", type=click.Path(path_type=Path)),
        options.option("--write", key="write", is_flag=True),
        options.option("--force", key="force", is_flag=True),
        options.home(),
        options.as_json(),
        key="import.litellm",
    )
    def litellm(
        *, config: Path, write: bool, force: bool, home: Path | None, as_json: bool
    ) -> None:
        from taplens.llm.litellm import read, translate

        found = translate(read(config))
        if write:
            settings = options.settings_of(home)
            place = settings.providers_file or settings.home / "providers.toml"
            _write(place, found.toml(), force=force)
            output.say(messages.text("cli.import.litellm.written", path=place))
        if as_json:
            output.print_json(_object(found))
            return
        if not write:
            output.data(found.toml())
        for what, reason in _notes(found):
            output.say(f"⚠ {what}: {reason}")

    return litellm


def _mcpagentre() -> click.Command:
    @options.command(
        "mcpagentre",
        click.argument("folder", type=click.Path(file_okay=False, exists=True, path_type=Path)),
        options.option("--write", key="write", is_flag=True),
        options.option("--force", key="force", is_flag=True),
        options.home(),
        options.as_json(),
        key="import.mcpagentre",
    )
    def mcpagentre(
        *, folder: Path, write: bool, force: bool, home: Path | None, as_json: bool
    ) -> None:
        from taplens.cli import mcpagentre

        found = mcpagentre.read(folder)
        if write:
            for place in mcpagentre.write(found, options.settings_of(home).home, force=force):
                output.say(messages.text("cli.import.mcpagentre.written", path=place))
        shown = found.shown()
        if as_json:
            output.print_json(shown)
        elif not write:
            output.data(_as_toml(shown))
        for key, parameters in found.notes:
            output.say("⚠ " + messages.text(f"cli.import.mcpagentre.note.{key}", **parameters))
        if not write:
            output.say(messages.text("cli.import.mcpagentre.how"))

    return mcpagentre


def _as_toml(shown: dict[str, Any]) -> str:
    """What would be written, file by file."""
    import tomlkit

    settings, providers = shown["settings"], {"providers": shown["providers"]}
    parts = [f"# taplens.toml\n{tomlkit.dumps(settings)}"]
    if shown["providers"]:
        parts.append(f"# providers.toml\n{tomlkit.dumps(providers)}")
    if "data_file" in shown:
        parts.append(f"# {shown['data_file']}\n")
    return "\n".join(parts).rstrip()


def _write(place: Path, text: str, *, force: bool) -> None:
    """Write the file, over an existing one only with `force`. Raises ConfigurationError."""
    from taplens.errors import ConfigurationError

    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("w" if force else "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError as fault:
        raise ConfigurationError("file_exists", path=place) from fault
    except OSError as fault:
        raise ConfigurationError("file_not_written", path=place, detail=fault.strerror) from fault


def _notes(found: Imported) -> list[tuple[str, str]]:
    return [
        (note.place, messages.text(f"cli.import.litellm.reason.{note.reason}"))
        for note in found.notes
    ]


def _object(found: Imported) -> dict[str, object]:
    notes = [{"place": place, "reason": reason} for place, reason in _notes(found)]
    return {"providers": found.providers, "models": found.models, "not_taken": notes}
