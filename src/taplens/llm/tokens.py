"""How many tokens a text has: exactly where its model's tokenizer is at hand, else estimated.

Nothing is ever downloaded: a tokenizer is a file that the operator names in providers.toml, or
the own one of a model that runs in this process.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from taplens.errors import ConfigurationError
from taplens.llm.entries import Model

# DeepSeek's documentation gives 0.3 tokens for an English and 0.6 for a Chinese character. They
# have one byte and three in UTF-8, so that this share of characters and bytes together gives
# both, and more for emoji. Held against DeepSeek's own tokenizer it gives 0.9 to 1.2 of the truth
# for Chinese and English prose and for code, and about 0.6 for rows of digits.
_TOKENS_PER_CHARACTER_AND_BYTE = 0.15
_TOKENS_PER_MESSAGE = 4  # role and separators of common chat templates


class Count(NamedTuple):
    """A number of tokens, and whether it is exact or an estimate."""

    tokens: int
    exact: bool


def count(
    what: str | Iterable[Mapping[str, Any]],
    model: Model | None = None,
    tokenizer: Callable[[str], int] | None = None,
) -> Count:
    """The tokens of a text or of messages.

    `tokenizer` counts with the model's own (a local model's); else that of the model's
    `tokenizer` file is used, if it has one. Messages are always an estimate: how a model's chat
    template frames them isn't known here. Loading a tokenizer takes long: call from a thread.
    Raises ConfigurationError when the tokenizer's file can't be used.
    """
    if tokenizer is None and model is not None and model.tokenizer is not None:
        tokenizer = _loaded(model.tokenizer)
    measure = tokenizer or estimate
    if isinstance(what, str):
        return Count(measure(what), exact=tokenizer is not None)
    texts = [_text_of(message) for message in what]
    return Count(sum(map(measure, texts)) + len(texts) * _TOKENS_PER_MESSAGE, exact=False)


def estimate(*texts: str) -> int:
    """About how many tokens `texts` have together, in any language; reads no tokenizer."""
    return of_size(sum(map(size, texts)))


def size(text: str) -> int:
    """What `of_size` estimates from. Sizes can be added: so texts needn't be kept to be counted."""
    if text.isascii():
        return 2 * len(text)
    return len(text) + len(text.encode("utf-8", "replace"))


def of_size(total: int) -> int:
    """About how many tokens texts have whose sizes (see `size`) are `total` together."""
    return math.ceil(total * _TOKENS_PER_CHARACTER_AND_BYTE)


def _text_of(message: Mapping[str, Any]) -> str:
    """All of a message that a model reads."""
    content = message.get("content")
    parts = content if isinstance(content, list) else [{"text": content}]
    texts = [part["text"] for part in parts if isinstance(part, dict) and part.get("text")]
    if calls := message.get("tool_calls"):
        texts.append(orjson.dumps(calls).decode())
    return "\n".join(text for text in texts if isinstance(text, str))


@lru_cache(maxsize=8)
def _loaded(path: Path) -> Callable[[str], int]:
    """The tokenizer in `path`, a tokenizer.json, loaded once."""
    try:
        from tokenizers import Tokenizer

        # The library raises Exception itself for a file that it can't read.
        tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except ImportError as fault:
        raise _unusable(path, "tokenizers is not installed") from fault
    except Exception as fault:
        raise _unusable(path, str(fault)[:200]) from fault
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)


def _unusable(path: Path, detail: str) -> ConfigurationError:
    return ConfigurationError("tokenizer_unusable", path=str(path), detail=detail)
