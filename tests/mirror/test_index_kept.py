"""The index is in step with the items after whatever lands, in whatever order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from taplens.config import Settings
from taplens.mirror.database import Database, open_mirror
from taplens.mirror.index.documents import LONGEST
from taplens.mirror.index.engines import engine_of
from taplens.mirror.index.keeping import build_chunk, is_complete
from taplens.mirror.index.tables import document
from taplens.mirror.index.tokens import phrase
from taplens.mirror.landing import Place
from taplens.mirror.landing.items import land_items
from taplens.mirror.landing.metadata import ensure_workspace
from taplens.mirror.landing.rest import Removal, land_comments, land_removals
from taplens.mirror.schema import item
from taplens.mirror.sync.census import _bury_comments
from taplens.mirror.sync.rows import row_stream
from tests.mirror.indexed import assert_in_step, build, index_facts, rebuilt

WORKSPACE = "58210347"
TASK_TYPE = "1158210347001000011"


@pytest.fixture
def mirror(settings: Settings) -> Iterator[Database]:
    database = open_mirror(settings)
    with database.write() as connection:
        ensure_workspace(connection, {"id": WORKSPACE, "name": "环宇商城"})
    yield database
    database.close()


def land(mirror: Database, function: Any, *arguments: Any, at: int = 1_770_000_000) -> None:
    with mirror.write() as connection:
        function(
            Place(connection, mirror.terms, 1, WORKSPACE, "user:demo", at, TASK_TYPE), *arguments
        )


def long_id(number: int) -> str:
    return f"11{WORKSPACE}{number:09}"


def row(number: int, title: str, text: str = "", **more: Any) -> dict[str, Any]:
    times = {"created": "2026-01-05 09:00:00", "modified": "2026-01-05 09:00:00"}
    named = {"id": long_id(number), "title": title, "name": title, "description": text}
    return named | {"status": "new", "workitem_type_id": "1"} | times | more


def note(number: int, owner: int, text: str, entry: str = "bug") -> dict[str, Any]:
    return {
        "id": str(number),
        "entry_type": entry,
        "entry_id": long_id(owner),
        "author": "阿依古丽",
        "description": text,
        "created": f"2026-01-06 09:00:{number:02}",
        "modified": "2026-01-06 09:00:00",
    }


def holding(mirror: Database, text: str) -> set[str]:
    """The titles of the items that the index finds for a phrase."""
    wanted = phrase(text)
    assert wanted is not None
    with mirror.read() as connection:
        found = engine_of(connection.dialect.name).matching([wanted])
        return set(connection.scalars(select(item.c.title).where(item.c.key.in_(found))))


NUMBERS = st.integers(1, 4)
TEXTS = st.sampled_from(
    [
        "",
        "支付超时",
        "<p>登录<b>失败</b></p>",
        "ORDER-1024 闪退",
        "🎉",
        "退退退",
        "支付 支付",
        "'\\",
    ]
)
ENTRIES = st.sampled_from(["bug", "stories"])
STEPS = st.one_of(
    st.tuples(st.just("bug"), NUMBERS, TEXTS, TEXTS),
    st.tuples(st.just("story"), NUMBERS, TEXTS, TEXTS),
    st.tuples(st.just("task"), NUMBERS, TEXTS, TEXTS),
    st.tuples(st.just("comment"), NUMBERS, NUMBERS, TEXTS, ENTRIES),
    st.tuples(st.just("uncomment"), NUMBERS),
    st.tuples(st.just("remove"), NUMBERS, st.sampled_from(["bug", "story"])),
    st.tuples(st.just("chunk")),
)


def do(mirror: Database, step: tuple[Any, ...], at: int) -> None:
    match step:
        case ("bug" | "story" as kind, number, title, text):
            land(mirror, land_items, kind, [row(number, title, text)], at=at)
        case ("task", number, title, text):  # tasks are kept as stories: one may become the other
            rows = [row(number, title, text, workitem_type_id=TASK_TYPE)]
            land(mirror, row_stream("story", TASK_TYPE).land, rows, at=at)
        case ("comment", number, owner, text, entry):
            land(mirror, land_comments, [note(number, owner, text, entry)], at=at)
        case ("uncomment", number):
            land(mirror, _bury_comments, [str(number)], at=at)
        case ("remove", number, kind):
            land(mirror, land_removals, kind, [Removal(long_id(number), "deleted")], at=at)
        case ("chunk",):
            with mirror.write() as connection:
                build_chunk(connection, 1, 2)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(STEPS, max_size=10), st.lists(STEPS, max_size=10))
def test_after_any_sequence_of_changes_the_index_equals_a_rebuilt_one(mirror, before, after):
    with mirror.write() as connection:
        for table in ("item", "comment", "document", "stream", "raw", "removal"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
        engine_of(connection.dialect.name).clear(connection)
    for at, step in enumerate(before, start=1_770_000_000):
        do(mirror, step, at)
    build(mirror, chunk=2)
    for at, step in enumerate(after, start=1_770_000_100):
        do(mirror, step, at)
    assert_in_step(mirror)


def test_pages_of_the_first_load_land_without_the_index(mirror) -> None:
    land(mirror, land_items, "bug", [row(1, "支付超时")])
    land(mirror, land_comments, [note(1, 1, "已扩容")])
    with mirror.read() as connection:
        assert connection.scalar(select(func.count()).select_from(document)) == 0
        assert not is_complete(connection, [WORKSPACE])
    build(mirror)
    assert holding(mirror, "扩容") == {"支付超时"}


def test_an_edit_takes_the_old_words_out_in_its_own_transaction(mirror) -> None:
    land(mirror, land_items, "bug", [row(1, "支付超时", "<p>登录失败</p>"), row(2, "登录慢")])
    build(mirror)
    edited = row(1, "退款超时", "<p>支付成功</p>", modified="2026-01-07 09:00:00")
    land(mirror, land_items, "bug", [edited])
    assert holding(mirror, "登录") == {"登录慢"}
    assert holding(mirror, "支付") == {"退款超时"}

    class StoppedError(Exception):
        pass

    def stopped(place: Place) -> None:
        land_items(place, "bug", [edited | {"title": "消失", "modified": "2026-01-08 09:00:00"}])
        raise StoppedError

    with pytest.raises(StoppedError):
        land(mirror, stopped)
    assert holding(mirror, "消失") == set()
    assert holding(mirror, "退款") == {"退款超时"}
    assert_in_step(mirror)


@pytest.mark.parametrize(("was", "became"), [("story", "task"), ("task", "story")])
def test_what_becomes_of_another_type_is_found_with_its_comments_in_the_same_transaction(
    mirror, was: str, became: str
) -> None:
    land(mirror, land_items, was, [row(1, "支付超时")])
    land(mirror, land_comments, [note(1, 1, "已扩容", "stories")])
    build(mirror)
    land(mirror, land_items, became, [row(1, "支付超时", modified="2026-01-07 09:00:00")])
    assert holding(mirror, "扩容") == {"支付超时"}
    land(mirror, land_comments, [note(1, 1, "已缩容", "stories")])
    assert (holding(mirror, "扩容"), holding(mirror, "缩容")) == (set(), {"支付超时"})
    assert_in_step(mirror)


def test_comments_that_land_before_their_item_are_found_once_it_is_there(mirror) -> None:
    land(mirror, land_items, "bug", [row(1, "登录慢")])
    build(mirror)
    land(mirror, land_comments, [note(1, 2, "已扩容", "stories")])
    assert holding(mirror, "扩容") == set()
    land(mirror, row_stream("task", TASK_TYPE).land, [row(2, "压测", workitem_type_id=TASK_TYPE)])
    assert holding(mirror, "扩容") == {"压测"}
    land(mirror, land_comments, [note(1, 1, "已扩容")])  # it moves to another item
    assert holding(mirror, "扩容") == {"登录慢"}
    assert_in_step(mirror)


def test_an_item_that_comes_back_is_found_by_what_it_says_now(mirror) -> None:
    land(mirror, land_items, "bug", [row(1, "支付超时")])
    build(mirror)
    land(mirror, land_removals, "bug", [Removal(long_id(1), "deleted")], at=1_770_000_100)
    assert_in_step(mirror)
    land(mirror, land_items, "bug", [row(1, "退款超时")], at=1_770_000_200)
    assert (holding(mirror, "支付"), holding(mirror, "退款")) == (set(), {"退款超时"})
    assert_in_step(mirror)


def test_a_build_that_was_interrupted_goes_on_and_misses_no_edit(mirror) -> None:
    land(mirror, land_items, "bug", [row(number, f"缺陷{number}号") for number in range(1, 8)])
    with mirror.write() as connection:
        assert build_chunk(connection, 1, 3) == 3
    changed = [
        row(number, f"改过{number}号", modified="2026-01-07 09:00:00") for number in (2, 6, 9)
    ]
    land(mirror, land_items, "bug", changed)
    assert len(holding(mirror, "改过")) == 1  # the others come in their turn
    build(mirror, chunk=3)
    assert len(holding(mirror, "改过")) == 3
    assert_in_step(mirror)


def test_what_lands_unchanged_is_not_written_again(mirror) -> None:
    land(mirror, land_items, "bug", [row(1, "支付超时", "<p>登录失败</p>")])
    build(mirror)
    with mirror.write() as connection:  # an entry that only a rewriting would bring back
        engine_of(connection.dialect.name).clear(connection)
    moved = row(1, "支付超时", "<p>登录失败</p>", status="closed", modified="2026-01-07 09:00:00")
    land(mirror, land_items, "bug", [moved])
    assert holding(mirror, "支付") == set()
    rebuilt(mirror)
    assert holding(mirror, "支付") == {"支付超时"}


def test_a_text_beyond_the_bounds_is_found_up_to_them(mirror) -> None:
    words = "".join(f"第{number}段文字，" for number in range(9_000))
    many = "支付" * 300 + "，退款失败"
    land(mirror, land_items, "bug", [row(1, "长文", words), row(2, "重复", many)])
    build(mirror)
    assert len(words) > LONGEST
    assert holding(mirror, "第3000段文字") == {"长文"}
    assert holding(mirror, "第8999段文字") == set()
    assert holding(mirror, "退款失败") == {"重复"}
    assert_in_step(mirror)


def test_the_documents_are_texts_not_markup(mirror) -> None:
    html = "<p>登录&nbsp;<b>失败</b></p><script>支付()</script><img src='/tfl/退款.png'>"
    land(mirror, land_items, "bug", [row(1, "标题 <b>", html)])
    build(mirror)
    with mirror.read() as connection:
        (held,) = index_facts(connection)["documents"].values()
    assert (held.title, held.body) == ("标题 <b>", "登录 失败")
