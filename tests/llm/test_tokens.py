"""Counting tokens: exact with the model's tokenizer, else an estimate that says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from taplens.errors import ConfigurationError
from taplens.llm import Model, count
from taplens.llm.tokens import estimate


@pytest.fixture
def model(tmp_path: Path) -> Model:
    """A model whose tokenizer gives each word and each punctuation mark one token."""
    words = {word: number for number, word in enumerate(["[UNK]", "登录", "失败", "the", "bug"])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    path = tmp_path / "tokenizer.json"
    tokenizer.save(str(path))
    return Model(name="m", upstreams=(), tokenizer=path)


def test_a_text_is_counted_exactly_where_a_tokenizer_is_at_hand(model: Model) -> None:
    assert count("登录 失败, the bug!", model) == (6, True)
    assert count("", model) == (0, True)


def test_a_local_models_own_tokenizer_counts_exactly(model: Model) -> None:
    assert count("你好", model, tokenizer=len) == (2, True)


def test_without_a_tokenizer_a_count_says_that_it_is_an_estimate() -> None:
    assert count("你好", Model(name="m", upstreams=())) == (2, False)
    assert not count("你好").exact


def test_messages_are_an_estimate_because_the_template_is_not_known(model: Model) -> None:
    messages = [
        {"role": "user", "content": "登录 失败"},
        {"role": "user", "content": [{"type": "text", "text": "the bug"}, {"type": "image_url"}]},
        {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "bug"}}]},
    ]
    counted = count(messages, model)
    assert not counted.exact
    assert counted.tokens > 2 + 2 + 3 * 4


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("The quick brown fox jumps over the lazy dog. " * 20, 180, 320),  # 9 words and a stop
        ("点击登录按钮后页面没有任何反应，控制台报错。" * 20, 220, 440),  # 22 characters
        ("😀" * 50, 30, 150),
    ],
    ids=["English", "Chinese", "emoji"],
)
def test_an_estimate_is_near_what_tokenizers_give(text: str, low: int, high: int) -> None:
    assert low <= estimate(text) <= high


@given(st.text(), st.text())
def test_an_estimate_grows_with_the_text_and_is_rounded_once(first: str, second: str) -> None:
    assert estimate(first, second) == estimate(first + second)
    assert estimate(first) <= estimate(first + second) <= estimate(first) + estimate(second)


@pytest.mark.parametrize("content", [None, b"{}", b"\xff"], ids=["missing", "empty", "binary"])
def test_a_tokenizer_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "分词器.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        count("a", Model(name="m", upstreams=(), tokenizer=path))
    assert str(path) in caught.value.message("zh")
