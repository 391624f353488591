"""Whatever is asked, the answers agree with each other."""

from __future__ import annotations

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from taplens.analysis.counts import count_items
from taplens.filters import And, Condition, Node, Not, Or, Query, Value, Words, to_text
from taplens.mirror.compile import compile_query
from taplens.mirror.reads_find import find_items
from taplens.mirror.schema import item
from taplens.mirror.snapshot.keeping import Source
from tests.mirror.reads.asking import snapshots
from tests.mirror.reads.builders import ME, SCOPE

VALUES = {
    "status": ["测试中", "status_3", "新", "已关闭", "进行中"],
    "priority": ["紧急", "high", "Low", "4"],
    "severity": ["fatal", "一般"],
    "owner": ["me", ME, "zhangwei", "old_hand"],
    "label": ["阻塞", "待讨论", "有风险"],
    "iteration": ["2026-S1", "current"],
    "客户": ["ACME", "环宇", "globex"],
    "渠道": ["线上", "线下"],
    "module": ["报表"],
    "workitem_type": ["需求", "技术需求"],
    "is": ["open", "closed"],
    "id": ["1000321", "1000877"],
}
ORDERED = {
    "created": ["2026-02", "2026-03-01", "today", "最近30天"],
    "due": ["2026-03-20", "本月"],
    "effort": ["2.5", "4", "100"],
    "耗时": ["2.5", "5"],
    "复现时间": ["2026-03-18"],
    "上线日": ["2026-04"],
}
SET_OR_NOT = ["severity", "label", "owner", "due", "客户", "iteration", "resolved", "parent"]
DIMENSIONS = [
    "type",
    "status",
    "open",
    "priority",
    "severity",
    "owner",
    "label",
    "iteration",
    "客户",
    "渠道",
    "耗时",
    "created:month",
    "created:week",
    "due",
    "effort",
    "parent",
    "复现时间:day",
]

equal = st.sampled_from(sorted(VALUES)).flatmap(
    lambda name: st.builds(
        lambda operator, texts: Condition(name, operator, [Value(text) for text in texts]),
        st.sampled_from(["=", "!="]),
        st.lists(st.sampled_from(VALUES[name]), min_size=1, max_size=2, unique=True),
    )
)
compared = st.sampled_from(sorted(ORDERED)).flatmap(
    lambda name: st.builds(
        lambda operator, text: Condition(name, operator, [Value(text)]),
        st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
        st.sampled_from(ORDERED[name]),
    )
)
present = st.builds(Condition, st.sampled_from(SET_OR_NOT), st.sampled_from(["set", "unset"]))
words = st.builds(Words, st.sampled_from(["csv", "导出", "ＣＳＶ", "登录", "🎉", "("]))
leaves = st.one_of(equal, compared, present, words)
nodes = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.lists(inner, min_size=2, max_size=3).map(And),
        st.lists(inner, min_size=2, max_size=3).map(Or),
    ),
    max_leaves=5,
)
# The mirror is built once and only read.
reading = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

# Naming the types leaves no defaults to the filter.
TYPES = Condition("type", "=", [Value("story"), Value("bug"), Value("task")])


def keys(connection, node: Node | None) -> set[tuple[str, str]]:
    where = TYPES if node is None else And([TYPES, node])
    rows = find_items(connection, Query(where), SCOPE, limit=200).rows
    return {(row.type, row.id) for row in rows}


@reading
@given(first=nodes, second=nodes)
def test_and_or_not_are_those_of_sets(team, first, second) -> None:
    with team.read() as connection:
        everything = keys(connection, None)
        one, other = keys(connection, first), keys(connection, second)
        assert keys(connection, Not(first)) == everything - one, to_text(Query(first))
        assert keys(connection, And([first, second])) == one & other
        assert keys(connection, Or([first, second])) == one | other


# A condition that leaves few items has the next ones look at each of them (see Compiled.where).
PROBING = And([Condition("id", "=", [Value("1000321")]),
               Condition("复现时间", "=", [Value("2026-03-18")]),
               Condition("label", "=", [Value("阻塞")])])  # fmt: skip


@reading
@given(node=nodes)
@example(node=PROBING)
def test_the_snapshot_finds_the_items_that_the_mirror_finds(team, node) -> None:
    query = Query(node)

    def both(source: Source) -> tuple[list[int], list[int]]:
        compiled = compile_query(source.connection, query, SCOPE)
        expected = source.connection.scalars(
            select(item.c.key).where(compiled.where).order_by(item.c.key)
        )
        chosen = source.snapshot.matching(source.connection, compiled)
        rows = source.snapshot.rows(
            f"SELECT key FROM item WHERE {chosen.sql} ORDER BY key", chosen.parameters
        )
        return [key for (key,) in rows], list(expected)

    found, expected = snapshots(team).ask(both)
    assert found == expected, to_text(query)


@reading
@given(node=nodes, by=st.lists(st.sampled_from(DIMENSIONS), max_size=2, unique=True))
def test_counts_agree_with_what_is_found(team, node, by) -> None:
    if len({name.partition(":")[0] for name in by}) < len(by):
        by = by[:1]
    query = Query(And([TYPES, node]))
    with team.read() as connection:
        rows = find_items(connection, query, SCOPE, limit=200).rows
    counted = snapshots(team).ask(
        lambda source: count_items(source, query, SCOPE, by=by, limit=1000)
    )
    assert counted.total == len(rows)
    assert counted.other == 0
    summed = sum(group.count for group in counted.groups)
    assert not by or summed >= counted.total
    assert counted.overlapping == (summed > counted.total)
    if by == ["owner"]:
        owners = [owner for row in rows for owner in row.owners or (None,)]
        assert {group.values[0]: group.count for group in counted.groups} == {
            owner: owners.count(owner) for owner in owners
        }
