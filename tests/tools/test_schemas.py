"""What models read of the tools: small, and changed only on purpose."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from taplens.mcp.server import described
from taplens.tools import registry
from taplens.tools.sizing import compact

SNAPSHOTS = Path(__file__).parent / "snapshots"


def size(value: object) -> int:
    return len(compact(value).encode())


@pytest.mark.parametrize("name", registry.NAMES)
def test_a_tool_is_described_in_few_bytes(name: str) -> None:
    tool = registry.get(name)
    assert size(tool.input_schema()) + len(tool.description.encode()) <= 600
    assert size(tool.output_schema()) <= 250


def test_the_list_of_tools_is_small() -> None:
    listed = described().model_dump(by_alias=True, mode="json", exclude_none=True)
    assert size(listed) <= 10_000


@pytest.mark.parametrize("name", registry.NAMES)
def test_a_schema_is_as_in_its_snapshot(name: str) -> None:
    """Where a change is meant, delete the file: the next run writes it anew, and fails once."""
    (tool,) = [one for one in described().tools if one.name == name]
    found = tool.model_dump(by_alias=True, mode="json", exclude_none=True)
    path = SNAPSHOTS / f"{name}.json"
    if not path.exists():
        text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
        path.write_text(text, encoding="utf-8", newline="\n")
        pytest.fail(f"{path.name} was missing and has been written")
    assert found == json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", registry.NAMES)
def test_the_example_of_a_tool_is_a_correct_call(name: str) -> None:
    from taplens.tools.arguments import checked

    tool = registry.get(name)
    checked(tool.arguments, tool.example)
    assert tool.example_call().startswith(name)


def test_only_the_sync_is_not_read_only() -> None:
    assert [tool.name for tool in registry.offered() if not tool.read_only] == ["sync_workspace"]
    assert registry.offered(("write",)) == registry.offered()
