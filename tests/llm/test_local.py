"""A model in this process: a GGUF file written here, loaded and asked for real."""

from __future__ import annotations

import asyncio
import builtins
import gc
import json
import stat
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import psutil
import pytest

from taplens.errors import ModelTimeoutError, ModelUnavailableError
from taplens.llm.entries import Provider, Upstream
from taplens.llm.local import LocalTransport
from taplens.llm.local_answer import LocalAnswer
from taplens.llm.merge import Merger
from taplens.llm.sse import Decoder
from taplens.llm.transport import Timeouts, Transport
from tests.llm.tiny_gguf import TEXT, write_model

SMALL = {"context": 2048, "parallel": 2, "threads": 1}


@pytest.fixture(scope="module")
def reciting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("模型") / "小.gguf")


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model") / "endless.gguf", endless=True)


def upstream(path: object, **options: Any) -> Upstream:
    told = SMALL | {"path": str(path)} | options
    return Upstream(Provider(name="own", kind="local", options=told), "own-model")


@asynccontextmanager
async def loaded(**settings: Any) -> AsyncIterator[LocalTransport]:
    transport = LocalTransport(**settings)
    checked: Transport = transport
    try:
        yield transport
    finally:
        await checked.aclose()


def body(**fields: Any) -> bytes:
    asked = {"model": "own-model", "messages": [{"role": "user", "content": "你好，ＡＢＣ🙂"}]}
    return json.dumps(asked | {"temperature": 0} | fields).encode()


async def ask(transport: LocalTransport, way: Upstream, **fields: Any) -> Any:
    answer = await transport.open(way, body(**fields), streamed=False)
    return answer.status, json.loads(await answer.read())


async def events(answer: LocalAnswer) -> list[str]:
    decoder = Decoder()
    return [event.data async for part in answer.chunks() for event in decoder.feed(part)]


async def test_an_answer_is_whole_and_of_the_protocol(reciting: Path) -> None:
    async with loaded() as transport:
        status, answer = await ask(transport, upstream(reciting))
    assert (status, answer["object"], answer["model"]) == (200, "chat.completion", "own-model")
    (choice,) = answer["choices"]
    assert choice["message"] == {"role": "assistant", "content": TEXT}
    assert (choice["index"], choice["finish_reason"]) == (0, "stop")
    assert answer["usage"]["completion_tokens"] == len(TEXT) + 1  # the end counts
    assert set(answer) == {"id", "object", "created", "model", "choices", "usage"}


async def test_a_stream_comes_in_events_and_merges_into_the_same_answer(reciting: Path) -> None:
    async with loaded() as transport:
        way = upstream(reciting)
        answer = await transport.open(
            way, body(stream=True, stream_options={"include_usage": True}), streamed=True
        )
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/event-stream")
        told = await events(answer)
        _, whole = await ask(transport, way)
    assert told[-1] == "[DONE]"
    chunks = [json.loads(one) for one in told[:-1]]
    assert len(chunks) > len(TEXT)
    assert (chunks[-1]["choices"], chunks[-1]["usage"]) == ([], whole["usage"])
    merger = Merger()
    for chunk in chunks:
        merger.add(chunk)
    assert merger.answer()["choices"] == whole["choices"]


async def test_usage_is_streamed_only_when_asked(reciting: Path) -> None:
    async with loaded() as transport:
        answer = await transport.open(upstream(reciting), body(stream=True), streamed=True)
        told = await events(answer)
    assert all("usage" not in one for one in told)


