"""The directory of MCP servers: `/api/mcp/v1/servers`, page by page, and one by one."""

from __future__ import annotations

import base64
import binascii
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from taplens.errors import RefusalError, RequestFault
from taplens.gateway.answers import Answer, answer_json
from taplens.gateway.call import Call, Route

if TYPE_CHECKING:
    from taplens.config import Settings

PATH = "/api/mcp/v1/servers"
FIRST = 10
MOST = 100
QUERY_LENGTH = 200
Record = dict[str, Any]


def routes(settings: Settings) -> list[Route]:
    """The two calls. Raises ConfigurationError where the operator's file is faulty."""
    from taplens.gateway.records import all_records

    records = all_records(settings)

    async def listing(call: Call) -> Answer:
        return answer_json(page(records, call.query))

    async def single(call: Call) -> Answer:
        return answer_json(one(records, call.parameters["namespace"], call.parameters["slug"]))

    return [
        Route(PATH, ("GET",), listing, public=True),
        Route(PATH + "/{namespace}/{slug}", ("GET",), single, public=True),
    ]


def one(records: Sequence[Record], namespace: str, slug: str) -> Record:
    """The record of a server, whatever the case of its names. Raises RefusalError (404)."""
    for record in records:
        if _key(record).casefold() == f"{namespace}/{slug}".casefold():
            return record
    raise RefusalError("path_unknown_here", status=404)


def page(records: Sequence[Record], query: Mapping[str, str]) -> dict[str, Any]:
    """The page that `query` asks for: `first` records after the cursor `after`, with all words.

    Raises RequestFault naming a parameter that is out of its range.
    """
    first = _first(query.get("first"))
    words = _words(query.get("query", ""))
    start = _after(records, query.get("after"))
    matching = [n for n, record in enumerate(records) if _has(record, words)]
    rest = [n for n in matching if n >= start]
    shown = [records[n] for n in rest[:first]]
    info = {
        "startCursor": cursor_of(shown[0]) if shown else None,
        "endCursor": cursor_of(shown[-1]) if shown else None,
        "hasNextPage": len(rest) > first,
        "hasPreviousPage": len(rest) < len(matching),
    }
    return {"pageInfo": info, "servers": shown}


def cursor_of(record: Record) -> str:
    """The cursor of the place just after `record`."""
    return base64.urlsafe_b64encode(_key(record).encode("utf-8")).decode("ascii")


def _key(record: Record) -> str:
    return f"{record['namespace']}/{record['slug']}"


def _words(query: str) -> list[str]:
    if len(query) > QUERY_LENGTH:
        allowed = f"at most {QUERY_LENGTH} characters"
        raise RequestFault("request_field", field="query", allowed=allowed)
    return _plain(query).split()


def _first(given: str | None) -> int:
    if given is None or given == "":
        return FIRST
    if not (given.isascii() and given.isdigit() and len(given) <= 3 and 1 <= int(given) <= MOST):
        raise RequestFault("request_field", field="first", allowed=f"1 to {MOST}")
    return int(given)


def _after(records: Sequence[Record], given: str | None) -> int:
    """The index of the first record after the cursor."""
    if not given:
        return 0
    try:
        key = base64.b64decode(given.encode("ascii"), altchars=b"-_", validate=True).decode("utf-8")
    except (UnicodeError, binascii.Error):
        key = ""
    for number, record in enumerate(records):
        if _key(record) == key:
            return number + 1
    raise RequestFault("request_field", field="after", allowed="endCursor of a page")


def _has(record: Record, words: Sequence[str]) -> bool:
    text = _plain(" ".join((_key(record), record["name"], record["description"])))
    return all(word in text for word in words)


def _plain(text: str) -> str:
    """Full-width and capital letters as plain ones."""
    return unicodedata.normalize("NFKC", text).casefold()
