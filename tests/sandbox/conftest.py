"""A bare HTTP client for the sandbox's tests: no part of the product between test and server."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from taplens.sandbox import RunningSandbox

Row = dict[str, Any]
BEARER = {"Authorization": "Bearer demo"}


@dataclass
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def envelope(self) -> Row:
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found

    @property
    def data(self) -> Any:
        envelope = self.envelope
        assert (self.status, envelope["status"]) == (200, 1), envelope
        return envelope["data"]

    @property
    def info(self) -> str:
        return str(self.envelope["info"])


class Web:
    """Asks one sandbox."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)

    def ask(
        self,
        path: str,
        headers: dict[str, str] | None = None,
        *,
        method: str = "GET",
        body: Any = None,
        **parameters: Any,
    ) -> Reply:
        query = "&".join(part for part in (urlencode(parameters, doseq=True),) if part)
        target = f"{'' if path.startswith('/') else '/'}{path}"
        if query:
            target += ("&" if "?" in target else "?") + query
        encoded = None if body is None else json.dumps(body).encode()
        self._connection.request(method, target, encoded, BEARER if headers is None else headers)
        response = self._connection.getresponse()
        return Reply(response.status, response.headers, response.read())

    def rows(self, path: str, **parameters: Any) -> list[Row]:
        """The rows of a list, out of their wrappers."""
        data = self.ask(path, **parameters).data
        assert isinstance(data, list)
        return [next(iter(row.values())) for row in data]

    def ids(self, path: str, **parameters: Any) -> list[str]:
        return [row["id"] for row in self.rows(path, fields="id", **parameters)]

    def count(self, path: str, **parameters: Any) -> int:
        count = self.ask(f"{path}/count", **parameters).data["count"]
        assert isinstance(count, int)
        return count

    def close(self) -> None:
        self._connection.close()


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.fixture
def web(sandbox: RunningSandbox) -> Iterator[Web]:
    client = Web(sandbox.base_url)
    yield client
    client.close()


@pytest.fixture
def first(sandbox: RunningSandbox) -> str:
    """The id of the first workspace."""
    return str(projects(sandbox)[0]["id"])


def projects(sandbox: RunningSandbox) -> list[Row]:
    return [row for row in sandbox.store.workspaces() if row["category"] != "organization"]
