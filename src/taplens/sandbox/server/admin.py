"""The admin paths under `/_sandbox/`: faults, passing time, the request log, the truth.

They answer only callers on this machine, and no web page: a TAPD has no such paths.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import fields
from ipaddress import ip_address
from itertools import repeat
from typing import Any
from urllib.parse import urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from taplens.sandbox.provider import admin as provider_admin
from taplens.sandbox.server.faults import Fault
from taplens.sandbox.server.state import Sandbox

PREFIX = "_sandbox"
_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
_FAULT_FIELDS = {field.name for field in fields(Fault)}
# The types of those that are not texts; JSON's null stands for no limit.
_FAULT_TYPES: dict[str, Any] = {
    "after": int, "every": int, "times": int | None, "seconds": int | float, "status": int,
    "acts": list,
}  # fmt: skip
_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154"
    "789c63f8ffff3f0005fe02fea7b1a5f60000000049454e44ae426082"
)  # a PNG of one white pixel

Page = Callable[[Sandbox, Request], Awaitable[Any]]


async def respond(sandbox: Sandbox, path: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request below the prefix."""
    request = Request(scope, receive)
    response = await _response(sandbox, path, request)
    await response(scope, receive, send)


async def _response(sandbox: Sandbox, path: str, request: Request) -> Response:
    if not _is_local(request):
        return _json({"error": "the admin paths answer this machine only"}, 403)
    _, _, rest = path.partition("/")
    if rest.startswith("download/"):
        return _download(rest)
    page = _PAGES.get((request.method, rest)) or _provider_page(sandbox, request.method, rest)
    if page is None:
        return _json({"error": f"no {request.method} {path}"}, 404)
    try:
        return _json(await page(sandbox, request))
    except (TypeError, ValueError, KeyError) as fault:
        return _json({"error": str(fault)}, 422)


def _download(name: str) -> Response:
    """A picture; by a word in its name one that misbehaves: gone, page, huge, moved, elsewhere."""
    if "gone" in name:
        return Response("expired", 404)
    if "page" in name:
        return Response("<html>sign in</html>", media_type="image/png")
    if "huge" in name:
        return StreamingResponse(repeat(_PIXEL * 1000, 2000), media_type="image/png")
    if "elsewhere" in name:
        return RedirectResponse("http://127.0.0.2:9/x.png")
    if "moved" in name:
        return RedirectResponse("plain.png")
    return Response(_PIXEL, media_type="image/png")


async def _add_fault(sandbox: Sandbox, request: Request) -> Any:
    asked = await _body(request)
    unknown = sorted(set(asked) - _FAULT_FIELDS)
    if unknown:
        raise ValueError(f"unknown: {', '.join(unknown)}")
    for name, value in asked.items():
        if not isinstance(value, _FAULT_TYPES.get(name, str)):
            raise ValueError(f"{name} can't be {value!r}")
    return {"number": sandbox.faults.add(Fault(**asked))}


async def _list_faults(sandbox: Sandbox, _request: Request) -> Any:
    return sandbox.faults.listing()


async def _clear_faults(sandbox: Sandbox, _request: Request) -> Any:
    sandbox.faults.clear()
    return {}


async def _live(sandbox: Sandbox, request: Request) -> Any:
    return await sandbox.act(await _body(request))


async def _requests(sandbox: Sandbox, _request: Request) -> Any:
    log = sandbox.log
    return {"total": log.total, "counts": log.counts(), "requests": log.listing()}


async def _clear_requests(sandbox: Sandbox, _request: Request) -> Any:
    sandbox.log.clear()
    return {}


async def _truth(sandbox: Sandbox, request: Request) -> Any:
    query = request.query_params
    return await sandbox.in_worker(
        sandbox.truth, query["workspace_id"], query["entity"],
        int(query.get("offset", "0")), int(query.get("limit", "1000")),
    )  # fmt: skip


_PAGES: dict[tuple[str, str], Page] = {
    ("POST", "life"): _live,
    ("POST", "faults"): _add_fault,
    ("GET", "faults"): _list_faults,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "requests"): _requests,
    ("DELETE", "requests"): _clear_requests,
    ("GET", "truth"): _truth,
}


def _provider_page(sandbox: Sandbox, method: str, rest: str) -> Page | None:
    """The provider's own page for what follows its prefix; None where there is none."""
    provider = sandbox.provider
    if provider is None or not rest.startswith(provider_admin.PREFIX):
        return None
    found = provider_admin.PAGES.get((method, rest.removeprefix(provider_admin.PREFIX)))
    if found is None:
        return None

    async def page(_sandbox: Sandbox, request: Request) -> Any:
        asked = await _body(request) if method in ("POST", "PUT") else {}
        return await found(provider, asked)

    return page


async def _body(request: Request) -> dict[str, Any]:
    found = orjson.loads(await request.body())
    if not isinstance(found, dict):
        raise ValueError("the body must be a JSON object")
    return found


def _is_local(request: Request) -> bool:
    """Whether the caller is on this machine and no page of another site's name."""
    host = request.client.host if request.client else ""
    name = urlsplit(f"//{request.headers.get('host', '')}").hostname
    return name in _LOCAL_NAMES and _is_loopback(host) and "origin" not in request.headers


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
