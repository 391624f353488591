"""JSON by schema: the best way that model and provider know, a check, and one repair."""

from __future__ import annotations

import json
from typing import Any

import pytest

from taplens.errors import ArgumentError, ModelProtocolError
from taplens.llm import complete_json

from .conftest import ClientFactory, asking
from .scripted_server import ScriptedServer, answers, whole

SCHEMA = {
    "type": "object",
    "properties": {"标题": {"type": "string"}, "count": {"type": "integer", "minimum": 0}},
    "required": ["标题", "count"],
    "additionalProperties": False,
}
VALUE = {"标题": "登录失败 😀", "count": 3}
TEXT = json.dumps(VALUE, ensure_ascii=False)


async def asked(client_of: ClientFactory, **provider: Any) -> Any:
    return await complete_json(client_of(provider=provider), asking("统计"), SCHEMA)


async def test_the_schema_goes_where_provider_and_model_keep_to_it(
    server: ScriptedServer, client_of: ClientFactory
) -> None:
    server.script = [answers(whole(TEXT))]
    assert await asked(client_of, response_formats=("json_schema", "json_object")) == VALUE
    sent = server.exchanges[0].json
    assert sent["response_format"]["type"] == "json_schema"
    assert sent["response_format"]["json_schema"]["schema"] == SCHEMA
    assert sent["messages"] == asking("统计")["messages"]


async def test_json_object_gets_the_schema_in_the_prompt(
    server: ScriptedServer, client_of: ClientFactory
) -> None:
    server.script = [answers(whole(TEXT))]
    assert await asked(client_of, response_formats=("json_object",)) == VALUE
    sent = server.exchanges[0].json
    assert sent["response_format"] == {"type": "json_object"}
    assert "JSON" in sent["messages"][0]["content"]
    assert "additionalProperties" in sent["messages"][0]["content"]
    assert sent["messages"][1:] == asking("统计")["messages"]


async def test_without_a_json_mode_the_prompt_alone_asks(
    server: ScriptedServer, client_of: ClientFactory
) -> None:
    server.script = [answers(whole(TEXT))]
    assert await asked(client_of, response_formats=()) == VALUE
    assert "response_format" not in server.exchanges[0].json


@pytest.mark.parametrize(
    "said",
    [
        f"```json\n{TEXT}\n```",
        f"```\n{TEXT}\n```",
        f"\n\n```JSON\n{TEXT}```\n",
        f"  {TEXT}\n",
    ],
    ids=["json fence", "plain fence", "capitals", "blanks"],
)
async def test_trap_a_markdown_fence_around_the_json_is_taken_off(
    server: ScriptedServer, client_of: ClientFactory, said: str
) -> None:
    server.script = [answers(whole(said))]
    assert await asked(client_of) == VALUE
    assert len(server.exchanges) == 1


async def test_a_fence_inside_a_value_is_left_alone(
    server: ScriptedServer, client_of: ClientFactory
) -> None:
    value = {"标题": "```json\n{}\n```", "count": 0}
    server.script = [answers(whole(json.dumps(value)))]
    assert await asked(client_of) == value


@pytest.mark.parametrize("said", ["", None, "   \n"], ids=["empty", "null", "blanks"])
async def test_trap_an_answer_of_nothing_is_asked_for_once_more(
    server: ScriptedServer, client_of: ClientFactory, said: str | None
) -> None:
    server.script = [answers(whole(said)), answers(whole(TEXT))]
    assert await asked(client_of) == VALUE
    assert [m["role"] for m in server.exchanges[1].json["messages"][-2:]][-1] == "user"
    assert all(message["content"] for message in server.exchanges[1].json["messages"])


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ('{"标题": "a", "count": "three"}', "$.count"),
        ('{"标题": "a"}', "count"),
        ("好的，结果如下。", "not JSON"),
        ('{"标题": "a", "count": NaN}', "not JSON"),
    ],
    ids=["wrong type", "missing", "prose", "NaN"],
)
async def test_an_answer_that_does_not_fit_is_repaired_once(
    server: ScriptedServer, client_of: ClientFactory, said: str, fault: str
) -> None:
    server.script = [answers(whole(said)), answers(whole(TEXT))]
    assert await asked(client_of) == VALUE
    earlier, repair = server.exchanges[1].json["messages"][-2:]
    assert earlier == {"role": "assistant", "content": said}
    assert fault in repair["content"]


async def test_an_answer_that_does_not_fit_after_the_repair_is_refused(
    server: ScriptedServer, client_of: ClientFactory
) -> None:
    server.script = [answers(whole('{"count": -1}'))]
    with pytest.raises(ModelProtocolError) as caught:
        await asked(client_of)
    assert caught.value.code == "json_invalid"
    assert len(server.exchanges) == 2


@pytest.mark.parametrize(
    "said", [TEXT[:10], "", TEXT], ids=["cut in the middle", "nothing left", "seemingly whole"]
)
async def test_trap_thinking_eats_max_tokens_and_cut_json_is_refused(
    server: ScriptedServer, client_of: ClientFactory, said: str
) -> None:
    server.script = [answers(whole(said, "length", reasoning_content="想了很久"))]
    with pytest.raises(ModelProtocolError) as caught:
        await asked(client_of)
    assert caught.value.code == "json_cut"
    assert "max_tokens" in caught.value.mend("en")
    assert len(server.exchanges) == 1


@pytest.mark.parametrize("schema", [{"$ref": "{base_url}/a.json"}, {"type": "text"}], ids=str)
async def test_a_schema_is_never_fetched_from_elsewhere_nor_taken_if_it_is_none(
    server: ScriptedServer, client_of: ClientFactory, schema: dict[str, str]
) -> None:
    server.script = [answers(whole(TEXT))]
    given = {name: value.format(base_url=server.base_url) for name, value in schema.items()}
    with pytest.raises(ArgumentError) as caught:
        await complete_json(client_of(), asking(), given)
    assert caught.value.code == "schema_unusable"
    assert len(server.exchanges) == 1


async def test_the_callers_request_is_left_as_it_was(
    server: ScriptedServer, client_of: ClientFactory
) -> None:
    server.script = [answers(whole("x")), answers(whole(TEXT))]
    request = asking("统计")
    await complete_json(client_of(), request, SCHEMA)
    assert request == asking("统计")
