"""Attachments, inline images, and the keyword that ties a commit to an item."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import quote, urlsplit

from taplens.sandbox.server import ids
from taplens.sandbox.server.call import Call
from taplens.sandbox.server.envelope import Refusal, Result
from taplens.sandbox.server.site import Endpoint, Site
from taplens.sandbox.shapes import complete

DOWNLOAD = "_sandbox/download"
_TITLES = {"story": "name", "task": "name", "bug": "title"}


def attachment(site: Site, call: Call, endpoint: Endpoint) -> Result:
    """One attachment with an address to fetch it from."""
    workspace_id = call.get("workspace_id")
    row = site.store.get("attachment", workspace_id, ids.canonical(call.need("id"), workspace_id))
    if row is None:
        raise Refusal(404, "attachment not existed")
    address = {"download_url": _address(call, row["filename"])}
    return Result({endpoint.wrapper: complete("attachment", row) | address})


def image(_site: Site, call: Call, endpoint: Endpoint) -> Result:
    """An inline image by its `/tfl/…` path or whole address; it must be of the workspace."""
    workspace_id = call.get("workspace_id")
    path = urlsplit(call.need("image_path")).path
    name = PurePosixPath(path).name
    if not path.startswith("/tfl/") or workspace_id not in name:
        raise Refusal(422, "image_path is invalid")
    return Result({endpoint.wrapper: {
        "type": "tfl_image",
        "value": path,
        "workspace_id": int(workspace_id),
        "filename": name,
        "download_url": _address(call, name),
    }})  # fmt: skip


def commit_keyword(site: Site, call: Call, _endpoint: Endpoint) -> Result:
    """The text to put into a commit message, as TAPD's copy button makes it."""
    workspace_id, kind = call.get("workspace_id"), call.need("type")
    if kind not in _TITLES:
        raise Refusal(422, f"type is invalid: {kind[:80]}")
    item = site.store.get(kind, workspace_id, ids.canonical(call.need("object_id"), workspace_id))
    if item is None:
        raise Refusal(404, f"{kind} not existed")
    short = item["id"][-9:].lstrip("0")
    nick = call.account.nick if call.account else ""
    link = f"https://www.tapd.cn/{workspace_id}/s/{int(short) + 200_000}"
    return Result(f"--{kind}={short} --user={nick} {item[_TITLES[kind]]} {link}")


def _address(call: Call, filename: str) -> str:
    return f"{call.base_url}/{DOWNLOAD}/{quote(filename)}"
