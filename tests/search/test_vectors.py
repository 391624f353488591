"""Vectors are made once, again when a text changes, and never mixed with another embedder's."""

from __future__ import annotations

import asyncio
import weakref

import numpy as np
import pytest
from sqlalchemy import func, select

from taplens.clock import Clock
from taplens.errors import ConfigurationError, EmbeddingError, ModelRequestError
from taplens.mirror.embedders.arrays import packed, unpacked
from taplens.mirror.embedders.builtin import vectors_of
from taplens.mirror.embedders.endpoint import checked
from taplens.mirror.index.documents import Document
from taplens.mirror.index.keeping import begin_anew, reaches
from taplens.mirror.index.rebuilding import rebuild
from taplens.mirror.landing.items import land_items
from taplens.mirror.landing.metadata import ensure_workspace
from taplens.mirror.schema import item
from taplens.mirror.vectors import keeping
from taplens.mirror.vectors.chunks import LONGEST, chunks_of, pieces
from taplens.mirror.vectors.embedding import embed_batch
from taplens.mirror.vectors.tables import embedder as makers
from taplens.mirror.vectors.tables import vector
from taplens.search.matrix import Matrix, matrix_of
from tests.search.corpus import NOW, bug, build, land
from tests.search.embedded import Remembering, embed


def numbers_near(database, text: str, name: str) -> list[int]:
    with database.read() as connection:
        matrix = matrix_of(connection, name)
        keys = {
            row.key: row.number for row in connection.execute(select(item.c.key, item.c.number))
        }
        near = matrix.nearest(vectors_of([text])[0], list(keys), 3, 0.2) if matrix else []
        return [keys[key] for key, _ in near]


def makers_known(database) -> list[str]:
    with database.read() as connection:
        return list(connection.scalars(select(makers.c.name)))


async def test_only_what_has_changed_is_embedded_again(mirror) -> None:
    build(mirror)
    embedder = Remembering()
    assert await embed(mirror, embedder) == 7
    assert "支付页闪退" in embedder.texts
    embedder.texts.clear()
    land(
        mirror, land_items, "bug", [bug(1, "支付页白屏"), bug(4, "导出的 CSV 乱码", status="done")]
    )
    assert await embed(mirror, embedder) == 2  # the description of the other is gone
    assert set(embedder.texts) == {"支付页白屏", "导出的 CSV 乱码"}
    assert numbers_near(mirror, "支付页白屏", embedder.name)[0] == 1
    assert await embed(mirror, embedder) == 0


async def test_an_index_made_anew_has_nothing_embedded_that_was(mirror) -> None:
    from tests.mirror.indexed import rebuilt

    build(mirror)
    embedder = Remembering()
    await embed(mirror, embedder)
    embedder.texts.clear()
    with mirror.write() as connection:
        begin_anew(connection)
    land(mirror, land_items, "bug", [bug(4, "导入的 CSV 乱码")])  # its turn has not come yet
    rebuilt(mirror)
    await embed(mirror, embedder)
    assert embedder.texts == ["导入的 CSV 乱码"]
    with mirror.write() as connection:
        keeping.begin_anew(connection)
    assert numbers_near(mirror, "支付页闪退", embedder.name)[0] == 1  # the old ones serve
    assert await embed(mirror, embedder) == 7
    assert "支付页闪退" in embedder.texts


async def test_a_reader_learns_of_what_is_new_and_of_what_is_gone(mirror) -> None:
    build(mirror)
    embedder = Remembering()
    await embed(mirror, embedder)
    assert numbers_near(mirror, "退款用例", embedder.name)[0] == 101
    with mirror.read() as connection:
        before = matrix_of(connection, embedder.name)
        revision = before.revision
    land(mirror, land_items, "bug", [bug(7, "量子纠缠失败"), bug(1, "", "")])
    await embed(mirror, embedder)
    assert numbers_near(mirror, "量子纠缠", embedder.name) == [7]
    assert 1 not in numbers_near(mirror, "支付页闪退", embedder.name)
    with mirror.read() as connection:
        matrix = matrix_of(connection, embedder.name)
    assert matrix is before
    assert matrix.revision > revision
    assert len(matrix) == 7


