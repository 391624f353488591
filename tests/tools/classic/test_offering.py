"""Who is offered the classic tools, and how their answers go over MCP."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from taplens.config import Settings
from taplens.mcp.server import described
from taplens.tools import registry
from taplens.tools.arguments import checked
from taplens.tools.sizing import tokens
from tests.mcp.conftest import connected
from tests.tools.classic.conftest import Classic

# As the original has them.
DEFAULTS = {
    "get_tapd_data": {"clean_empty_fields": True},
    "get_tapd_stories": {"clean_empty_fields": True},
    "get_tapd_bugs": {"clean_empty_fields": True},
    "vectorize_data": {
        "data_file_path": "local_data/msg_from_fetcher.json", "chunk_size": 5,
        "timeout_seconds": 600, "preserve_existing": False,
    },
    "get_vector_info": {},
    "search_data": {"query": "登录", "top_k": 5},
    "precise_search_tapd_data": {
        "search_value": "登录", "search_field": "", "data_type": "both", "exact_match": False,
        "case_sensitive": False,
    },
    "search_tapd_by_priority": {"priority_filter": "high", "data_type": "both"},
    "get_tapd_data_statistics": {"data_type": "both"},
    "analyze_time_trends": {
        "data_type": "story", "chart_type": "count", "time_field": "created", "since": "",
        "until": "", "data_file_path": "local_data/msg_from_fetcher.json",
    },
    "analyze_word_frequency": {
        "min_frequency": 3, "use_extended_fields": True,
        "data_file_path": "local_data/msg_from_fetcher.json",
    },
    "generate_fake_tapd_data": {
        "n_story_A": 300, "n_story_B": 200, "n_bug_A": 400, "n_bug_B": 300,
        "output_path": "local_data/msg_from_fetcher.json",
    },
    "generate_tapd_overview": {
        "since": "2025-01-01", "until": "", "max_total_tokens": 6000, "use_local_data": True,
        "ack_mode": "ack_only", "max_retries": 2, "retry_backoff": 1.5, "chunk_size": 0,
    },
    "preprocess_tapd_description": {
        "data_file_path": "local_data/msg_from_fetcher.json",
        "output_file_path": "local_data/msg_from_fetcher.json", "use_api": False,
        "process_documents": False, "process_images": False,
    },
    "preview_tapd_description_cleaning": {
        "data_file_path": "local_data/msg_from_fetcher.json", "item_count": 3,
    },
    "summarize_docx": {"docx_path": "方案.docx", "max_paragraphs": 5},
    "enhance_tapd_with_knowledge": {
        "tapd_file": "local_data/msg_from_fetcher.json", "testcase_file": "",
    },
    "example_tool": {"param1": "success", "param2": 57257},
}  # fmt: skip
REQUIRED = {
    "search_data": {"query": "登录"},
    "precise_search_tapd_data": {"search_value": "登录"},
    "summarize_docx": {"docx_path": "方案.docx"},
}


def test_the_set_is_offered_only_where_it_is_asked_for() -> None:
    assert not {tool.name for tool in registry.offered()} & set(registry.CLASSIC)
    offered = [tool.name for tool in registry.offered(("classic",))]
    assert offered == [*registry.NAMES, *registry.CLASSIC]
    assert tuple(DEFAULTS) == registry.CLASSIC


@pytest.mark.parametrize("name", registry.CLASSIC)
def test_arguments_have_the_names_and_defaults_that_callers_know(name: str) -> None:
    tool = registry.get(name)
    asked = checked(tool.arguments, REQUIRED.get(name, {}))
    assert asked.model_dump() == DEFAULTS[name]
    assert list(tool.input_schema()["properties"]) == list(DEFAULTS[name])
    checked(tool.arguments, tool.example)
    size = len(json.dumps(tool.input_schema(), ensure_ascii=False)) + len(tool.description)
    assert size <= 1000


async def test_an_answer_is_json_text_alone_and_a_fault_is_marked_as_one(
    mirrored: Settings, tmp_path: Path
) -> None:
    settings = replace(mirrored, home=tmp_path, toolsets=("classic",))
    async with connected(settings) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        good = await client.call_tool("get_tapd_data_statistics", {"data_type": "bugs"})
        bad = await client.call_tool("search_data", {"query": "登录"})
        drawn = await client.call_tool("analyze_time_trends", {"data_type": "bug"})
    assert names == [tool.name for tool in described(("classic",)).tools]
    (text,) = good.content
    assert json.loads(text.text)["status"] == "success"
    assert good.structured_content is None
    assert bad.is_error
    assert json.loads(bad.content[0].text)["status"] == "error"
    assert [one.type for one in drawn.content] == ["text", "image"]


ALWAYS = [name for name in registry.CLASSIC if name not in ("search_data", "summarize_docx")]


@pytest.mark.parametrize("name", ALWAYS)
@pytest.mark.parametrize("budget", [300, 900, 2500])
async def test_an_answer_fits_the_budget_and_stays_json(
    classic: Classic, name: str, budget: int
) -> None:
    asked = registry.get(name).example | SMALL.get(name, {})
    result = await classic.result(name, budget=budget, **asked)
    assert tokens(result.text) <= budget
    assert json.loads(result.text) == result.content


SMALL = {"enhance_tapd_with_knowledge": {"testcase_file": ""}}
