"""Searching in texts is the same on every engine, whatever stands in text and pattern."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Text, cast, literal, select

from taplens.filters import fold
from taplens.mirror.dialects import among, contains, equals
from taplens.mirror.schema import item

ALPHABET = "aAbBzZ019-_^[]*?%\\.$(){}|+!~'\"` ａＡ９（［＊？￥　éÉ中文🎉འ"
texts = st.text(st.sampled_from(ALPHABET), max_size=6)
reading = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@reading
@given(text=texts, before=texts, after=texts, other=texts.filter(bool))
def test_a_text_is_found_in_itself_and_nowhere_else(team, text, before, after, other) -> None:
    holder = before + text + after
    with team.read() as connection:
        dialect = connection.dialect.name

        def asked(operation, haystack: str, needle: str) -> bool:
            column = cast(literal(haystack), Text)
            return bool(connection.scalar(select(operation(column, needle, dialect))))

        if text:
            assert asked(contains, holder, text)
            assert asked(contains, holder.upper(), text.lower())
            assert asked(equals, text, text)
        assert asked(contains, holder, other) == (fold(other) in fold(holder))
        assert asked(equals, holder, other) == (fold(other) == fold(holder))


def test_many_keys_are_one_parameter(team) -> None:
    with team.read() as connection:
        keys = list(connection.scalars(select(item.c.key)))
        condition = among(item.c.key, [*keys[:3], *range(1_000_000, 1_050_000)], team.dialect)
        assert sorted(connection.scalars(select(item.c.key).where(condition))) == sorted(keys[:3])
        assert (
            connection.scalars(select(item.c.key).where(among(item.c.key, [], team.dialect))).all()
            == []
        )