async def test_vectors_that_nobody_keeps_any_more_are_dropped_after_a_day(mirror) -> None:
    build(mirror)
    old, new = Remembering("old"), Remembering("new", dimensions=64)
    await embed(mirror, old)
    with mirror.write() as connection:  # a workspace that is read no more keeps nothing
        ensure_workspace(connection, {"id": "58210999", "name": "已停用"})
    await embed(mirror, new, NOW + 86_400)
    assert sorted(makers_known(mirror)) == ["new", "old"]  # another process may have it
    assert numbers_near(mirror, "支付页闪退", "old")[0] == 1
    await embed(mirror, new, NOW + 86_401)
    assert makers_known(mirror) == ["new"]
    assert numbers_near(mirror, "支付页闪退", "old") == []
    with mirror.read() as connection:
        assert matrix_of(connection, "new").dimensions == 64
        assert connection.scalar(select(func.count()).select_from(vector)) == 7


async def test_two_processes_with_different_embedders_keep_theirs(mirror) -> None:
    build(mirror)
    one, other = Remembering("one"), Remembering("other")
    for day in range(4):
        await embed(mirror, one, NOW + day * 86_400)
        await embed(mirror, other, NOW + day * 86_400)
    assert len(one.texts) == len(other.texts)
    assert len(one.texts) == len(set(one.texts))


async def test_what_is_embedded_beside_a_rebuild_loses_nothing(mirror) -> None:
    build(mirror)
    embedder = Remembering()
    await embed(mirror, embedder)
    with mirror.write() as connection:
        begin_anew(connection)
        keeping.begin_anew(connection)
    assert await embed(mirror, embedder) == 0  # nothing is there to be embedded
    assert numbers_near(mirror, "支付页闪退", embedder.name)[0] == 1
    with mirror.read() as connection:
        workspaces = connection.scalars(select(item.c.workspace).distinct()).all()
        assert not keeping.is_complete(connection, workspaces, embedder.name)
        assert reaches(connection, embedder.name)[0].embedded == 0
    build(mirror)
    assert await embed(mirror, embedder) == 7


@pytest.mark.parametrize(
    "fault",
    [
        ModelRequestError("model_request_refused"),
        EmbeddingError("embedding_numbers", embedder="picky"),
    ],
)
async def test_an_item_that_is_refused_keeps_no_other_from_being_embedded(mirror, fault) -> None:
    class Picky(Remembering):
        batch = 5

        async def embed(self, texts, *, query=False):
            if any("🎉" in text for text in texts):
                raise fault
            return await super().embed(texts, query=query)

    build(mirror)
    embedder, told = Picky("picky"), []
    with mirror.read() as connection:
        key = connection.scalar(select(item.c.workspace).limit(1))
    done = 0
    while batch := await embed_batch(mirror, key, embedder, lambda: told.append(1)):
        done += batch
    assert (done, told) == (7, [1])
    assert numbers_near(mirror, "支付页闪退", "picky")[0] == 1
    assert 5 not in numbers_near(mirror, "The app crashed on login", "picky")
    assert await embed(mirror, embedder) == 0  # it isn't asked for again
    land(mirror, land_items, "bug", [bug(5, "The app crashed on login")])
    await embed(mirror, embedder)
    assert numbers_near(mirror, "The app crashed on login", "picky")[0] == 5


async def test_an_embedder_that_refuses_everything_is_a_fault_not_of_the_items(mirror) -> None:
    class Refusing(Remembering):
        async def embed(self, texts, *, query=False):
            raise ModelRequestError("model_request_refused")

    build(mirror)
    with pytest.raises(ModelRequestError):
        await embed(mirror, Refusing())
    assert makers_known(mirror) == []


async def test_a_rebuild_makes_vectors_of_another_length_anew(mirror) -> None:
    build(mirror)
    await embed(mirror, Remembering())
    shorter = Remembering(dimensions=64)

    async def chosen() -> Remembering:
        return shorter

    assert await rebuild(mirror, Clock(), chosen) == 7
    with mirror.read() as connection:
        assert matrix_of(connection, shorter.name).dimensions == 64
        assert reaches(connection, shorter.name)[0].embedded == 7


