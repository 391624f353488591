"""The records of the directory: this server's own, the listed ones, and an operator's.

A record has the shape that the public MCP directory gives (`/api/mcp/v1/servers/...`).
"""

from __future__ import annotations

import base64
import hashlib
import json
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from taplens.config import Settings, describe
from taplens.errors import ConfigurationError

NAMESPACE = SLUG = "taplens"
TITLE = "TapLens"
ABOUT = "A local mirror of TAPD workspaces that answers from it over MCP."
REPOSITORY = "https://github.com/taplens/taplens"
LICENCE = {"name": "MIT", "url": "https://spdx.org/licenses/MIT.html"}
# What a server needs to be of use: the workspaces it mirrors.
REQUIRED = ("TAPD_WORKSPACE_ID",)
_ID_LENGTH = 10
Name = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Repository(_Shape):
    """Where the source of a server is kept."""

    url: str = Field(max_length=500)


class Licence(_Shape):
    """A licence by its SPDX name."""

    name: str
    url: str | None = None


class ToolShape(_Shape):
    """A tool as MCP lists it."""

    name: str
    description: str | None = None
    inputSchema: dict[str, Any] = {"type": "object"}  # noqa: N815 - the protocol's name


class Record(_Shape):
    """One server. `id` follows from namespace and slug where none is given."""

    id: str = Field(default="", max_length=40)
    name: str
    namespace: str = Name
    slug: str = Name
    description: str = ""
    url: str | None = None
    attributes: list[str] = []
    repository: Repository | None = None
    spdxLicense: Licence | None = None  # noqa: N815
    tools: list[ToolShape] = []
    environmentVariablesJsonSchema: dict[str, Any] | None = None  # noqa: N815

    def shown(self) -> dict[str, Any]:
        """The record as it is answered."""
        return self.model_dump() | {"id": self.id or identifier(self.namespace, self.slug)}


class _Listing(_Shape):
    servers: list[Record] = Field(max_length=10_000)


def identifier(namespace: str, slug: str) -> str:
    """The ten characters that stand for a server: the same whenever and wherever."""
    digest = hashlib.sha256(f"{namespace}/{slug}".encode()).digest()
    return base64.b32encode(digest).decode("ascii").lower()[:_ID_LENGTH]


def all_records(settings: Settings) -> list[dict[str, Any]]:
    """Every record, this server's first.

    Raises ConfigurationError `servers_file` where the operator's file can't be read, isn't of
    the shape, or lists a server twice.
    """
    builtin = files(__package__).joinpath("listed.json").read_text(encoding="utf-8")
    records = [own(), *_Listing.model_validate_json(builtin).servers]
    if settings.servers_file is not None:
        records += _from_file(settings.servers_file)
    known: set[tuple[str, str]] = set()
    for record in records:
        key = (record.namespace.lower(), record.slug.lower())
        if key in known:
            detail = f"{record.namespace}/{record.slug} is listed twice"
            raise ConfigurationError("servers_file", path=settings.servers_file, detail=detail)
        known.add(key)
    return [record.shown() for record in records]


def _from_file(path: Path) -> list[Record]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        parsed = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
        return _Listing.model_validate(parsed).servers
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        detail = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    except (OSError, ValueError, RecursionError) as fault:  # ValueError: JSON, TOML and UTF-8
        detail = str(fault)
    raise ConfigurationError("servers_file", path=path, detail=detail)


def own() -> Record:
    """The record of this server: its tools from the registry, its environment from the settings."""
    from taplens.tools import registry

    return Record(
        name=TITLE,
        namespace=NAMESPACE,
        slug=SLUG,
        description=ABOUT,
        attributes=["hosting:hybrid", "author:official"],
        repository=Repository(url=REPOSITORY),
        spdxLicense=Licence.model_validate(LICENCE),
        tools=[
            ToolShape(name=tool.name, description=tool.description, inputSchema=tool.input_schema())
            for tool in registry.offered()
        ],
        environmentVariablesJsonSchema=environment_schema(),
    )


def environment_schema() -> dict[str, Any]:
    """The JSON schema of the environment variables that the server reads."""
    properties = {}
    for name, variable, default, about in describe():
        properties[variable] = {"type": "string", "description": about}
        # The home's default depends on the machine.
        if default not in (None, "", ()) and name != "home":
            properties[variable]["default"] = str(default)
    return {"type": "object", "properties": properties, "required": list(REQUIRED)}
