"""Pictures come by TAPD's link, within bounds, from TAPD's hosts alone, without credentials."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from taplens.config import Secret, Settings
from taplens.errors import AccessError, ArgumentError, ProtocolError, RejectedError, TapLensError
from taplens.tapd import images
from taplens.tapd.client import Client
from taplens.tapd.images import fetch_image, path_of

if TYPE_CHECKING:
    from taplens.sandbox import RunningSandbox

FIRST = "50311786"


def named(word: str) -> str:
    return f"tapd-image:/tfl/captures/2026-03/tapd_{FIRST}_base64_{word}.png"


@pytest.fixture
def settings(sandbox: RunningSandbox, tmp_path: Path) -> Settings:
    return Settings(
        home=tmp_path, api_base_url=sandbox.base_url, access_token=Secret("demo"),
        workspace_ids=(FIRST,), requests_per_minute=1_000_000,
    )  # fmt: skip


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[Client]:
    async with Client(settings) as opened:
        yield opened


@pytest.mark.parametrize("word", ["plain", "moved"])
async def test_a_picture_comes_with_the_type_that_its_bytes_show(
    client: Client, settings: Settings, word: str
) -> None:
    found = await fetch_image(client, settings, FIRST, named(word))
    assert found.data.startswith(b"\x89PNG")
    assert found.mime_type == "image/png"
    assert client.usage.requests == 1


@pytest.mark.parametrize(
    ("word", "kind", "code"),
    [
        ("gone", AccessError, "image_gone"),
        ("page", ProtocolError, "image_type"),
        ("huge", ProtocolError, "image_too_large"),
        ("elsewhere", ProtocolError, "image_refused"),
    ],
)
async def test_what_is_no_picture_of_tapds_is_refused(
    client: Client, settings: Settings, word: str, kind: type[TapLensError], code: str
) -> None:
    with pytest.raises(kind) as caught:
        await fetch_image(client, settings, FIRST, named(word))
    assert caught.value.code == code
    assert "127.0.0.1" not in caught.value.message("en")


@pytest.mark.parametrize(
    "image",
    ["", "/etc/passwd", "tapd-image:/tfl/../../etc/passwd", "/tfl/a b.png", "file:///tfl/x.png/..",
     "http://[", "https://evil.example/x.png", "/tfl/x.png?a=1", "/tfl/\n.png"],
)  # fmt: skip
def test_what_names_no_picture_is_refused_before_anybody_is_asked(image: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        path_of(image)
    assert caught.value.code == "image_path"


def test_a_picture_is_known_by_its_path_or_its_whole_address() -> None:
    path = f"/tfl/captures/2026-03/tapd_{FIRST}_base64_1.png"
    for image in (path, f"tapd-image:{path}", f"https://file.tapd.cn{path}?x=1"):
        assert path_of(image) == path


async def test_a_picture_of_another_workspace_is_tapds_to_refuse(
    client: Client, settings: Settings
) -> None:
    with pytest.raises(RejectedError):
        await fetch_image(client, settings, "46027719", named("plain"))


@pytest.mark.parametrize(
    ("base", "address", "allowed"),
    [
        ("https://api.tapd.cn", "https://file.tapd.cn/x", True),
        ("https://api.tapd.cn", "http://file.tapd.cn/x", False),
        ("https://api.tapd.cn", "https://file.tapd.cn:8443/x", False),
        ("https://api.tapd.cn", "https://tapd.cn.evil.example/x", False),
        ("https://api.tapd.cn", "https://eviltapd.cn/x", False),
        ("https://api.tapd.cn", "https://u:p@file.tapd.cn/x", False),
        ("https://api.tapd.cn", "http://127.0.0.1/x", False),
        ("https://api.tapd.cn", "https://[::1]/x", False),
        ("https://api.tapd.cn", "file:///etc/passwd", False),
        ("https://api.tapd.cn", "", False),
        ("http://tapd.corp:8080/api", "http://tapd.corp:8080/x", True),
        ("http://tapd.corp:8080/api", "http://tapd.corp:9090/x", False),
        ("http://tapd.corp:8080/api", "https://file.tapd.cn/x", False),
    ],
)
def test_links_lead_to_tapd_or_nowhere(base: str, address: str, allowed: bool) -> None:
    settings = Settings(api_base_url=base)
    if allowed:
        images._check_address(address, settings)
        return
    with pytest.raises(ProtocolError) as caught:
        images._check_address(address, settings)
    assert caught.value.code == "image_refused"


async def test_our_credentials_and_cookies_stay_here(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, str]] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(dict(request.headers))
        if request.path == "/files/get_image":
            row = {"Attachment": {"download_url": f"{request.scheme}://{request.host}/x.gif"}}
            told = web.json_response({"status": 1, "data": row, "info": "success"})
            told.set_cookie("tapdsession", "geheim")
            return told
        return web.Response(body=b"GIF89a...", content_type="text/plain")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        own = replace(settings, api_base_url=f"http://127.0.0.1:{port}")
        async with Client(own) as client:
            found = await fetch_image(client, own, FIRST, named("plain"))
    finally:
        await runner.cleanup()
    assert found.mime_type == "image/gif"
    asked, fetched = seen
    assert "demo" in asked["Authorization"]
    assert not {"Authorization", "Cookie"} & fetched.keys()
