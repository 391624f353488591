"""What differs between families of models, as data: thinking, replayed reasoning, JSON, tools.

The rows say what the makers and SiliconFlow document; they change with time. An operator names
another family for a model in providers.toml (`profile`), or its context length (`context`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, Literal

_JSON = ("json_schema", "json_object")
_K = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One family.

    `patterns` are globs of lower-case model names. `thinking`: "switchable" by the request, or
    not. `replay` is what the family does with an earlier answer's `reasoning_content` in a
    conversation with tools: "refused" and "required" are answered by 400 when it is there, or
    missing. `response_formats` are those that it keeps to, best first. `context` is in tokens,
    None where it isn't known.
    """

    family: str
    patterns: tuple[str, ...] = ()
    thinking: Literal["never", "always", "switchable"] = "never"
    replay: Literal["refused", "required", "ignored"] = "ignored"
    response_formats: tuple[str, ...] = _JSON
    tools: bool = True
    context: int | None = None


UNKNOWN = Profile(family="unknown", patterns=("*",))

# The first row that matches counts.
PROFILES = (
    Profile(
        family="deepseek-r1-distill",
        patterns=("*deepseek-r1-distill*", "*deepseek-r1-0528-qwen3*"),
        thinking="always",
        response_formats=(),
        tools=False,
        context=128 * _K,
    ),
    Profile(
        family="deepseek-r1",
        patterns=("*deepseek-r1*",),
        thinking="always",
        replay="refused",
        response_formats=(),
        context=160 * _K,
    ),
    Profile(
        family="deepseek-v4",
        patterns=("*deepseek-v4*", "*deepseek-flash*"),
        thinking="switchable",
        replay="required",
        context=1024 * _K,
    ),
    Profile(
        family="deepseek-v3.2",
        patterns=("*deepseek-v3.2*", "*deepseek-reasoner*", "*deepseek-chat*"),
        thinking="switchable",
        replay="required",
        context=128 * _K,
    ),
    Profile(
        family="deepseek-v3.1",
        patterns=("*deepseek-v3.1*",),
        thinking="switchable",
        context=128 * _K,
    ),
    Profile(family="deepseek-v3", patterns=("*deepseek-v3*",), context=160 * _K),
    Profile(family="deepseek-v2.5", patterns=("*deepseek-v2.5*",), context=32 * _K),
    Profile(family="qwq", patterns=("*qwq-*",), thinking="always", context=128 * _K),
    Profile(family="qwen-long", patterns=("*qwenlong-*",), thinking="always", context=128 * _K),
    Profile(
        family="qwen3-thinking",
        patterns=("*qwen3-*-thinking*",),
        thinking="always",
        context=256 * _K,
    ),
    Profile(
        family="qwen3-instruct",
        patterns=("*qwen3-*-instruct*", "*qwen3-coder*"),
        context=256 * _K,
    ),
    Profile(family="qwen3.5", patterns=("*qwen3.*",), thinking="switchable", context=256 * _K),
    Profile(
        family="qwen3",
        patterns=("*qwen3-*", "*qwen3:*"),
        thinking="switchable",
        context=128 * _K,
    ),
    Profile(family="qwen2.5-128k", patterns=("*qwen2.5-*-128k",), context=128 * _K),
    Profile(family="qwen2.5", patterns=("*qwen2.5*", "*qwen2-*"), context=32 * _K),
    Profile(
        family="glm-z1", patterns=("*glm-z1*",), thinking="always", tools=False, context=128 * _K
    ),
    Profile(
        family="glm-4.5",
        patterns=("*glm-4.[5-9]*", "*glm-5*"),
        thinking="switchable",
        context=128 * _K,
    ),
    Profile(family="glm-4-chat", patterns=("*glm-4-9b-chat*",), context=128 * _K),
    Profile(family="glm-4", patterns=("*glm-4-*",), context=32 * _K),
    Profile(
        family="kimi-thinking",
        patterns=("*kimi-k2-thinking*", "*kimi-k2.*"),
        thinking="always",
        replay="required",
        context=256 * _K,
    ),
    Profile(family="kimi", patterns=("*kimi-*",), context=128 * _K),
    Profile(family="minimax", patterns=("*minimax-m*",), thinking="always", context=128 * _K),
    Profile(family="hunyuan", patterns=("*hunyuan-*",), thinking="switchable", context=128 * _K),
    Profile(family="ernie-4.5", patterns=("*ernie-4.5*",), context=128 * _K),
    Profile(
        family="pangu", patterns=("*pangu-*",), thinking="always", tools=False, context=128 * _K
    ),
    Profile(family="telechat", patterns=("*telechat*",), response_formats=(), tools=False),
    Profile(family="internlm", patterns=("*internlm2_5*",), context=32 * _K),
    UNKNOWN,
)
FAMILIES: Mapping[str, Profile] = {profile.family: profile for profile in PROFILES}


@lru_cache(maxsize=4096)
def profile_of(model: str) -> Profile:
    """The profile of the family that a provider's model belongs to, by its name."""
    name = model.lower()
    return next(
        profile
        for profile in PROFILES
        if any(fnmatchcase(name, pattern) for pattern in profile.patterns)
    )


def replayed(messages: Iterable[Mapping[str, Any]], profile: Profile) -> list[dict[str, Any]]:
    """`messages` with the `reasoning_content` of earlier answers as the family wants it.

    Where it is required, an answer that has none (another model's, a shortened history) gets an
    empty one: providers take that, but refuse the conversation if the field is missing.
    """
    copies = [dict(message) for message in messages]
    uses_tools = any(message.get("tool_calls") for message in copies)
    for message in copies:
        if message.get("role") != "assistant":
            continue
        if profile.replay == "refused":
            message.pop("reasoning_content", None)
        elif profile.replay == "required" and uses_tools:
            message["reasoning_content"] = message.get("reasoning_content") or ""
    return copies


def with_thinking(
    request: Mapping[str, Any], profile: Profile, dialect: Mapping[str, Any]
) -> dict[str, Any]:
    """`request` with the documented `enable_thinking` and `thinking_budget` in a provider's words.

    `dialect` is the provider's: the fields `on` and `off` that it takes, and the name of its
    `budget`. A switch is sent only to models that have one, a budget only to those that think.
    """
    rest = dict(request)
    switch, budget = rest.pop("enable_thinking", None), rest.pop("thinking_budget", None)
    if isinstance(switch, bool) and profile.thinking == "switchable":
        rest = _merged(rest, dialect.get("on" if switch else "off", {}))
    if budget is not None and profile.thinking != "never" and "budget" in dialect:
        rest[dialect["budget"]] = budget
    return rest


def _merged(request: dict[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """`request` with `fields`; an object in both has the fields of both."""
    for name, field in fields.items():
        value, earlier = field, request.get(name)
        if isinstance(value, Mapping) and isinstance(earlier, Mapping):
            value = {**earlier, **value}
        request[name] = value
    return request
