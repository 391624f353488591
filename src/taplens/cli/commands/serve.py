"""`taplens serve`: MCP and chat completions over HTTP, and what to paste into clients."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taplens import messages
from taplens.cli import options, output

if TYPE_CHECKING:
    from taplens.config import Settings
    from taplens.gateway.services import Services

DEFAULT_PORT = 8780
_MODELS_SHOWN = 5


def build() -> click.Command:
    """The command."""

    @options.command(
        "serve",
        options.option("--host", key="host", default="127.0.0.1", show_default=True),
        options.option(
            "--port",
            key="port",
            type=click.IntRange(0, 65535),
            default=DEFAULT_PORT,
            show_default=True,
        ),
        options.toolsets(),
        options.workspace(),
        options.home(),
        options.as_json(),
    )
    def serve(
        *,
        host: str,
        port: int,
        toolsets: str | None,
        workspace: tuple[str, ...],
        home: Path | None,
        as_json: bool,
    ) -> None:
        from taplens.serving.run import run

        settings = options.settings_of(home, workspace, toolsets)

        def ready(url: str, services: Services) -> None:
            found = configurations(settings, url, host) | {"chat": chat(services, url)}
            output.print_json(found) if as_json else _show(found)

        run(settings, bind=host, port=port, ready=ready)

    return serve


def configurations(settings: Settings, url: str, host: str) -> dict[str, Any]:
    """The URL of the server at `url`, bound to `host`, and the JSON to paste for stdio and HTTP."""
    from taplens.gateway.security import is_loopback
    from taplens.mcp import client_config
    from taplens.mcp.http import PATH

    endpoint, guarded = url + PATH, not is_loopback(host)
    return {
        "url": endpoint,
        "stdio": client_config.stdio(settings),
        "http": client_config.streamable_http(settings, endpoint, guarded=guarded),
        "bridged": client_config.bridged(settings, endpoint, guarded=guarded),
    }


def chat(services: Services, url: str) -> dict[str, Any]:
    """How to chat with the server at `url`: base URL, models, whether a key is needed, a call.

    `missing` names the settings that would make a language model answer; empty when one does.
    """
    from taplens.llm.entries import configured

    providers = {
        upstream.provider.name: upstream.provider
        for model in services.catalogue.models()
        for upstream in model.upstreams
    }
    answering = {name for name, provider in providers.items() if configured(provider)}
    models = [
        model.name
        for model in services.catalogue.models()
        if any(upstream.provider.name in answering for upstream in model.upstreams)
    ]
    key_needed = not services.books.keyring.is_empty
    outer = [provider for provider in providers.values() if provider.kind != "builtin"]
    settings = [provider.key_setting for provider in outer]
    missing = [] if any(map(configured, outer)) else settings
    return {
        "base_url": url + "/v1",
        "models": models,
        "key_needed": key_needed,
        "missing": missing,
        "curl": _curl(url + "/v1", models[0], key_needed=key_needed),
    }


def _curl(base_url: str, model: str, *, key_needed: bool) -> str:
    body = {"model": model, "messages": [{"role": "user", "content": "你好"}]}
    lines = [f"curl {base_url}/chat/completions"]
    if key_needed:
        lines.append("-H 'Authorization: Bearer <key>'")
    lines += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(body, ensure_ascii=False)}'"]
    return " \\\n  ".join(lines)


def _show(found: dict[str, Any]) -> None:
    click.echo(messages.text("cli.serve.url", url=found["url"]))
    for name in ("stdio", "http", "bridged"):
        click.echo("\n" + messages.text(f"cli.serve.{name}"))
        click.echo(json.dumps(found[name], ensure_ascii=False, indent=2))
    _show_chat(found["chat"])
    click.echo("\n" + messages.text("cli.serve.stop"))
    sys.stdout.flush()


def _show_chat(found: dict[str, Any]) -> None:
    key = messages.text("cli.serve.chat_key" if found["key_needed"] else "cli.serve.chat_open")
    base_url, models = found["base_url"], found["models"]
    click.echo("\n" + messages.text("cli.serve.chat", base_url=base_url, key=key))
    names = ", ".join(models[:_MODELS_SHOWN]) + (" …" if len(models) > _MODELS_SHOWN else "")
    click.echo(messages.text("cli.serve.models", names=names, base_url=base_url))
    if found["missing"]:
        settings = " / ".join(dict.fromkeys(found["missing"]))
        click.echo(messages.text("cli.serve.no_provider", settings=settings))
    click.echo(messages.text("cli.serve.curl"))
    click.echo(found["curl"])
