"""One request as the endpoints see it: its path, its parameters, and who asks."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from taplens.sandbox.server.accounts import Account
from taplens.sandbox.server.envelope import missing

_SECRET = "access_token"  # noqa: S105 - the parameter's name


@dataclass(slots=True)
class Call:
    """A request.

    `path` has no slashes around it, no doubled ones and no `.json`. `conditions` are the
    names of faults that change how the endpoint itself behaves (`refuse_ranges`);
    `hidden_workspaces` were withdrawn from the account; `base_url` is where the caller sees us.
    """

    method: str
    path: str
    parameters: dict[str, list[str]]
    account: Account | None = None
    conditions: frozenset[str] = frozenset()
    hidden_workspaces: frozenset[str] = frozenset()
    base_url: str = ""

    def get(self, name: str, default: str = "") -> str:
        """The value of a parameter, stripped; the last one where it is sent several times."""
        values = self.parameters.get(name)
        return values[-1].strip() if values else default

    def need(self, name: str) -> str:
        """The value of a required parameter. Raises Refusal (422) where it is missing."""
        value = self.get(name)
        if not value:
            raise missing(name)
        return value

    def every(self, name: str) -> list[str]:
        """All values of a parameter that may be sent as `name=a`, `name=a,b` or `name[]=a`."""
        sent = self.parameters.get(name, []) + self.parameters.get(f"{name}[]", [])
        return [part.strip() for value in sent for part in value.split(",") if part.strip()]

    @property
    def query(self) -> str:
        """The parameters for the request log; never the token."""
        return "&".join(
            f"{name}={value}"
            for name, values in self.parameters.items()
            if name != _SECRET
            for value in values
        )


def clean_path(raw: str) -> str:
    """`//stories.json` -> `stories`: clients join base and path without care."""
    path = "/".join(part for part in unquote(raw).split("/") if part)
    return path.removesuffix(".json")


def parse_query(query: bytes) -> dict[str, list[str]]:
    """The parameters of a query string, each with all its values."""
    parameters: dict[str, list[str]] = {}
    pairs = parse_qsl(query.decode("utf-8", "replace"), keep_blank_values=True, errors="replace")
    for name, value in pairs:
        parameters.setdefault(name, []).append(value)
    return parameters