async def test_a_rebuild_without_an_embedder_that_can_be_used_still_makes_the_index(mirror) -> None:
    async def chosen() -> None:
        raise ConfigurationError("embedder_unknown", value="x", known="")

    with pytest.raises(ConfigurationError):
        await rebuild(mirror, Clock(), chosen)
    with mirror.read() as connection:
        assert reaches(connection)[0].complete


async def test_vectors_of_another_length_are_refused_and_nothing_is_lost(mirror) -> None:
    build(mirror)
    await embed(mirror, Remembering())
    land(mirror, land_items, "bug", [bug(8, "新的缺陷")])
    with pytest.raises(EmbeddingError) as caught:
        await embed(mirror, Remembering(dimensions=64))
    assert caught.value.code == "embedding_dimensions"
    assert numbers_near(mirror, "支付页闪退", "remembering")[0] == 1
    assert await embed(mirror, Remembering()) == 1


async def test_what_changes_while_it_is_embedded_is_embedded_again(mirror) -> None:
    build(mirror)

    class Interrupted(Remembering):
        async def embed(self, texts, *, query=False):
            if not self.texts:
                land(mirror, land_items, "bug", [bug(1, "改了标题")])
            return await super().embed(texts, query=query)

    embedder = Interrupted()
    await embed(mirror, embedder)
    assert "改了标题" in embedder.texts
    assert numbers_near(mirror, "改了标题", embedder.name)[0] == 1
    with mirror.read() as connection:
        stale = select(func.count()).select_from(vector).where(vector.c.stale)
        assert connection.scalar(stale) == 0
        (reach,) = reaches(connection, embedder.name)
        assert (reach.items, reach.indexed, reach.embedded) == (7, 7, 7)
        assert reaches(connection)[0].embedded == 0


async def test_a_rebuild_without_an_embedder_drops_the_vectors(mirror) -> None:
    async def chosen() -> None:
        return None

    build(mirror)
    await embed(mirror, Remembering())
    await rebuild(mirror, Clock(), chosen)
    assert makers_known(mirror) == []


def test_numbers_that_are_none_are_refused() -> None:
    for number in (float("nan"), float("inf"), 1e300, 10**400):
        with pytest.raises(EmbeddingError) as caught:
            checked([[1.0, number]], "endpoint x")
        assert caught.value.code == "embedding_numbers"


def test_a_byte_a_number_keeps_the_nearness() -> None:
    vectors = vectors_of(["支付超时", "付款没反应", "导出乱码", "login crash"])
    rows = unpacked(packed(vectors).tobytes(), vectors.shape[1]).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert np.abs(rows @ rows.T - vectors @ vectors.T).max() < 0.01
    assert not packed(np.zeros((1, 8), np.float32)).any()


def test_a_matrix_forgets_the_rows_that_nobody_has_any_more() -> None:
    matrix = Matrix(1, 4)
    one = np.array([[9, 0, 0, 0]], np.int8).tobytes()
    two = np.array([[0, 9, 0, 0], [0, 0, 9, 0]], np.int8).tobytes()
    for _ in range(5):
        matrix._put([(5, two), (3, one), (8, b"")])
    matrix._compact()
    asked = np.array([0, 0, 1, 0], np.float32)
    assert matrix.nearest(asked, [3, 5, 8], 5, 0.5) == [(5, 1.0)]
    assert matrix.nearest(asked, [3], 5, 0.5) == []
    assert matrix._count == 3
    assert len(matrix) == 2


def test_texts_are_cut_by_their_structure_into_few_pieces() -> None:
    body = "\n".join(f"第 {n} 段" + "长" * 200 for n in range(30)) + "\n\n短"
    document = Document("标题", body, "评论一\n评论二")
    chunks = chunks_of(document)
    assert chunks[0] == "标题"
    assert chunks[-1] == "评论一\n评论二"
    assert len(chunks) == 8
    assert all(len(chunk) <= LONGEST for chunk in chunks)
    assert all(chunk.startswith("第") for chunk in chunks[1:-1])
    assert pieces("句" * 400 + "。" + "子" * 400) == ["句" * 400 + "。", "子" * 400]
    assert chunks_of(Document("  ", "\n")) == []


