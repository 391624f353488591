"""What providers.toml says of a model in this process, and whether its file can be one.

[providers.own]
kind = "local"
path = "models/qwen3-4b-q4.gguf"   # from the folder of the databases, or absolute
models = ["qwen3-4b"]              # the name it is listed by
context = 8192                     # tokens that all requests at once share
parallel = 4                       # requests that are generated at once, and the largest n
threads = 2                        # of the processor; left out: llama.cpp's own choice
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taplens.errors import ModelUnavailableError
from taplens.llm.entries import Upstream

_MAGIC = b"GGUF"
# Each whole number's default, least and largest value.
_NUMBERS = {"context": (8192, 256, 1_048_576), "parallel": (4, 1, 64), "threads": (0, 0, 512)}


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalOptions:
    """How to load one model. `context` is in tokens; `threads` 0 leaves them to llama.cpp."""

    path: Path
    context: int
    parallel: int
    threads: int


def read_options(upstream: Upstream, folder: Path) -> LocalOptions:
    """The options of the upstream's provider; a relative path begins at `folder`.

    Raises ModelUnavailableError naming what is missing or wrong in providers.toml, or the file
    that isn't there or is no GGUF file.
    """
    told = upstream.provider.options
    for name in told:
        if name != "path" and name not in _NUMBERS:
            raise _wrong(upstream, name, " | ".join(["path", *_NUMBERS]))
    if not isinstance(told.get("path"), str) or not told["path"].strip():
        raise _wrong(upstream, "path", "model.gguf")
    path = folder / Path(told["path"]).expanduser()
    _check_file(path, upstream)
    return LocalOptions(path=path, **{name: _number(upstream, told, name) for name in _NUMBERS})


def fault(code: str, upstream: Upstream, **parameters: Any) -> ModelUnavailableError:
    """The error that the upstream's model can't be used here."""
    return ModelUnavailableError(
        code, provider=upstream.provider.name, model=upstream.model, **parameters
    )


def _number(upstream: Upstream, told: Mapping[str, Any], name: str) -> int:
    default, low, high = _NUMBERS[name]
    value = told.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise _wrong(upstream, name, f"{low}-{high}")
    return value


def _wrong(upstream: Upstream, option: str, allowed: str) -> ModelUnavailableError:
    return fault("model_option", upstream, option=option, allowed=allowed)


def _check_file(path: Path, upstream: Upstream) -> None:
    try:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except OSError as error:
        detail = error.strerror or type(error).__name__
        raise fault("model_file_missing", upstream, path=str(path), detail=detail) from error
    if magic != _MAGIC:
        raise fault("model_file_invalid", upstream, path=str(path))
