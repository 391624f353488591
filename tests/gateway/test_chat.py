"""Chat completions through the gateway: what comes back, and what the provider is sent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.gateway.serving_here import CHAT, MODEL, chat

if TYPE_CHECKING:
    from taplens.sandbox.provider.handle import RunningProvider
    from tests.gateway.conftest import Serve


async def test_row_200_is_answered_as_documented(serve: Serve) -> None:
    async with serve() as server:
        reply = await server.chat("请总结缺陷 1001 😀")
    answer = reply.json()
    assert (reply.status, answer["object"]) == (200, "chat.completion")
    assert {"id", "created", "model", "choices", "usage"} <= answer.keys()
    assert "请总结缺陷 1001 😀" in answer["choices"][0]["message"]["content"]
    assert answer["choices"][0]["finish_reason"] == "stop"


async def test_a_stream_is_passed_on_whole_and_ends_with_done(serve: Serve) -> None:
    async with serve() as server:
        whole = (await server.chat("你好")).json()
        reply = await server.chat("你好", stream=True)
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert reply.data()[-1] == "[DONE]"
    assert reply.text() == whole["choices"][0]["message"]["content"]


async def test_choice_1_an_omitted_stream_is_not_streamed(serve: Serve) -> None:
    async with serve() as server:
        assert (await server.chat()).json()["object"] == "chat.completion"


async def test_choice_1_the_documented_default_is_one_setting_away(serve: Serve) -> None:
    async with serve(stream_default=True) as server:
        assert (await server.chat()).data()[-1] == "[DONE]"
        assert (await server.chat(stream=False)).json()["object"] == "chat.completion"


async def test_choice_1_who_accepts_an_event_stream_gets_one(serve: Serve) -> None:
    async with serve() as server:
        accepting = {"Accept": "text/event-stream"}
        reply = await server.ask(body=chat(), headers=accepting)
        assert reply.data()[-1] == "[DONE]"
        reply = await server.ask(body=chat(stream=False), headers=accepting)
        assert reply.json()["object"] == "chat.completion"


async def test_choice_2_long_chats_are_left_to_a_real_upstream(serve: Serve) -> None:
    said = [{"role": "user", "content": "你好"}] * 40
    async with serve() as server:
        assert (await server.ask(body=chat(messages=said, max_tokens=30_000))).status == 200


@pytest.mark.parametrize("stream", [None, False, True])
async def test_choice_2_the_provider_gets_exactly_the_clients_fields(
    serve: Serve, provider: RunningProvider, stream: bool | None
) -> None:
    sent = chat("你好", temperature=0.30, 未知字段={"a": [1, None]}, seed=2**53) | (
        {} if stream is None else {"stream": stream}
    )
    async with serve() as server:
        assert (await server.ask(body=sent)).status == 200
    (request,) = provider.requests()
    assert request["body"] == sent
    assert list(request["body"]) == list(sent)


async def test_the_provider_gets_the_routed_models_name_and_nothing_else_changes(
    serve: Serve, provider: RunningProvider
) -> None:
    own = f'[models."团队模型"]\nupstreams = ["siliconflow/{MODEL}"]\n'
    sent = chat("你好", model="团队模型", top_k=3)
    async with serve(providers=own) as server:
        assert (await server.ask(body=sent)).status == 200
    assert provider.requests()[0]["body"] == sent | {"model": MODEL}


async def test_another_name_at_the_provider_leaves_every_other_byte_as_it_was(
    serve: Serve,
) -> None:
    from taplens.llm.transport import HttpTransport

    went: list[bytes] = []

    class Watched(HttpTransport):
        async def open(self, upstream: Any, body: bytes, **more: Any) -> Any:
            went.append(body)
            return await super().open(upstream, body, **more)

    own = f'[models."团队模型"]\nupstreams = ["siliconflow/{MODEL}"]\n'
    sent = (
        '{ "seed":18446744073709551616123,"model" :\t"团队模型",\n"top_p":0.10000000000000000001,'
        '"messages":[{"role":"user","content":"\\u4f60\\/好","model":"团队模型"}]%s }\n'
    )
    async with serve(providers=own) as server:
        server.services.add_transport("http", Watched())
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        url = server.url + CHAT
        async with server.session.post(url, data=(sent % "").encode(), headers=headers) as reply:
            assert (reply.status, (await reply.read())[-14:]) == (200, b"data: [DONE]\n\n")
    # The stream was asked for by a header: it stands before the closing brace.
    assert went == [
        (sent.replace("团队模型", MODEL, 1).replace("%s }", ' ,"stream":true}')).encode()
    ]


async def test_a_field_that_stands_twice_is_refused_before_anybody_is_asked(
    serve: Serve, provider: RunningProvider
) -> None:
    body = b'{"model":"deepseek-ai/DeepSeek-V3","messages":[{"role":"user","content":"x"}],"model":'
    async with serve() as server:
        url, headers = server.url + CHAT, {"Content-Type": "application/json"}
        data = body + f'"{MODEL}"}}'.encode()
        async with server.session.post(url, data=data, headers=headers) as reply:
            answer = await reply.json()
    assert (reply.status, answer["code"], answer["data"]) == (400, 20015, "model")
    assert "`model`" in answer["message"]
    assert not provider.requests()


async def test_the_providers_key_is_ours_and_the_clients_goes_no_further(
    serve: Serve, provider: RunningProvider
) -> None:
    async with serve() as server:
        await server.ask(
            body=chat(), headers={"Authorization": "Bearer 客户".encode().decode("latin-1")}
        )
    (request,) = provider.requests()
    assert request["headers"]["authorization"] == f"Bearer {provider.key}"


async def test_tools_and_replayed_reasoning_pass_untouched(
    serve: Serve, provider: RunningProvider
) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "get_bug", "arguments": "{}"}}
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "缺陷？"},
        {"role": "assistant", "content": None, "reasoning_content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": "已关闭"},
    ]
    tools = [{"type": "function", "function": {"name": "get_bug"}}]
    async with serve() as server:
        reply = await server.ask(body=chat(messages=messages, tools=tools, tool_choice="auto"))
    assert reply.status == 200
    assert provider.requests()[0]["body"]["messages"] == messages


async def test_trap_blank_lines_before_the_json_are_left_out(
    serve: Serve, provider: RunningProvider
) -> None:
    provider.fault("blank_lines")
    async with serve() as server:
        assert (await server.chat()).body.startswith(b"{")


@pytest.mark.parametrize(
    "kind", ["null_content", "null_tool_calls", "empty", "fenced", "thinking_only"]
)
async def test_traps_of_answers_pass_as_they_are(
    serve: Serve, provider: RunningProvider, kind: str
) -> None:
    provider.fault(kind)
    tools = [{"type": "function", "function": {"name": "get_bug"}}]
    async with serve() as server:
        whole = await server.chat(tools=tools)
        streamed = await server.chat(tools=tools, stream=True)
    assert (whole.status, streamed.data()[-1]) == (200, "[DONE]")


async def test_many_at_once_get_each_their_own_answer(serve: Serve) -> None:
    async def one(number: int) -> bool:
        reply = await server.chat(f"echo:编号-{number}-id{number}", stream=number % 2 == 0)
        text = reply.text() if number % 2 == 0 else reply.json()["choices"][0]["message"]["content"]
        return f"编号-{number}-id{number}" in text

    async with serve() as server:
        assert all(await asyncio.gather(*map(one, range(60))))


async def test_models_are_listed_and_told_one_by_one(serve: Serve) -> None:
    async with serve() as server:
        listed = (await server.get("/v1/models")).json()
        names = [model["id"] for model in listed["data"]]
        assert listed["object"] == "list"
        assert {MODEL, "deepseek-ai/DeepSeek-V3"} <= set(names)
        for path in ("deepseek-ai/DeepSeek-V3", "deepseek-ai%2FDeepSeek-V3"):
            reply = await server.ask(f"/v1/models/{path}", method="GET")
            assert (reply.status, reply.json()["id"]) == (200, "deepseek-ai/DeepSeek-V3")
        missing = await server.get("/v1/models/没有这个")
        assert (missing.status, missing.json()) == (404, "404 page not found")


async def test_a_request_keeps_its_own_id_where_that_is_sane(
    serve: Serve, provider: RunningProvider
) -> None:
    async with serve() as server:
        kept = await server.ask(
            CHAT, chat(), headers={"X-Request-Id": "测试-1".encode().decode("latin-1")}
        )
        own = await server.ask(CHAT, chat(), headers={"X-Request-Id": "build-7.a_b"})
        streamed = await server.ask(CHAT, chat(stream=True), headers={"X-Request-Id": "s1"})
        missing = await server.get("/nirgends")
    assert len(kept.headers["x-request-id"]) == 24
    assert own.headers["x-request-id"] == "build-7.a_b"
    assert streamed.headers["x-request-id"] == "s1"
    assert missing.headers["x-request-id"]
    assert provider.requests()[1]["headers"]["x-request-id"] == "build-7.a_b"


async def test_prompts_are_logged_only_when_asked(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="taplens")
    async with serve() as server:
        await server.chat("机密内容")
        await server.ask(body=b'{"model": "\xe6\x9c\xba"')
    assert "机密" not in caplog.text
    async with serve(log_prompts=True) as server:
        await server.chat("机密内容")
    assert "机密内容" in caplog.text