@pytest.mark.parametrize("streamed", [False, True])
async def test_usage_counts_every_choice(reciting: Path, streamed: bool) -> None:
    asked = {"stream_options": {"include_usage": True}, "n": 2, "stream": streamed}
    async with loaded() as transport:
        way = upstream(reciting)
        _, one = await ask(transport, way)
        answer = await transport.open(way, body(**asked), streamed=streamed)
        if streamed:
            usage = json.loads((await events(answer))[-2])["usage"]
        else:
            both = json.loads(await answer.read())
            usage = both["usage"]
            assert [choice["message"]["content"] for choice in both["choices"]] == [TEXT, TEXT]
    assert usage["prompt_tokens"] == one["usage"]["prompt_tokens"]
    assert usage["completion_tokens"] == 2 * one["usage"]["completion_tokens"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


async def test_an_answer_begins_anew_after_an_assistants_message(reciting: Path) -> None:
    said = [{"role": "user", "content": "说"}, {"role": "assistant", "content": "小模型"}]
    async with loaded() as transport:
        _, answer = await ask(transport, upstream(reciting), messages=said)
    assert answer["choices"][0]["message"]["content"] == TEXT


@pytest.mark.parametrize("stop", ["只会", ["没有", "只会"]])
async def test_a_stop_sequence_ends_the_text_and_is_not_part_of_it(
    reciting: Path, stop: Any
) -> None:
    async with loaded() as transport:
        _, answer = await ask(transport, upstream(reciting), stop=stop)
    assert answer["choices"][0]["message"]["content"] == "沙箱里的小模型："
    assert answer["choices"][0]["finish_reason"] == "stop"


async def test_max_tokens_cuts_and_says_so(reciting: Path) -> None:
    async with loaded() as transport:
        _, answer = await ask(transport, upstream(reciting), max_tokens=3)
    assert answer["choices"][0] == {
        "index": 0, "finish_reason": "length",
        "message": {"role": "assistant", "content": "沙箱里"},
    }  # fmt: skip


SCHEMA = {
    "type": "object",
    "properties": {
        "标题": {"type": "string", "maxLength": 8},
        "等级": {"enum": ["高", "低"]},
        "open": {"type": "boolean"},
    },
    "required": ["标题", "等级", "open"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("streamed", [False, True])
async def test_an_answer_by_schema_satisfies_it(reciting: Path, streamed: bool) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "bug", "schema": SCHEMA}}
    async with loaded() as transport:
        asked = body(response_format=wanted, stream=streamed)
        answer = await transport.open(upstream(reciting), asked, streamed=streamed)
        if streamed:
            merger = Merger()
            for one in (await events(answer))[:-1]:
                merger.add(json.loads(one))
            told = merger.answer()
        else:
            told = json.loads(await answer.read())
    jsonschema.validate(json.loads(told["choices"][0]["message"]["content"]), SCHEMA)


async def test_two_requests_are_generated_at_once(endless: Path) -> None:
    way = upstream(endless, context=32_768)
    async with loaded() as transport:
        first, second = [
            await transport.open(way, body(stream=True), streamed=True) for _ in range(2)
        ]
        parts = [await anext(answer.chunks()) for answer in (first, second)]
        assert [part[:6] for part in parts] == [b"data: "] * 2
        assert (await transport.load(way)).under_way == 2
        await first.aclose()
        await second.aclose()


async def test_closing_an_answer_ends_its_generation(endless: Path) -> None:
    # One worker: the second answer can only come once the first, which has no end, was stopped.
    way = upstream(endless, parallel=1, context=65_536)
    async with loaded() as transport:
        first = await transport.open(way, body(stream=True), streamed=True)
        await anext(first.chunks())
        await first.aclose()
        status, answer = await ask(transport, way, max_tokens=2)
    assert (status, answer["choices"][0]["message"]["content"]) == (200, "沙箱")


async def test_a_caller_that_gives_up_on_a_whole_answer_ends_its_generation(endless: Path) -> None:
    way = upstream(endless, parallel=1, context=65_536)
    async with loaded() as transport:
        await transport.load(way)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ask(transport, way), 0.1)
        status, _ = await ask(transport, way, max_tokens=2)
    assert status == 200


async def test_closing_the_transport_ends_everything(endless: Path) -> None:
    threads = set(threading.enumerate())
    async with loaded() as transport:
        way = upstream(endless, context=65_536)
        answer = await transport.open(way, body(stream=True), streamed=True)
        folder = Path((await transport.load(way)).engine.address.removeprefix("unix://")).parent
    assert not folder.exists()
    assert not [one for one in set(threading.enumerate()) - threads if "local" in one.name]
    await answer.aclose()


async def test_the_event_loop_runs_on_while_tokens_are_generated(endless: Path) -> None:
    turns = 0
    async with loaded() as transport:
        way = upstream(endless, context=4096)
        await transport.load(way)
        task = asyncio.create_task(ask(transport, way, max_tokens=600))
        while not task.done():
            turns += 1
            await asyncio.sleep(0)
        assert (await task)[1]["usage"]["completion_tokens"] == 600
    assert turns > 600


async def test_a_model_is_loaded_once_for_all_who_ask_at_once(reciting: Path) -> None:
    async with loaded() as transport:
        way = upstream(reciting)
        first, second = await asyncio.gather(transport.load(way), transport.load(way))
        assert first is second


def mode_of(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode)


