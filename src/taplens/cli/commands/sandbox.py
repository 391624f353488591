"""`taplens sandbox`: a TAPD of our own, with a generated team's workspaces."""

from __future__ import annotations

import json
import sys

import click

from taplens import messages
from taplens.cli import options

DEFAULT_PORT = 8790
_CREDENTIAL = "demo"


def build() -> click.Command:
    """The command."""

    @options.command(
        "sandbox",
        options.option("--items", key="items", default=300, show_default=True,
                       type=click.IntRange(1, 200_000), metavar="N"),
        options.option("--seed", key="seed", type=int, default=1, show_default=True, metavar="S"),
        options.option("--port", key="port", type=click.IntRange(0, 65535), default=DEFAULT_PORT,
                       show_default=True, metavar="P"),
        options.option("--host", key="sandbox_host", default="127.0.0.1", show_default=True),
        options.option("--latency", key="latency", type=click.FloatRange(0, 60), default=0.0,
                       show_default=True, metavar="SECONDS"),
        options.option("--provider", key="provider", is_flag=True),
        options.as_json(),
    )  # fmt: skip
    def sandbox(
        *,
        items: int,
        seed: int,
        port: int,
        host: str,
        latency: float,
        provider: bool,
        as_json: bool,
    ) -> None:
        from taplens.sandbox import SandboxOptions, serve

        def ready(url: str) -> None:
            told = variables(url) | (provider_variables(url) if provider else {})
            click.echo(json.dumps(told) if as_json else _shown(url, told))
            sys.stdout.flush()

        chosen = SandboxOptions(items=items, seed=seed, latency=latency, provider=provider)
        serve(chosen, host, port, ready=ready)

    return sandbox


def variables(url: str) -> dict[str, str]:
    """The environment that makes TapLens use the sandbox at `url`."""
    from taplens.sandbox.world import PLANS

    return {
        "TAPD_API_BASE_URL": url,
        "TAPD_ACCESS_TOKEN": _CREDENTIAL,
        "TAPD_WORKSPACE_ID": PLANS[0].id,
    }


def provider_variables(url: str) -> dict[str, str]:
    """The environment that makes TapLens use the sandbox at `url` as its model provider."""
    return {"SILICONFLOW_BASE_URL": f"{url}/v1", "SILICONFLOW_API_KEY": _CREDENTIAL}


def _shown(url: str, told: dict[str, str]) -> str:
    lines = [messages.text("cli.sandbox.ready", url=url)]
    lines += [f"  {name}={value}" for name, value in told.items()]
    return "\n".join(lines)