def test_a_matrix_may_lose_all_its_rows() -> None:
    matrix = Matrix(1, 4)
    matrix._put([(5, bytes([9, 0, 0, 0])), (6, bytes([0, 9, 0, 0]))])
    matrix._put([(5, b""), (6, b"")])
    matrix._compact()
    assert len(matrix) == 0
    assert matrix.nearest(np.array([1, 0, 0, 0], np.float32), [5, 6], 5, 0.5) == []
    matrix._put([(6, bytes([0, 9, 0, 0]))])
    assert matrix.nearest(np.array([0, 1, 0, 0], np.float32), [5, 6], 5, 0.5) == [(6, 1.0)]


@pytest.mark.parametrize("compacts", [False, True])
def test_what_is_compared_with_does_not_change_while_another_thread_reads(
    monkeypatch, compacts: bool
) -> None:
    from taplens.search import matrix as module

    matrix, row = Matrix(1, 4), np.full(4, 9, np.int8).tobytes()
    matrix._put([(item, row) for item in range(1, 101)])
    among = module._among

    def another_thread_writes(items, keys):
        wanted = among(items, keys)
        matrix._put([(item, b"" if item < 50 else row) for item in range(1, 91)])
        if compacts:
            matrix._compact()
        return wanted

    monkeypatch.setattr(module, "_among", another_thread_writes)
    near = matrix.nearest(np.full(4, 0.5, np.float32), range(1, 101), 1_000, -9.0)
    assert sorted(key for key, _ in near) == list(range(1, 101))
    assert {round(score, 5) for _, score in near} == {1.0}


async def test_what_is_embedded_again_in_a_full_matrix_keeps_its_place(mirror, monkeypatch) -> None:
    from taplens.search import matrix as module

    build(mirror)
    embedder = Remembering()
    await embed(mirror, embedder)
    with mirror.read() as connection:
        rows = matrix_of(connection, embedder.name)._count
    monkeypatch.setattr(module, "_MATRICES", weakref.WeakKeyDictionary())
    monkeypatch.setattr(module, "MOST_BYTES", 512 * (rows - 1))

    def held() -> tuple[int, bool]:
        with mirror.read() as connection:
            matrix = matrix_of(connection, embedder.name)
            return len(matrix), matrix.is_full

    assert held() == (6, True)
    with mirror.write() as connection:
        keeping.begin_anew(connection)
    await embed(mirror, embedder)
    assert held() == (6, True)
    land(mirror, land_items, "bug", [bug(1, "", ""), bug(2, "", "")])
    await embed(mirror, embedder)
    assert held()[1] is False  # what was left out has come into the room
    assert numbers_near(mirror, "退款用例", embedder.name)[0] == 101
    assert numbers_near(mirror, "导出的 CSV 乱码", embedder.name)[0] == 4


def test_what_does_not_fit_into_memory_is_left_out_and_known(monkeypatch) -> None:
    from taplens.search import matrix as module

    monkeypatch.setattr(module, "MOST_BYTES", 8)
    matrix = Matrix(1, 4)
    row = np.array([[9, 0, 0, 0]], np.int8).tobytes()
    matrix._put([(1, row), (2, row + row), (3, b"")])
    assert matrix.is_full
    assert matrix.nearest(np.array([1, 0, 0, 0], np.float32), [1, 2, 3], 5, 0.5) == [(1, 1.0)]


async def test_vectors_that_were_dropped_and_made_anew_are_read_anew(mirror) -> None:
    build(mirror)
    await embed(mirror, Remembering())
    assert numbers_near(mirror, "支付页闪退", "remembering")[0] == 1
    with mirror.write() as connection:
        keeping.drop_others(connection)
    land(mirror, land_items, "bug", [bug(1, "量子纠缠失败")])
    await embed(mirror, Remembering())
    assert numbers_near(mirror, "量子纠缠失败", "remembering")[0] == 1


async def test_questions_are_answered_while_vectors_are_written(mirror) -> None:
    build(mirror)
    await embed(mirror, Remembering())

    def ask() -> set[int]:
        return {
            number for _ in range(20) for number in numbers_near(mirror, "支付闪退", "remembering")
        }

    asking = [asyncio.to_thread(ask) for _ in range(3)]

    async def write() -> None:
        for round_ in range(5):
            land(mirror, land_items, "bug", [bug(20 + round_, f"无关的第 {round_} 个")])
            await embed(mirror, Remembering())

    *found, _ = await asyncio.gather(*asking, write())
    assert all(1 in numbers for numbers in found)
