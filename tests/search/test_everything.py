"""Whole selections on both engines: all items that a filter means, and the words they say."""

from __future__ import annotations

import pytest

from taplens.analysis.words.frequency import word_frequency
from taplens.filters import parse
from taplens.mirror.database import Database
from taplens.search.find import find, selected
from tests.search.corpus import SCOPE


@pytest.mark.parametrize("mode", ["auto", "exact", "fulltext"])
@pytest.mark.parametrize("where", ["", "支付", "闪退 or 登录", "重现步骤 sort:-id", "ORDER-1024"])
def test_all_items_come_as_on_the_pages(corpus: Database, where: str, mode: str) -> None:
    query = parse(where)
    with corpus.read() as connection:
        found = selected(connection, query, SCOPE, mode=mode)  # type: ignore[arg-type]
        pages = [
            row.id
            for start in range(0, 8, 2)
            for row in find(
                connection,
                query,
                SCOPE,
                mode=mode,
                limit=2,
                offset=start,  # type: ignore[arg-type]
            ).rows
        ]
        assert found.total == find(connection, query, SCOPE, mode=mode).total  # type: ignore[arg-type]
    assert len(found.keys) == len(pages) == len(set(found.keys))


def test_words_are_counted_alike_on_every_engine(corpus: Database) -> None:
    with corpus.read() as connection:
        found = word_frequency(connection, parse("type:bug"), SCOPE, min_frequency=1)
    counts = {word.text: (word.count, word.items) for word in found.words}
    assert found.total == 6
    assert counts["闪退"] == (3, 2)
    assert counts["超时"] == (2, 1)
    assert counts["order-1024"] == counts["order-2048"] == (1, 1)
    assert counts["数据库"] == (1, 1)
