"""The files that describe providers and models: the built-in ones and the operator's own.

[providers.team]                     # any server of the protocol: vLLM, SGLang, Ollama, ...
base_url = "https://llm.example/v1"
api_key_env = "TEAM_LLM_KEY"         # or api_key = "..."; neither: it needs none
models = ["qwen3-32b"]               # listed by these names; others by "team/<name>"
rpm = 60                             # what the account may do with each model in a minute
tpm = 100_000
timeouts = { first_byte = 60, total = 600 }  # seconds; also `connect`, `between`
currency = "CNY"

[models.chat]                        # a model of your own, or changes to a listed one
upstreams = ["team/qwen3-32b", { model = "siliconflow/Qwen/Qwen3-32B", weight = 2 }]
context = 131_072
limits = "documented"                # or "provider", or { messages = 50, max_tokens = 8192 }
price = { input = 1.0, output = 4.0 }  # of a million tokens, in the provider's currency; an
                                     # upstream's table may hold a `price` of its own
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from taplens.errors import ConfigurationError
from taplens.llm.profiles import FAMILIES

BUILT_IN = ("siliconflow", "deepseek", "self-hosted", "taplens")
_TIMEOUTS = ("connect", "first_byte", "between", "total")
_FREE = {"input": 0, "output": 0}
_Check = Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value < math.inf


def _is_whole(value: Any) -> bool:
    return _is_number(value) and isinstance(value, int)


def is_url(value: Any) -> bool:
    """Whether `value` is the address of an HTTP server."""
    if not isinstance(value, str):
        return False
    parts = urlsplit(value)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


def _is_timeouts(value: Any) -> bool:
    return (
        _is_table(value)
        and set(value) <= set(_TIMEOUTS)
        and all(_is_number(seconds) and seconds > 0 for seconds in value.values())
    )


def _is_upstreams(value: Any) -> bool:
    return isinstance(value, list) and all(
        _is_text(way)
        or (_is_table(way) and _is_text(way.get("model"))
            and set(way) <= {"model", "weight", "price"}
            and _is_whole(way.get("weight", 1)) and _is_price(way.get("price", _FREE)))
        for way in value
    )  # fmt: skip


def _is_limits(value: Any) -> bool:
    if _is_table(value):
        return set(value) <= {"messages", "max_tokens"} and all(map(_is_whole, value.values()))
    return value in ("documented", "provider")


def _is_price(value: Any) -> bool:
    return (
        _is_table(value)
        and _is_number(value.get("input"))
        and _is_number(value.get("output"))
        and set(value) <= {"input", "output", "currency"}
    )


# What each entry may hold: (whether a value will do, what to say when it doesn't).
_WHOLE = (_is_whole, "a whole number")
_TEXT = (_is_text, "text")
_PROVIDER: Mapping[str, tuple[_Check, str]] = {
    "kind": (lambda value: value in ("http", "local", "builtin"), "http | local | builtin"),
    "base_url": (is_url, "http://... or https://..."),
    "base_url_env": _TEXT,
    "api_key": _TEXT,
    "api_key_env": _TEXT,
    "currency": _TEXT,
    "models": (_is_texts, "a list of names"),
    "rpm": _WHOLE,
    "tpm": _WHOLE,
    "response_formats": (_is_texts, "a list of json_schema, json_object"),
    "timeouts": (_is_timeouts, f"seconds, more than 0: a table of {', '.join(_TIMEOUTS)}"),
    "thinking": (_is_table, "a table of `on`, `off`, `budget`"),
}
_MODEL: Mapping[str, tuple[_Check, str]] = {
    "upstreams": (_is_upstreams, '"provider/model", or a table of `model`, `weight`, `price`'),
    "profile": (lambda value: value in FAMILIES, " | ".join(FAMILIES)),
    "context": _WHOLE,
    "limits": (_is_limits, "documented | provider | a table of `messages`, `max_tokens`"),
    "rpm": _WHOLE,
    "tpm": _WHOLE,
    "price": (_is_price, "a table of `input`, `output`, `currency`"),
    "tokenizer": (_is_text, "the path of a tokenizer.json"),
}

Tables = dict[str, dict[str, dict[str, Any]]]


def read_tables(own: Path | None) -> Tables:
    """The built-in providers and models with what `own` (if it exists) adds and changes.

    An own provider of a built-in's name changes only the fields that it names; its models are
    listed beside the built-in's. Raises ConfigurationError naming the entry that is wrong.
    """
    tables: Tables = {"providers": {}, "models": {}}
    for name in BUILT_IN:
        _add(tables, _built_in(name))
    if own is not None and (table := _own(own)) is not None:
        _check(table, str(own))
        _add(tables, table | {"providers": _opted_in(table.get("providers", {}))})
    return tables


def _opted_in(providers: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: {**provider, "opt_in": False} for name, provider in providers.items()}


@cache
def _built_in(name: str) -> Mapping[str, Any]:
    place = files(__package__).joinpath("providers", f"{name}.toml")
    return tomllib.loads(place.read_text(encoding="utf-8"))


def _own(path: Path) -> dict[str, Any] | None:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise ConfigurationError("providers_file", path=str(path), detail=str(fault)) from fault


def _add(tables: Tables, table: Mapping[str, Any]) -> None:
    for part, entries in tables.items():
        for name, entry in table.get(part, {}).items():
            earlier = entries.get(name, {})
            models = [*earlier.get("models", ()), *entry.get("models", ())]
            entries[name] = {**earlier, **entry} | ({"models": models} if models else {})


def _check(table: Mapping[str, Any], path: str) -> None:
    def refuse(entry: str, allowed: str) -> ConfigurationError:
        return ConfigurationError("providers_entry", path=path, entry=entry, allowed=allowed)

    for part, entries in table.items():
        if part not in ("providers", "models") or not _is_table(entries):
            raise refuse(part, "[providers.<name>] | [models.<name>]")
        for name, entry in entries.items():
            if not _is_table(entry):
                raise refuse(f"{part}.{name}", f"[{part}.<name>]")
            known = _PROVIDER if part == "providers" else _MODEL
            for key, value in entry.items():
                if key not in known and entry.get("kind", "http") != "http":
                    continue  # an option that only this kind of provider knows
                check, allowed = known.get(key, (None, " | ".join(known)))
                if check is None or not check(value):
                    raise refuse(f"{part}.{name}.{key}", allowed)


def options_of(provider: Mapping[str, Any]) -> dict[str, Any]:
    """What a provider's table holds beyond the documented entries: for its kind to read."""
    return {
        key: value for key, value in provider.items() if key not in _PROVIDER and key != "opt_in"
    }
