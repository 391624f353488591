"""Prompts, resources and completions, as a client sees them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import PromptReference, ResourceTemplateReference

from taplens.mirror import Keeper
from tests.mcp.conftest import FIRST, SECOND, connected, settings_for

if TYPE_CHECKING:
    from taplens.config import Settings
    from taplens.sandbox import RunningSandbox


@pytest.fixture(scope="module")
def filled(shared_sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a home whose mirror is complete."""
    settings = settings_for(shared_sandbox.base_url, tmp_path_factory.mktemp("prompted"))

    async def sync() -> None:
        async with Keeper(settings) as keeper:
            await keeper.sync()

    asyncio.run(sync())
    return settings


async def test_the_prompts_are_listed_with_their_arguments(settings: Settings) -> None:
    async with connected(settings) as client:
        prompts = {one.name: one for one in (await client.list_prompts()).prompts}
    assert list(prompts) == ["quality_report", "triage", "iteration_review"]
    required = [one.name for one in prompts["iteration_review"].arguments or () if one.required]
    assert required == ["iteration"]


async def test_every_prompt_names_only_tools_that_there_are(settings: Settings) -> None:
    import re

    from taplens.tools import registry

    arguments = {"iteration": "2026-S2"}
    async with connected(settings) as client:
        for prompt in (await client.list_prompts()).prompts:
            given = arguments if prompt.name == "iteration_review" else {}
            answer = await client.get_prompt(prompt.name, given)
            text = answer.messages[0].content.text  # type: ignore[union-attr]
            assert "{" not in text
            assert set(re.findall(r"\b[a-z]+_[a-z]+\b", text)) & set(registry.NAMES)


async def test_the_arguments_stand_in_the_text_of_a_prompt(settings: Settings) -> None:
    given = {"since": "2026-03-01", "where": "module:支付", "workspace": FIRST}
    async with connected(settings) as client:
        answer = await client.get_prompt("quality_report", given)
    text = answer.messages[0].content.text  # type: ignore[union-attr]
    assert "2026-03-01" in text
    assert f"workspace {FIRST}" in text
    assert "module:支付" in text


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("nothing", {}),
        ("iteration_review", {}),
        ("iteration_review", {"iteration": " "}),
        ("triage", {"colour": "red"}),
        ("triage", {"where": "x" * 501}),
    ],
)
async def test_a_prompt_that_cannot_be_filled_is_refused(
    settings: Settings, name: str, arguments: dict[str, str]
) -> None:
    async with connected(settings) as client:
        with pytest.raises(MCPError):
            await client.get_prompt(name, arguments)


async def test_items_and_reports_are_read_by_their_addresses(filled: Settings) -> None:
    async with connected(filled) as client:
        templates = (await client.list_resource_templates()).resource_templates
        assert [one.uri_template.split("/")[3] for one in templates] == ["{type}", "report"]
        found = await client.call_tool("find_items", {"where": "type:bug", "limit": 1})
        assert found.structured_content is not None
        item = found.structured_content["data"][0]
        read = await client.read_resource(f"tapd://{FIRST}/bug/{item['id']}")
        assert item["title"].split()[0] in read.contents[0].text  # type: ignore[union-attr]
        report = await client.read_resource(f"tapd://{FIRST}/report/2026-03-18/2026-03-31")
        assert report.contents[0].mime_type == "text/markdown"
        assert "2026-03-18" in report.contents[0].text  # type: ignore[union-attr]
        listed = (await client.list_resources()).resources
        assert [one.uri for one in listed] == [
            f"tapd://{FIRST}/report/{period}/{period}" for period in ("last_week", "last_month")
        ]
        assert (await client.read_resource(listed[0].uri)).contents


@pytest.mark.parametrize(
    "address",
    [
        f"tapd://{SECOND}/bug/1000001",  # of a workspace that isn't this server's
        f"tapd://{SECOND}/report/last_week/last_week",
        f"tapd://{FIRST}/bug/999999999",
        f"tapd://{FIRST}/wiki/1",
        f"tapd://{FIRST}/bug/1%20or%201",
        f"tapd://{FIRST}/report/2026-05/2026-01",
        f"tapd://{FIRST}/",
        "file:///etc/passwd",
        f"tapd://{FIRST}/bug/1?x=1",
        "tapd://[",
        "tapd://" + "9" * 500,
    ],
)
async def test_an_address_that_leads_nowhere_is_refused(filled: Settings, address: str) -> None:
    async with connected(filled) as client:
        with pytest.raises(MCPError) as caught:
            await client.read_resource(address)
    assert "Internal" not in str(caught.value)


async def test_workspaces_iterations_and_people_are_completed(filled: Settings) -> None:
    review = PromptReference(name="iteration_review")
    async with connected(filled) as client:
        described = await client.call_tool("describe_workspace", {"part": "iterations"})
        assert described.structured_content is not None
        names = {row["iteration"] for row in described.structured_content["data"]}
        asked = {"name": "iteration", "value": ""}
        whole = (await client.complete(review, asked)).completion
        assert names <= set(whole.values)
        some = next(iter(names))
        typed = await client.complete(review, {"name": "iteration", "value": some[:4].upper()})
        assert some in typed.completion.values
        people = PromptReference(name="triage")
        nicks = (await client.complete(people, {"name": "owner", "value": ""})).completion
        assert 0 < len(nicks.values) <= 100
        item = ResourceTemplateReference(uri="tapd://{workspace}/{type}/{id}")
        spaces = (await client.complete(item, {"name": "workspace", "value": "5"})).completion
        assert spaces.values == [FIRST]
        foreign = await client.complete(
            people, {"name": "owner", "value": ""}, {"workspace": SECOND}
        )
        assert foreign.completion.values == []
        anything = await client.complete(people, {"name": "where", "value": "x"})
        assert anything.completion.values == []
