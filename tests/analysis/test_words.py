"""Words are counted as a person counts them, and nothing else is."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.analysis.words.frequency import word_frequency
from taplens.analysis.words.segment import folded, is_word, words
from taplens.analysis.words.stop_words import stop_words
from taplens.analysis.words.texts import without
from taplens.config import Settings
from taplens.errors import FilterError
from taplens.filters import parse
from taplens.mirror.database import Database, open_mirror
from taplens.mirror.index.habits import ENDS, plain
from taplens.mirror.landing.items import land_items
from taplens.mirror.scope import Scope
from tests.analysis.worded import BUGS, asked, counts, fill
from tests.search.corpus import NOW, bug, build, hits, land


def _database(home: Path) -> Iterator[Database]:
    with contextlib.closing(open_mirror(Settings(home=home))) as database:
        yield database


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    for database in _database(tmp_path_factory.mktemp("words")):
        fill(database)
        yield database


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    yield from _database(tmp_path)


def test_words_are_counted_as_by_hand(team: Database) -> None:
    found = asked(team, "type:bug,story", extended=False)
    assert found.total == 5
    assert counts(found) == {
        "登录": (4, 1),
        "闪退": (2, 2),
        "退款": (4, 2),
        "功能": (2, 1),
        "order-1024": (3, 3),
        "login": (1, 1),
        "failed": (1, 1),
        "v2.3.1": (1, 1),
        "订单": (1, 1),
        "微信": (1, 1),
        "支付": (1, 1),
        "བསོད": (1, 1),
        "ནམས": (1, 1),
        "ᠮᠣᠩᠭᠣᠯ": (1, 1),
        "ئۇيغۇر": (1, 1),
        "阿依古丽": (1, 1),
        "买买提": (1, 1),
    }


def test_the_most_frequent_come_first_and_no_more_than_asked_for(team: Database) -> None:
    found = asked(team, "", limit=2)
    assert [word.count for word in found.words] == [4, 4]
    assert found.distinct > 2


def test_rare_words_are_left_out(team: Database) -> None:
    assert {word.count for word in asked(team, min_frequency=3).words} == {3, 4}


def test_every_type_has_its_own_count(team: Database) -> None:
    (refund,) = [word for word in asked(team).words if word.text == "退款"]
    assert refund.by_type == {"story": 1, "bug": 1}
    assert asked(team).types == ("story", "bug")


def test_extended_reads_comments_labels_modules_and_steps(team: Database) -> None:
    whole, basic = counts(asked(team)), counts(asked(team, extended=False))
    assert whole["数据库"] == (2, 1)
    assert whole["阻塞"] == whole["讨论"] == whole["中心"] == (1, 1)
    assert whole["支付"] == (2, 2)
    assert not {"数据库", "阻塞", "中心"} & basic.keys()
    assert counts(asked(team, "type:tcase"))["充值"] == (3, 1)
    assert counts(asked(team, "type:tcase", extended=False))["充值"] == (1, 1)


def test_cells_of_a_table_and_lines_are_not_joined(team: Database) -> None:
    found = counts(asked(team, "id:4"))
    assert "闪退" not in found
    assert "微信支付" not in counts(asked(team, "id:3"))


def test_every_word_of_a_text_is_found_by_its_filter(team: Database) -> None:
    for word in asked(team, extended=False).words:
        assert hits(team, f'"{word.text}"').total >= word.items, word


def test_stop_words_are_left_out_and_others_counted_again(team: Database, tmp_path: Path) -> None:
    (tmp_path / "stop-words.txt").write_text(
        "# 说明 登录\n退款　ＬＯＧＩＮ\n!時間\n", encoding="utf-8-sig"
    )
    left_out = stop_words(tmp_path)
    assert {"退款", "login", "的话"} <= left_out
    assert "时间" not in left_out
    assert "时间" in stop_words(tmp_path / "none")
    assert "登录" not in left_out
    assert not {"退款", "login"} & counts(asked(team, stop_words=left_out)).keys()


def test_what_a_template_says_is_left_out(empty: Database) -> None:
    form = "<p>【前置条件】账号 {0}</p><p>【步骤】打开页面</p><p>{1}现白屏</p>"
    rows = [bug(n, f"问题{n}", form.format(n, "甲乙丙丁戊"[n])) for n in range(5)]
    land(empty, land_items, "bug", rows)
    build(empty)
    found = counts(asked(empty))
    assert found["白屏"] == (5, 5)
    assert not {"前置", "条件", "步骤", "打开", "页面", "账号"} & found.keys()


def test_as_long_as_the_index_is_not_complete_titles_alone_are_counted(empty: Database) -> None:
    land(empty, land_items, "bug", BUGS)
    found = asked(empty)
    assert [notice.code for notice in found.warnings] == ["words_of_titles_only"]
    assert counts(found)["登录"] == (1, 1)
    assert "failed" not in counts(found)


def test_an_empty_workspace_has_no_words(empty: Database) -> None:
    found = asked(empty)
    assert (found.total, found.words, found.suggestions) == (0, (), ())


def test_a_filter_that_names_the_unknown_is_a_fault(team: Database) -> None:
    with pytest.raises(FilterError):
        asked(team, "没有这个字段:1")


def test_markup_and_sql_in_texts_are_data(empty: Database) -> None:
    evil = "'; DROP TABLE item; -- <script>alert(1)</script> %s {0} \\0"
    land(empty, land_items, "bug", [bug(1, evil, evil), bug(2, "正常")])
    build(empty)
    found = asked(empty)
    assert found.total == 2
    assert counts(found)["drop"] == (2, 1)
    for suggestion in found.suggestions:
        assert hits(empty, suggestion).total >= 1


def test_gone_items_are_not_counted(empty: Database) -> None:
    land(empty, land_items, "bug", BUGS)
    build(empty)
    assert asked(empty, "is:removed").total == 0


_PARTS = st.sampled_from(
    [
        "登录",
        "闪退",
        "支付",
        "ORDER-7",
        "v1.2",
        "ログ",
        "한국어",
        "བོད",
        "🎉",
        "，",
        "\n",
        " ",
        "x",
        "12",
        "的",
    ]
)


@given(st.lists(_PARTS, max_size=30))
def test_counting_again_slowly_gives_the_same(parts: list[str]) -> None:
    text = " ".join(parts)
    slow = Counter(
        folded(part) for part in parts if part not in ("🎉", "，", "\n", " ", "x", "12", "的")
    )
    assert Counter(filter(is_word, words(folded(text)))) == slow


@given(st.text(max_size=200))
def test_no_text_breaks_it_and_a_folded_one_stays(text: str) -> None:
    once = folded(text)
    assert folded(once).split() == once.split()
    for word in filter(is_word, words(once)):
        assert word in once


@given(st.text(alphabet=st.characters(exclude_characters=ENDS), min_size=1, max_size=40))
def test_templates_are_known_in_folded_texts_too(piece: str) -> None:
    # What becomes a mark only when it is made narrow parts a folded text in more pieces.
    if "\n" not in folded(piece):
        kept = without(frozenset([plain(piece)]), folded(f"{piece}\n甲乙"))
        assert kept == "甲乙"


def test_full_width_and_traditional_writing_is_the_same_word() -> None:
    text = folded("ＯＲＤＥＲ－１０２４　訂單")
    assert [word for word in words(text) if is_word(word)] == ["订单", "order-1024"]


def test_a_question_of_another_workspace_counts_nothing(team: Database) -> None:
    with team.read() as connection:
        assert word_frequency(connection, parse(""), Scope(("99999999",), NOW)).total == 0