async def connection_to(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to llama.cpp's own server: a port only where there are no Unix sockets."""
    parts = urlsplit(address)
    if sys.platform == "win32":
        return await asyncio.open_connection(parts.hostname, parts.port)
    assert parts.scheme == "unix"
    assert mode_of(Path(parts.path).parent) == 0o700
    return await asyncio.open_unix_connection(parts.path)


async def test_nobody_else_can_reach_the_model(reciting: Path) -> None:
    def listening() -> set[Any]:
        found = psutil.Process().net_connections("inet")
        return {one.laddr for one in found if one.status == psutil.CONN_LISTEN}

    before = listening()
    async with loaded() as transport:
        model = await transport.load(upstream(reciting))
        assert listening() == before or sys.platform == "win32"
        reader, writer = await connection_to(model.engine.address)
        writer.write(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
        )
        assert b" 401 " in await reader.readline()
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    ("asked", "word"),
    [(body(messages=[]), "messages"), (body(max_tokens=0), "max_tokens"), (b"{", "JSON"),
     (body(n=3), "'n'"), (body(messages=[{"role": "user", "content": "长" * 9000}]), "context"),
     (body(messages=[{"role": "user", "content": [
         {"type": "image_url", "image_url": {"url": "http://127.0.0.1:9/缺陷.png"}}]}]), "image"),
     (body(response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": {
         "type": "nonsense"}}}), "nonsense")],
)  # fmt: skip
@pytest.mark.parametrize("streamed", [False, True])
async def test_what_the_model_can_not_do_is_refused_as_documented(
    reciting: Path, asked: bytes, word: str, streamed: bool
) -> None:
    async with loaded() as transport:
        answer = await transport.open(upstream(reciting), asked, streamed=streamed)
        told = json.loads(await answer.read())
    assert (answer.status, sorted(told)) == (400, ["code", "data", "message"])
    assert word in told["message"]


async def test_a_request_too_many_is_told_to_come_later(endless: Path) -> None:
    way = upstream(endless, parallel=1, context=65_536)
    async with loaded() as transport:
        model = await transport.load(way)
        running = [model.begin(json.loads(body(stream=True))) for _ in range(65)]
        status, answer = await ask(transport, way)
        for generation in running:
            generation.stop()
    assert (status, answer["code"]) == (503, 50505)


async def test_silence_is_given_up_after_the_time_allowed(endless: Path) -> None:
    way = upstream(endless, parallel=1, context=65_536)
    async with loaded(timeouts=Timeouts(first_byte=0.05)) as transport:
        model = await transport.load(way)
        blocking = model.begin(json.loads(body(stream=True)))
        with pytest.raises(ModelTimeoutError) as caught:
            await ask(transport, way)
        blocking.stop()
    assert caught.value.status == 504


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, "model_file_missing"), (b"", "model_file_invalid"),
     (b"PK\x03\x04", "model_file_invalid"),
     (b"GGUF\x03\x00\x00\x00", "model_file_unloadable")],
)  # fmt: skip
async def test_a_bad_file_is_told_with_its_path_and_a_mend(
    tmp_path: Path, content: bytes | None, code: str
) -> None:
    if content is not None:
        (tmp_path / "坏.gguf").write_bytes(content)
    async with loaded(folder=tmp_path) as transport:
        with pytest.raises(ModelUnavailableError) as caught:
            await ask(transport, upstream("坏.gguf"))
    assert caught.value.code == code
    assert str(tmp_path / "坏.gguf") in caught.value.message("zh")
    assert (caught.value.status, caught.value.provider) == (503, "own")
    assert caught.value.mend("en")


@pytest.fixture
def cut(tmp_path: Path, reciting: Path) -> Path:
    path = tmp_path / "cut.gguf"
    path.write_bytes(reciting.read_bytes()[:100_000])
    return path


async def test_a_truncated_file_is_told(cut: Path) -> None:
    async with loaded() as transport:
        with pytest.raises(ModelUnavailableError) as caught:
            await ask(transport, upstream(cut))
    assert caught.value.code == "model_file_unloadable"


async def test_a_mended_file_is_found_by_the_next_request(tmp_path: Path) -> None:
    async with loaded(folder=tmp_path) as transport:
        with pytest.raises(ModelUnavailableError):
            await ask(transport, upstream("m.gguf"))
        write_model(tmp_path / "m.gguf")
        assert (await ask(transport, upstream("m.gguf")))[0] == 200


@pytest.mark.parametrize(
    ("options", "name"),
    [({"path": ""}, "path"), ({"path": 3}, "path"), ({"context": 1}, "context"),
     ({"parallel": True}, "parallel"), ({"threads": "2"}, "threads"), ({"gpu": 1}, "gpu")],
)  # fmt: skip
async def test_a_wrong_option_is_named(reciting: Path, options: Any, name: str) -> None:
    way = upstream(reciting)
    told = dict(way.provider.options) | options
    async with loaded() as transport:
        with pytest.raises(ModelUnavailableError) as caught:
            await transport.load(Upstream(Provider(name="own", kind="local", options=told), "m"))
    assert caught.value.code == "model_option"
    assert name in caught.value.message("en")


@pytest.fixture
def without_extra(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in an installation without the extra: importing the binding fails."""
    usual = builtins.__import__

    def refusing(name: str, *rest: Any) -> Any:
        if name == "xllamacpp":
            raise ModuleNotFoundError(name)
        return usual(name, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(builtins, "__import__", refusing)
        yield


@pytest.mark.usefixtures("without_extra")
async def test_a_missing_extra_is_told_with_how_to_install_it(reciting: Path) -> None:
    async with loaded() as transport:
        with pytest.raises(ModelUnavailableError) as caught:
            await ask(transport, upstream(reciting))
    assert "taplens[local]" in caught.value.mend("en")
    gc.collect()
