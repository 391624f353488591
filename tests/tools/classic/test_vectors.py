"""Vectors of a data file: made, kept, joined, searched, and refused where they don't fit."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taplens.errors import ArgumentError
from taplens.tools.classic import vectors
from tests.tools.classic.conftest import Classic, Item

STORIES: list[Item] = [
    {"id": str(number), "name": name}
    for number, name in enumerate(
        ["微信登录失败提示", "支付宝退款到账", "报表导出为 Excel", "会员积分到期提醒",
         "深色模式适配", "推送消息去重", "搜索结果按相关度排序"]
    )
]  # fmt: skip
BUGS: list[Item] = [
    {"id": "1", "title": "点击登录后闪退"},
    {"id": "2", "title": "退款金额显示错误"},
]


async def test_the_batch_of_the_nearest_item_comes_first_with_it_at_its_head(
    classic: Classic,
) -> None:
    classic.holds(STORIES, BUGS)
    made = await classic("vectorize_data", chunk_size=3)
    assert made["details"]["stats"] == {
        "total_chunks": 4, "vector_dimension": 512, "total_items": 9, "story_chunks": 3,
        "bug_chunks": 1,
    }  # fmt: skip
    told = await classic("search_data", query="导出 Excel 报表", top_k=2)
    first = told["results"][0]
    assert first["items"][0]["name"] == "报表导出为 Excel"
    assert first["chunk_info"]["item_ids"] == ["0", "1", "2"]
    assert len(first["items"]) == 2
    scores = [one["relevance_score"] for one in told["results"]]
    assert scores == sorted(scores, reverse=True)
    assert (await classic("get_vector_info"))["stats"] == made["details"]["stats"]


async def test_a_question_that_nothing_is_near_to_finds_nothing(classic: Classic) -> None:
    classic.holds(STORIES, BUGS)
    await classic("vectorize_data")
    told = await classic("search_data", query="🙂")
    assert (told["batches"], told["results"]) == (0, [])


async def test_before_there_are_vectors_that_is_said(classic: Classic) -> None:
    assert (await classic("get_vector_info"))["status"] == "not_found"
    assert await classic.refused("search_data", query="登录") == "vectors_missing"
    assert await classic.refused("search_data", query=" ") == "argument_missing"


async def test_what_is_preserved_is_found_beside_what_is_new(classic: Classic) -> None:
    classic.holds(STORIES)
    await classic("vectorize_data")
    classic.holds([STORIES[0] | {"name": "改名：扫码登录"}], BUGS)
    made = await classic("vectorize_data", preserve_existing=True, chunk_size=1)
    assert made["details"]["stats"]["total_items"] == 9
    told = await classic("search_data", query="扫码登录", top_k=1)
    assert told["results"][0]["items"][0]["name"] == "改名：扫码登录"
    assert (await classic("search_data", query="深色模式"))["batches"] > 0
    alone = await classic("vectorize_data")
    assert alone["details"]["stats"]["total_items"] == 3


async def test_vectors_of_another_embedder_are_never_compared(classic: Classic) -> None:
    classic.holds(STORIES)
    await classic("vectorize_data")
    path = classic.home / vectors.FILE
    store = vectors.read(path, "x")
    assert store is not None
    vectors.save(path, replace(store, embedder="other/model"))
    before = path.read_bytes()
    assert await classic.refused("search_data", query="登录") == "vectors_other_embedder"
    asked: dict[str, Any] = {"preserve_existing": True}
    assert await classic.refused("vectorize_data", **asked) == "vectors_other_embedder"
    assert path.read_bytes() == before


async def test_vectors_that_take_too_long_leave_those_before(
    classic: Classic, monkeypatch: pytest.MonkeyPatch
) -> None:
    classic.holds(STORIES)
    await classic("vectorize_data")
    path = classic.home / vectors.FILE
    before = path.read_bytes()
    embedder = await classic.context.keeper.embedder()

    async def never(*_: Any, **__: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(embedder, "embed", never)
    assert await classic.refused("vectorize_data", timeout_seconds=1) == "vectors_late"
    assert path.read_bytes() == before


async def test_without_an_embedder_the_mend_is_told(classic: Classic) -> None:
    classic.holds(STORIES)
    keeper = classic.context.keeper
    keeper.settings = replace(keeper.settings, embedder="off")
    assert await classic.refused("vectorize_data") == "classic_embedder_off"


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(
    stories=st.lists(NAMES, max_size=12),
    bugs=st.lists(NAMES, min_size=1, max_size=12),
    size=st.integers(1, 5),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_a_store_comes_back_as_it_was_and_its_batches_hold_every_item_once(
    tmp_path: Path, stories: list[str], bugs: list[str], size: int
) -> None:
    entries = [vectors.Entry("story", {"name": name}) for name in stories]
    entries += [vectors.Entry("bug", {"title": name}) for name in bugs]
    rows = np.arange(len(entries) * 4).reshape(-1, 4).astype(np.int8)
    store = vectors.Store(entries, rows, size, "测试", 0.1, True, "x.json")
    vectors.save(tmp_path / "v.npz", store)
    again = vectors.read(tmp_path / "v.npz", "v.npz")
    assert again is not None
    assert list(again.entries) == entries
    assert (again.rows == rows).all()
    places = [place for begin, end in again.batches for place in range(begin, end)]
    assert places == list(range(len(entries)))
    for begin, end in again.batches:
        assert 1 <= end - begin <= size
        assert len({one.type for one in again.entries[begin:end]}) == 1


@given(data=st.binary(max_size=200), at=st.integers(0, 3000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_a_damaged_file_is_refused_with_a_mend(tmp_path: Path, data: bytes, at: int) -> None:
    path = tmp_path / "v.npz"
    entries = [vectors.Entry("bug", {"title": str(number)}) for number in range(40)]
    rows = np.ones((40, 16), np.int8)
    vectors.save(path, vectors.Store(entries, rows, 5, "x", 0.1, False, "x.json"))
    whole = path.read_bytes()
    path.write_bytes(whole[:at] + data + whole[at + len(data) :])
    try:
        store = vectors.read(path, "v.npz")
    except ArgumentError as fault:
        assert fault.code == "vectors_damaged"
    else:
        assert store is not None
        assert len(store.rows) == len(store.entries)
