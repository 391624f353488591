"""A model in this process as the operator sets it up: providers.toml, the catalogue, the client."""

from __future__ import annotations

from pathlib import Path

from taplens.config import load
from taplens.llm import Client, Merger, load_catalogue
from taplens.llm.local import LocalTransport
from tests.llm.tiny_gguf import TEXT, write_model

PROVIDERS = """
[providers.own]
kind = "local"
path = "小.gguf"
models = ["own-model"]
context = 1024
threads = 1
"""


async def test_a_model_named_in_providers_toml_answers_through_the_client(tmp_path: Path) -> None:
    write_model(tmp_path / "小.gguf")
    (tmp_path / "providers.toml").write_text(PROVIDERS, encoding="utf-8")
    settings = load({"home": tmp_path}, {})
    client = Client(load_catalogue(settings, {}), {"local": LocalTransport(settings.home)})
    for name in ("own-model", "own/own-model"):
        request = {"model": name, "messages": [{"role": "user", "content": "你好"}]}
        answer = await client.complete(request)
        assert answer["choices"][0]["message"]["content"] == TEXT
        merger = Merger()
        async for chunk in client.stream(request):
            merger.add(chunk)
        assert merger.answer()["choices"] == answer["choices"]
    await client.aclose()
