"""The JSON to paste into MCP clients, exact for this machine and these settings."""

from __future__ import annotations

import sys
import tomllib
from typing import Any

from taplens.config import Secret, Settings, describe

# The sandbox's own credentials stand in its documentation: they are no secret.
_PUBLIC = frozenset({"demo", "guest"})
# What a process that serves over stdio has no use for.
_UNUSED = frozenset(
    {"http_token", "report_webhook", "report_webhook_secret", "report_webhook_kind"}
)


def stdio(settings: Settings) -> dict[str, Any]:
    """For clients that start the server themselves: Claude Desktop, Cursor, Cherry Studio.

    Secrets that stand in the home's taplens.toml are left to it; others appear as `<NAME>`.
    """
    entry = {
        "command": sys.executable,
        "args": ["-m", "taplens", "mcp"],
        "env": _environment(settings),
    }
    return {"mcpServers": {"taplens": entry}}


def streamable_http(settings: Settings, url: str, *, guarded: bool) -> dict[str, Any]:
    """For clients that connect to a running server at `url`: Cursor, Cherry Studio and others.

    `guarded`: the server demands a bearer token, be it only a key's.
    """
    entry: dict[str, Any] = {"type": "streamableHttp", "url": url}
    if token := _token(settings, guarded):
        entry["headers"] = {"Authorization": f"Bearer {token}"}
    return {"mcpServers": {"taplens": entry}}


def bridged(settings: Settings, url: str, *, guarded: bool) -> dict[str, Any]:
    """For clients that only start servers (Claude Desktop) but shall use the running one."""
    token = _token(settings, guarded)
    headers = ["--header", f"Authorization: Bearer {token}"] if token else []
    args = ["-y", "mcp-remote", url, *headers]
    return {"mcpServers": {"taplens": {"command": "npx", "args": args}}}


def _token(settings: Settings, guarded: bool) -> str:
    """What stands for the token: the operator's, else a key that may use MCP; "" for none."""
    if settings.http_token is not None:
        return "<TAPLENS_HTTP_TOKEN>"
    return "<taplens keys create NAME --mcp>" if guarded else ""


def _environment(settings: Settings) -> dict[str, str]:
    """Every setting that is neither its default nor in the home's taplens.toml."""
    left_out = _names_in_file(settings) | _UNUSED | {"home"}
    found = {"TAPLENS_HOME": str(settings.home.absolute())}
    for name, variable, default, _about in describe():
        value = getattr(settings, name)
        if name not in left_out and value != default:
            found[variable] = _shown(variable, value)
    return found


def _shown(variable: str, value: object) -> str:
    if isinstance(value, Secret):
        return value.reveal() if value.reveal() in _PUBLIC else f"<{variable}>"
    if variable == "TAPLENS_DATABASE_URL":  # it may hold a password
        return f"<{variable}>"
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _names_in_file(settings: Settings) -> set[str]:
    try:
        text = (settings.home / "taplens.toml").read_text(encoding="utf-8-sig")
    except OSError:
        return set()
    return set(tomllib.loads(text))  # it was read without fault when the settings were made
