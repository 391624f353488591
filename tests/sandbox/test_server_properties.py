"""What holds for every id, every value and every query."""

from __future__ import annotations

from urllib.parse import urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taplens.sandbox import RunningSandbox
from taplens.sandbox.server import operators
from taplens.sandbox.server.documented import FILTERS
from taplens.sandbox.server.endpoints import ENDPOINTS
from taplens.sandbox.server.envelope import Refusal
from taplens.sandbox.server.ids import canonical, canonical_list, long_id
from tests.sandbox.conftest import Web

workspaces = st.integers(min_value=100, max_value=999_999_999).map(str)
numbers = st.integers(min_value=1, max_value=999_999_999)
texts = st.text(max_size=40) | st.sampled_from(
    ["<>", "><", "~", "|", ";", "!=", "EQ<a>", "CONTAINS<|>", "USER_OR<;>", "LIKE_OR<|>",
     "2026-01-01~", "<2026-01-01", ">2026-02-30", "-1", "0", "1,2,3", "%", "\\", "'", "\x00"]
)  # fmt: skip


@given(workspaces, numbers)
def test_every_spelling_of_an_id_means_the_same_item(workspace_id: str, number: int) -> None:
    expected = long_id(workspace_id, str(number))
    for prefix in ("10", "11"):
        for workspace in (workspace_id, workspace_id.zfill(8)):
            assert canonical(f"{prefix}{workspace}{number:09}", workspace_id) == expected
    assert canonical(expected, workspace_id) == expected


@given(texts, workspaces)
def test_what_is_no_id_stays_as_it_is(text: str, workspace_id: str) -> None:
    if not text.startswith(("10", "11")) or len(text) < 5:
        assert canonical(text, workspace_id) == text
    assert canonical_list("a,b|<>c", workspace_id) == "a,b|<>c"


@given(st.sampled_from(sorted(operators.KINDS)), texts)
def test_every_value_becomes_a_condition_with_its_arguments_or_is_refused(
    kind: str, value: str
) -> None:
    try:
        sql, arguments = operators.condition(kind, "created", "column", value)
    except Refusal as refusal:
        assert refusal.status == 422
        return
    assert sql.count("?") == len(arguments)


_NAMES = {name for some in FILTERS.values() for name in some} | {
    "page", "limit", "order", "fields", "cursor", "v_status", "custom_field_one", "user",
    "include_sub_category", "change_field", "system", "group_key", "nick", "company_id",
    "image_path", "short_ids",
}  # fmt: skip
queries = st.dictionaries(st.sampled_from(sorted(_NAMES)), texts, max_size=5)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(path=st.sampled_from(sorted(ENDPOINTS)), query=queries)
def test_no_query_breaks_the_server(
    sandbox: RunningSandbox, web: Web, first: str, path: str, query: dict[str, str]
) -> None:
    encoded = urlencode({"workspace_id": first} | query, errors="replace")
    reply = web.ask(f"{path}?{encoded}")
    assert reply.status in (200, 404, 422)
    assert reply.envelope["status"] == (1 if reply.status == 200 else reply.status)
