"""What registries read of this project: `server.json` and `glama.json`, made from the code."""

from __future__ import annotations

from typing import Any

from taplens import __version__
from taplens.config import Secret, Settings, describe
from taplens.gateway.records import ABOUT, REPOSITORY, REQUIRED, TITLE

SERVER_SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-10-17/server.schema.json"
GLAMA_SCHEMA = "https://glama.ai/mcp/schemas/server.json"
NAME = "io.github.taplens/taplens"
PACKAGE = "taplens"


def server() -> dict[str, Any]:
    """`server.json` of the official MCP registry."""
    return {
        "$schema": SERVER_SCHEMA,
        "name": NAME,
        "title": TITLE,
        "description": ABOUT,
        "version": __version__,
        "repository": {"url": REPOSITORY, "source": "github"},
        "packages": [
            {
                "registryType": "pypi",
                "identifier": PACKAGE,
                "version": __version__,
                "runtimeHint": "uvx",
                "transport": {"type": "stdio"},
                "packageArguments": [{"type": "positional", "value": "mcp"}],
                "environmentVariables": [
                    {
                        "name": variable,
                        "description": about,
                        "isRequired": variable in REQUIRED,
                        "isSecret": name in _secrets(),
                    }
                    for name, variable, _default, about in describe()
                ],
            }
        ],
    }


def glama() -> dict[str, Any]:
    """`glama.json` of the public MCP directory."""
    return {"$schema": GLAMA_SCHEMA, "maintainers": ["taplens"]}


def _secrets() -> set[str]:
    """The settings that must not be shown; an address of a database may hold a password."""
    kept = {name for name, field in Settings.__dataclass_fields__.items() if _is_secret(field)}
    return kept | {"database_url"}


def _is_secret(field: Any) -> bool:
    return field.metadata["parse"] is Secret
