"""The bytes of a picture in a description, by TAPD's temporary link to it."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from taplens.errors import AccessError, ArgumentError, ProtocolError, TapdError, UnreachableError
from taplens.proxy import proxy_of
from taplens.tapd.envelope import wrapped_row
from taplens.tapd.rich_text import IMAGE_SCHEME

if TYPE_CHECKING:
    import aiohttp

    from taplens.config import Settings
    from taplens.tapd.client import Client

MOST_BYTES = 5 * 1024 * 1024
SECONDS = 30.0
_PATH = "files/get_image"
_MOST_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)
_IMAGE_PATH = re.compile(r"/tfl/[\w./%@+~-]+")
# What a file begins with: the type that it says it is counts for nothing.
_BEGINS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
# Where TAPD keeps files: its own domain, whichever host of it.
_TAPD_HOSTS = ("tapd.cn", "tapd.com")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: its bytes, and its type as they show it."""

    data: bytes
    mime_type: str


def path_of(image: str) -> str:
    """The path of a picture as TAPD knows it, from what stands in our Markdown or in TAPD's pages.

    Raises ArgumentError for anything else.
    """
    text = image.strip().removeprefix(IMAGE_SCHEME)
    try:
        path = urlsplit(text).path if "://" in text else text
    except ValueError as fault:
        raise ArgumentError("image_path", image=image[:100]) from fault
    if not _IMAGE_PATH.fullmatch(path) or ".." in path.split("/"):
        raise ArgumentError("image_path", image=image[:100])
    return path


async def fetch_image(
    client: Client, settings: Settings, workspace_id: str, image: str
) -> Picture:
    """The picture of a workspace that `image` names (see path_of).

    TAPD is asked for a link, valid for 300 s, which is followed without our credentials, and to
    hosts of TAPD's alone. Raises ArgumentError for what names no picture, AccessError for one that
    TAPD doesn't give, ProtocolError for an answer that is no picture, is too large, or leads
    elsewhere, and other TapdErrors for the way there.
    """
    path = path_of(image)
    data = await client.get(_PATH, workspace_id=workspace_id, image_path=path)
    address = str(wrapped_row(data, "Attachment", _PATH).get("download_url") or "")
    try:
        async with asyncio.timeout(SECONDS):
            content = await _downloaded(address, settings)
    except TimeoutError as fault:
        raise UnreachableError("image_late", seconds=SECONDS) from fault
    return Picture(content, _type_of(content))


async def _downloaded(address: str, settings: Settings) -> bytes:
    import aiohttp

    # No cookies, no credentials of ours, nothing of the environment's.
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(cookie_jar=jar, trust_env=False) as session:
        for _ in range(_MOST_REDIRECTS + 1):
            _check_address(address, settings)
            try:
                found = await _step(session, address)
            except aiohttp.ClientError as fault:
                raise UnreachableError("image_unreachable", detail=type(fault).__name__) from fault
            if isinstance(found, bytes):
                return found
            address = urljoin(address, found)
    raise ProtocolError("image_refused", host=_host(address))


async def _step(session: aiohttp.ClientSession, address: str) -> bytes | str:
    """The bytes behind an address, or where it leads on to."""
    proxy, headers = proxy_of(address)
    options: dict[str, Any] = {"proxy": proxy, "proxy_headers": headers} if proxy else {}
    async with session.get(address, allow_redirects=False, **options) as response:
        if response.status in _REDIRECTS:
            return response.headers.get("Location", "")
        if response.status in (403, 404, 410):
            raise AccessError("image_gone")
        if response.status != 200:
            raise TapdError("image_status", status=response.status)
        content = bytearray()
        async for part in response.content.iter_chunked(1 << 16):
            content += part
            if len(content) > MOST_BYTES:
                raise ProtocolError("image_too_large", megabytes=MOST_BYTES >> 20)
        return bytes(content)


def _check_address(address: str, settings: Settings) -> None:
    """Raises ProtocolError for an address that isn't TAPD's: it could be anybody's server.

    An installation of one's own keeps its files where its API is.
    """
    own = urlsplit(settings.api_base_url)
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as fault:
        raise ProtocolError("image_refused", host="?") from fault
    host = (parts.hostname or "").lower()
    if parts.username or parts.password or parts.scheme not in ("http", "https"):
        raise ProtocolError("image_refused", host=host or "?")
    if (host, port) == ((own.hostname or "").lower(), own.port):
        return
    in_cloud = any(_within(own.hostname or "", domain) for domain in _TAPD_HOSTS)
    at_tapd = any(_within(host, domain) for domain in _TAPD_HOSTS)
    if not (in_cloud and at_tapd and parts.scheme == "https" and port in (None, 443)):
        raise ProtocolError("image_refused", host=host or "?")


def _within(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or "?"
    except ValueError:
        return "?"


def _type_of(content: bytes) -> str:
    """The type of a picture by its first bytes. Raises ProtocolError for what is none."""
    for begin, mime_type in _BEGINS:
        if content.startswith(begin):
            return mime_type
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    raise ProtocolError("image_type", size=len(content))
