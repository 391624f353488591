"""Which words are typical of a selection: the formulas, and the filters that are suggested."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from math import log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.analysis.words import frequency
from taplens.analysis.words.keywords import log_odds, tf_idf
from taplens.config import Settings
from taplens.filters import parse, to_text
from taplens.mirror.database import Database, open_mirror
from taplens.mirror.landing.items import land_items
from tests.analysis.worded import asked
from tests.search.corpus import bug, build, hits, land


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Twelve bugs of the payment, of which most time out, and twelve of the login."""
    home = tmp_path_factory.mktemp("typical")
    with contextlib.closing(open_mirror(Settings(home=home))) as database:
        payment = [bug(n, "支付超时" if n < 10 else "支付失败", module="支付") for n in range(12)]
        login = [bug(n, f"登录{'失败' if n % 2 else '白屏'}", module="登录") for n in range(20, 32)]
        land(database, land_items, "bug", payment + login)
        build(database)
        yield database


def test_log_odds_are_as_by_hand() -> None:
    # 3 of 4 against 1 of 6: odds 3.5/1.5 and 1.5/5.5.
    expected = (log(3.5 / 1.5) - log(1.5 / 5.5)) / sqrt(1 / 3.5 + 1 / 1.5 + 1 / 1.5 + 1 / 5.5)
    assert log_odds(3, 4, 1, 6) == pytest.approx(expected)
    assert expected == pytest.approx(1.6, abs=0.01)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_log_odds_turn_with_the_sides(one: int, rest: int, other: int, others: int) -> None:
    score = log_odds(one, one + rest, other, other + others)
    assert score == pytest.approx(-log_odds(other, other + others, one, one + rest))


def test_what_stands_in_every_item_tells_none_apart() -> None:
    assert tf_idf(9, 4, 4) == 0
    assert tf_idf(3, 1, 4) == pytest.approx(3 * log(4))


def test_typical_words_come_as_filters_that_find_their_items(team: Database) -> None:
    found = asked(team, "module:支付", extended=False)
    assert found.suggestions[0] == 'module:支付 "支付"'
    assert 'module:支付 "超时"' in found.suggestions
    assert found.definitions == ("definition.words",)
    assert 'module:支付 "失败"' not in found.suggestions
    by_word = {word.text: word for word in found.words}
    for suggestion in found.suggestions:
        assert to_text(parse(suggestion)) == suggestion
        word = parse(suggestion).where.parts[-1].text  # type: ignore[union-attr]
        assert hits(team, suggestion, mode="fulltext").total == by_word[word].items


def test_words_that_were_asked_for_are_not_suggested(team: Database) -> None:
    found = asked(team, "支付 or 超时", extended=False)
    assert not any('"支付"' in one or '"超时"' in one for one in found.suggestions)


def test_alternatives_stay_together_in_a_suggestion(team: Database) -> None:
    found = asked(team, "module:支付 or title:退款", extended=False)
    assert found.suggestions[0] == '(module:支付 or title:退款) "支付"'


def test_where_all_are_meant_items_are_told_from_one_another(team: Database) -> None:
    found = asked(team, "", extended=False)
    keyness = {word.text: word.keyness for word in found.words}
    assert keyness["失败"] == pytest.approx(8 * log(24 / 8))
    assert found.suggestions[0] == '"失败"'
    assert found.definitions == ("definition.words_alone",)


def test_a_sample_of_the_others_will_do(team: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frequency, "MOST_COMPARED", 5)
    found = asked(team, "module:支付", extended=False)
    (paid,) = [word for word in found.words if word.text == "支付"]
    assert paid.keyness == pytest.approx(log_odds(12, 12, 0, 4))
