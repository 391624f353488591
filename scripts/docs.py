"""Write what follows from the code: the reference pages, server.json and glama.json.

python scripts/docs.py            write docs/reference and the manifests
python scripts/docs.py --check    fail where one of them is stale
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

ROOT = Path(__file__).resolve().parent.parent
NOTE = "<!-- Written by scripts/docs.py from the code: don't edit. -->"
# The pages are the same whatever the machine's language and width.
FIXED = {"TAPLENS_LANG": "en", "COLUMNS": "100", "TERM": "dumb"}


def main() -> None:
    """Write the files, or check them."""
    os.environ.update(FIXED)
    texts = {place: make() for place, make in FILES.items()}
    if "--check" in sys.argv[1:]:
        stale = [place for place, text in texts.items() if _written(place) != text]
        if stale:
            sys.exit(f"Stale: {', '.join(stale)}. Run `make docs` and commit them.")
        return
    for place, text in texts.items():
        path = ROOT / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        print(place)


def _written(place: str) -> str:
    path = ROOT / place
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _page(title: str, lines: Iterator[str]) -> str:
    return "\n".join([NOTE, "", f"# {title}", "", *lines]).rstrip() + "\n"


def tools() -> str:
    """The tools with their arguments and a correct call."""
    return _page("Tools", _tools())


def _tools() -> Iterator[str]:
    from taplens.config import TOOLSETS
    from taplens.mcp.server import instructions
    from taplens.tools import registry

    yield f"The set `default` is always offered; `--toolsets` adds {', '.join(TOOLSETS)}.\n"
    for tool in registry.offered(TOOLSETS):
        writes = "changes only the mirror" if tool.toolset == "default" else "writes files"
        kind = "read-only" if tool.read_only else writes
        yield f"## {tool.name}\n\n{tool.description}\n"
        fills = ", ".join(tool.fills) if isinstance(tool, registry.Tool) else ""
        answers = f" Answers with: {fills}." if fills else ""
        yield f"Toolset `{tool.toolset}`, {kind}.{answers}\n"
        yield "| argument | type | default |\n|---|---|---|"
        schema = tool.input_schema()
        for name, field in tool.arguments.model_fields.items():
            shape = _shape(schema["properties"][name])
            default = "required" if field.is_required() else f"`{_shown(field.default)}`"
            yield f"| `{name}` | {shape} | {default} |"
        yield f"\n```\n{tool.example_call()}\n```\n"
    yield "## What the server tells a model\n\n```"
    from taplens.config import Settings

    yield instructions(Settings(workspace_ids=("12345678",))) + "\n```"


def _shape(schema: dict[str, object]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])  # type: ignore[attr-defined]
    if "minimum" in schema:
        return f"{schema['minimum']} to {schema['maximum']}"
    return "list of texts" if schema["type"] == "array" else str(schema["type"])


def _shown(default: object) -> str:
    import json

    return json.dumps(default, ensure_ascii=False)


def settings() -> str:
    """The settings with their environment names."""
    return _page("Settings", _settings())


def _settings() -> Iterator[str]:
    from taplens.config import describe

    yield (
        "From a flag of the command, else the environment, else `taplens.toml` in the home folder"
        " (it uses the names of the first column), else the default.\n"
    )
    yield "| name | environment | default | what for |\n|---|---|---|---|"
    for name, variable, default, about in describe():
        shown = "" if default in (None, "", ()) or name == "home" else f"`{default}`"
        yield f"| `{name}` | `{variable}` | {shown} | {about} |"
    yield (
        "\nThe home folder is by default the platform's folder for user data; `taplens doctor`"
        " says which. `TAPLENS_LANG` (`zh` or `en`) chooses the language of messages."
    )


def commands() -> str:
    """The commands with their help."""
    return _page("Commands", _commands())


def _commands() -> Iterator[str]:
    import click

    from taplens.cli.app import COMMANDS, group

    top = group()
    context = click.Context(top, info_name="taplens", terminal_width=100)
    yield f"```\n{top.get_help(context)}\n```\n"
    for name in COMMANDS:
        command = top.get_command(context, name)
        assert command is not None
        yield from _help(command, name, context)
    yield "## Exit codes\n\n| code | meaning |\n|---|---|"
    yield from _exit_codes()


def _exit_codes() -> Iterator[str]:
    from taplens import errors
    from taplens.cli.app import INTERRUPTED

    yield "| 0 | done |"
    yield "| 1 | `sync --verify` or `doctor` found something wrong |"
    for kind in (
        errors.UsageError,
        errors.TapdError,
        errors.MirrorError,
        errors.ServeError,
        errors.ModelError,
        errors.DeliveryError,
    ):
        assert kind.__doc__ is not None
        yield f"| {kind.exit_code} | {kind.__doc__.splitlines()[0]} |"
    yield f"| {INTERRUPTED} | interrupted with Ctrl-C |"


def _help(command: click.Command, name: str, parent: click.Context) -> Iterator[str]:
    """The help of a command, and of the commands in it."""
    import click

    context = click.Context(command, parent=parent, info_name=name, terminal_width=100)
    yield f"## {context.command_path}\n\n```\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            assert found is not None
            yield from _help(found, inner, context)


def http() -> str:
    """The HTTP interface, as /docs shows it."""
    return _page("HTTP interface", _http())


def _http() -> Iterator[str]:
    from taplens.gateway import docs_page, openapi

    yield from docs_page.markdown(openapi.document("en"), "en")


def server_json() -> str:
    """The manifest for the MCP registry."""
    from taplens.gateway import manifests

    return _json(manifests.server())


def glama_json() -> str:
    """The manifest for the public directory of MCP servers."""
    from taplens.gateway import manifests

    return _json(manifests.glama())


def _json(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


FILES: dict[str, Callable[[], str]] = {
    "docs/reference/tools.md": tools,
    "docs/reference/settings.md": settings,
    "docs/reference/commands.md": commands,
    "docs/reference/http.md": http,
    "server.json": server_json,
    "glama.json": glama_json,
}

if __name__ == "__main__":
    main()
