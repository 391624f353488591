"""Pages: their order, their number, their depth, and pages too large to be given."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taplens.errors import AccessError, ProtocolError, RejectedError, ServerFaultError
from taplens.tapd import Client, Page
from taplens.tapd.entities import RELATED_BUG, STORY, STORY_CHANGE, Entity
from taplens.tapd.paging import read_pages

from .raw_server import Answer, RawServer, Request, good, held, html, http, refusal, rows

WS = "58210347"


def table(size: int, wrapper: str = "Story") -> Callable[[Request], bytes]:
    """Answers lists of `size` rows numbered from 1, paged as TAPD pages, and their counts."""

    def answer(request: Request) -> bytes:
        if request.path.endswith("/count"):
            return good({"count": size})
        limit = request.number("limit")
        first = (request.number("page") - 1) * limit + 1
        return good(rows(wrapper, first, max(0, min(limit, size - first + 1))))

    return answer


async def collect(
    client: Client, entity: Entity = STORY, **options: object
) -> tuple[list[Page], list[str]]:
    pages = [page async for page in client.pages(entity, workspace_id=WS, **options)]  # type: ignore[arg-type]
    return pages, [row["id"] for page in pages for row in page.rows]


def numbers(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last + 1)]


@pytest.mark.parametrize(
    ("size", "total", "requests"),
    [
        (0, 0, 0),
        (0, None, 1),
        (1, 1, 1),
        (1, None, 1),
        (199, None, 1),
        (200, 200, 1),
        (200, None, 2),
        (1_050, 1_050, 6),
        (1_000, 1_000, 5),
    ],
)
async def test_a_list_is_read_whole_in_the_fewest_requests(
    size: int, total: int | None, requests: int, server: RawServer, client: Client
) -> None:
    server.handler = table(size)
    pages, ids = await collect(client, total=total)
    assert ids == numbers(1, size)
    assert len(server.requests) == requests
    assert [page.number for page in pages] == numbers_from_one(len(pages))
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]


def numbers_from_one(count: int) -> list[int]:
    return list(range(1, count + 1))


async def test_an_uncounted_list_asks_no_further_ahead_than_pages_were_full(
    server: RawServer, client: Client
) -> None:
    server.handler = table(1_300)
    _, ids = await collect(client)
    assert ids == numbers(1, 1_300)
    assert len(server.requests) <= 7 + 3


async def test_rows_that_came_in_after_the_count_are_read_too(
    server: RawServer, client: Client
) -> None:
    server.handler = table(650)
    pages, ids = await collect(client, total=350)
    assert ids == numbers(1, 650)
    assert pages[-1].number == 4


async def test_rows_that_went_after_the_count_end_the_list_early_or_not_at_all(
    server: RawServer, client: Client
) -> None:
    server.handler = table(150)
    pages, ids = await collect(client, total=450)
    assert ids == numbers(1, 150)
    assert pages[-1].last


async def test_reading_goes_on_from_any_page(server: RawServer, client: Client) -> None:
    server.handler = table(1_050)
    pages, ids = await collect(client, total=1_050, start_page=4)
    assert ids == numbers(601, 1_050)
    assert [page.number for page in pages] == [4, 5, 6]


async def test_four_pages_are_in_flight_and_come_out_in_order(
    server: RawServer, client: Client
) -> None:
    gates = {page: asyncio.Event() for page in range(1, 7)}
    answer = table(1_200)

    def hold(request: Request) -> Answer:
        return held(gates[request.number("page")], answer(request))

    server.handler = hold
    reading = asyncio.create_task(collect(client, total=1_200))
    await server.seen(4)
    for page in (4, 3, 2):
        gates[page].set()
    for _ in range(200):
        await asyncio.sleep(0)
    assert server.most_in_flight == 4
    assert len(server.requests) == 4  # nobody reads further ahead than that
    for gate in gates.values():
        gate.set()
    _, ids = await reading
    assert ids == numbers(1, 1_200)


async def test_a_reader_that_leaves_stops_the_pages_under_way(
    server: RawServer, client: Client
) -> None:
    never = asyncio.Event()
    answer = table(2_000)

    def hold(request: Request) -> Answer:
        page = answer(request)
        return page if request.number("page") == 1 else held(never, page)

    server.handler = hold
    pages = client.pages(STORY, workspace_id=WS, total=2_000)
    async for page in pages:
        assert page.number == 1
        break
    await pages.aclose()
    assert not [task for task in asyncio.all_tasks() if "rows" in repr(task.get_coro())]


async def test_a_fault_of_one_page_ends_the_reading_and_hides_no_page(
    server: RawServer, client: Client
) -> None:
    answer = table(1_000)

    def fail_third(request: Request) -> Answer:
        return refusal(403, "没有权限") if request.number("page") == 3 else answer(request)

    server.handler = fail_third
    seen: list[int] = []
    with pytest.raises(AccessError):
        async for page in client.pages(STORY, workspace_id=WS, total=1_000):
            seen += [page.number]
    assert seen == [1, 2]


async def test_the_depth_cap_is_met_before_tapd_is_asked(server: RawServer, client: Client) -> None:
    server.handler = table(30_000)
    with pytest.raises(RejectedError) as caught:
        await client.rows(STORY, workspace_id=WS, page=101)
    assert caught.value.code == "too_deep"
    with pytest.raises(RejectedError):
        await client.rows(STORY_CHANGE, workspace_id=WS, page=201)
    assert server.requests == []
    server.handler = table(30_000, "WorkitemChange")
    assert len(await client.rows(STORY_CHANGE, workspace_id=WS, page=200)) == 100


async def test_every_page_up_to_the_depth_cap_is_read_before_the_fault(
    server: RawServer, client: Client
) -> None:
    server.handler = table(30_000)
    ids: list[str] = []
    with pytest.raises(RejectedError):
        async for page in client.pages(STORY, workspace_id=WS, total=30_000, start_page=98):
            ids += [row["id"] for row in page.rows]
    assert ids == numbers(19_401, 20_000)


# Pages that are too large for TAPD.


def too_large_above(most: int, size: int) -> Callable[[Request], bytes]:
    answer = table(size)
    return lambda request: html(502) if request.number("limit") > most else answer(request)


@pytest.mark.parametrize("most", [150, 100, 60, 25])
async def test_a_page_too_large_is_read_in_smaller_ones_and_no_row_is_lost(
    most: int, server: RawServer, client: Client
) -> None:
    server.handler = too_large_above(most, 530)
    pages, ids = await collect(client, total=530)
    assert ids == numbers(1, 530)
    assert [page.number for page in pages] == [1, 2, 3]


async def test_only_two_attempts_are_spent_on_a_page_that_is_too_large(
    server: RawServer, client: Client
) -> None:
    server.handler = too_large_above(100, 200)
    assert len(await client.rows(STORY, workspace_id=WS)) == 200
    assert [request.query["limit"] for request in server.requests] == ["200", "200", "100", "100"]


async def test_a_lasting_502_is_a_fault_and_never_an_empty_list(
    server: RawServer, client: Client
) -> None:
    server.handler = too_large_above(0, 200)
    with pytest.raises(ServerFaultError) as caught:
        await client.rows(STORY, workspace_id=WS)
    assert caught.value.parameters["status"] == 502
    sizes = [request.number("limit") for request in server.requests]
    assert sizes == [200] * 2 + [100] * 2 + [50] * 2 + [25] * 6


# Rows.


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"Story": {"id": "1"}},
        "",
        None,
        True,
        [{"story": {"id": "1"}}],
        [{"id": "1"}],
        [{"Story": []}],
        [{"Story": None}],
        ["1"],
        [[]],
        [{"Story": {"id": "1"}}, {}],
    ],
)
async def test_rows_without_their_wrapper_are_a_fault(
    data: object, server: RawServer, client: Client
) -> None:
    server.script = [good(data)]
    with pytest.raises(ProtocolError):
        await client.rows(STORY, workspace_id=WS)


async def test_ids_are_strings_even_where_tapd_sends_numbers(
    server: RawServer, client: Client
) -> None:
    body = (
        '{"status":1,"data":[{"workspace_id":58210347,"story_id":1158210347001000321,'
        '"bug_id":"1158210347001000512","entry_id":18446744073709551615,"count":3}]}'
    )
    server.script = [http(200, body.encode())]
    assert await client.rows(RELATED_BUG, workspace_id=WS) == [
        {
            "workspace_id": WS,
            "story_id": "1158210347001000321",
            "bug_id": "1158210347001000512",
            "entry_id": "18446744073709551615",
            "count": 3,
        }
    ]


async def test_an_id_that_lost_digits_is_a_fault(server: RawServer, client: Client) -> None:
    body = json.dumps({"status": 1, "data": [{"story_id": 115821034700000452101, "bug_id": "1"}]})
    server.script = [http(200, body.encode())]
    with pytest.raises(ProtocolError) as caught:
        await client.rows(RELATED_BUG, workspace_id=WS)
    assert caught.value.code == "id_unreadable"


@pytest.mark.parametrize("data", [{}, [], {"count": None}, {"count": "viele"}, {"count": -1}, 7])
async def test_a_count_that_is_none_is_a_fault(
    data: object, server: RawServer, client: Client
) -> None:
    server.script = [good(data)]
    with pytest.raises(ProtocolError):
        await client.count(STORY, workspace_id=WS)


async def test_a_count_may_be_a_string(server: RawServer, client: Client) -> None:
    server.script = [good({"count": "17"})]
    assert await client.count(STORY, workspace_id=WS) == 17
    assert server.requests[0].path == "/stories/count"


@settings(max_examples=100, deadline=None)
@given(
    size=st.integers(0, 60),
    counted=st.one_of(st.none(), st.integers(0, 60)),
    limit=st.integers(1, 10),
    start=st.integers(1, 4),
    in_flight=st.integers(1, 5),
)
def test_pages_hold_every_row_once_in_order_whatever_was_counted(
    size: int, counted: int | None, limit: int, start: int, in_flight: int
) -> None:
    asked: list[int] = []

    async def fetch(page: int) -> list[dict[str, int]]:
        asked.append(page)
        first = (page - 1) * limit
        return [{"id": number} for number in range(first, max(first, min(first + limit, size)))]

    async def read() -> list[int]:
        pages = read_pages(fetch, limit=limit, total=counted, start_page=start, in_flight=in_flight)
        return [row["id"] async for page in pages for row in page.rows]

    found = asyncio.run(read())
    there = list(range((start - 1) * limit, size))
    # A count that foretold no more than what came is believed; more rows are read on only where
    # the last page shows that there are some.
    assert found == there[: len(found)]
    if counted is None or counted == size:
        assert found == there or (counted == 0 and not found)
    assert len(asked) == len(set(asked))
