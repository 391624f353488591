"""Arguments are read as models write them, and refused in our words."""

from __future__ import annotations

from typing import Any

import pytest

from taplens.errors import ArgumentError
from taplens.tools import registry
from taplens.tools.arguments import checked


def arguments(tool: str, raw: dict[str, Any]) -> dict[str, Any]:
    return checked(registry.get(tool).arguments, raw).model_dump()


@pytest.mark.parametrize("limit", [20, "20", " 20 ", 20.0, "020"])
def test_a_number_may_come_as_text(limit: Any) -> None:
    assert arguments("find_items", {"limit": limit})["limit"] == 20


@pytest.mark.parametrize(
    "ids",
    [
        ["1000123", "bug:45"],
        "1000123,bug:45",
        "1000123，bug:45",
        " 1000123 ; bug:45 ",
        '["1000123", "bug:45"]',
        [1000123, " bug:45 "],
        "1000123\nbug:45\n",
    ],
)
def test_a_list_may_come_as_one_text(ids: Any) -> None:
    assert arguments("get_items", {"ids": ids})["ids"] == ("1000123", "bug:45")


def test_a_single_number_is_a_list_of_one() -> None:
    assert arguments("get_items", {"ids": 1150311786001000123})["ids"] == ("1150311786001000123",)


def test_null_means_not_given_and_space_around_texts_no_matter() -> None:
    found = arguments("find_items", {"where": "  type:bug ", "cursor": None, "workspace": None})
    assert (found["where"], found["cursor"], found["workspace"]) == ("type:bug", "", ())


@pytest.mark.parametrize("full", [True, "true", "True", 1, "yes"])
def test_a_flag_may_come_as_text(full: Any) -> None:
    assert arguments("sync_workspace", {"full": full})["full"] is True


@pytest.mark.parametrize("limit", [-1, 0, 201, "-3", "many", "", 2.5, [20], {"n": 1}, 10**30])
def test_a_limit_out_of_range_says_what_is_allowed(limit: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        arguments("find_items", {"limit": limit})
    assert caught.value.code == "argument_number"
    assert "1 to 200" in caught.value.message("en")


@pytest.mark.parametrize(
    ("tool", "raw", "code", "said"),
    [
        ("get_items", {}, "argument_missing", "ids"),
        ("find_items", {"filter": "type:bug"}, "argument_unknown", "filter"),
        ("describe_workspace", {"part": "colours"}, "argument_choice", "colours"),
        ("get_items", {"ids": ["1"] * 51}, "argument_list_too_long", "50"),
        ("find_items", {"where": "x" * 4001}, "argument_text_too_long", "4000"),
        ("find_items", {"where": ["type:bug"]}, "argument_type", "string"),
        ("sync_workspace", {"full": "perhaps"}, "argument_type", "boolean"),
        ("get_items", {"ids": {"id": 1}}, "argument_type", "array"),
    ],
)
def test_a_fault_names_the_argument_and_never_speaks_of_pydantic(
    tool: str, raw: dict[str, Any], code: str, said: str
) -> None:
    with pytest.raises(ArgumentError) as caught:
        arguments(tool, raw)
    assert caught.value.code == code
    text = str(caught.value)
    assert said in text
    assert "pydantic" not in text.lower()
    assert "input_value" not in text
