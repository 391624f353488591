"""What differs between families: each documented model has its profile, and it is kept to."""

from __future__ import annotations

from typing import Any

import pytest

from taplens.llm.profiles import FAMILIES, PROFILES, UNKNOWN, profile_of, replayed, with_thinking

SILICONFLOW = {
    "on": {"enable_thinking": True},
    "off": {"enable_thinking": False},
    "budget": "thinking_budget",
}
DEEPSEEK = {"on": {"thinking": {"type": "enabled"}}, "off": {"thinking": {"type": "disabled"}}}
VLLM = {
    "on": {"chat_template_kwargs": {"enable_thinking": True}},
    "off": {"chat_template_kwargs": {"enable_thinking": False}},
}

# model, family, thinking, replay, tools, context in K
MODELS = [
    ("Qwen/QwQ-32B", "qwq", "always", "ignored", True, 128),
    ("Qwen/Qwen3-8B", "qwen3", "switchable", "ignored", True, 128),
    ("qwen3:8b", "qwen3", "switchable", "ignored", True, 128),
    ("Qwen/Qwen3-235B-A22B-Thinking-2507", "qwen3-thinking", "always", "ignored", True, 256),
    ("Qwen/Qwen3-30B-A3B-Instruct-2507", "qwen3-instruct", "never", "ignored", True, 256),
    ("Qwen/Qwen3.5-27B", "qwen3.5", "switchable", "ignored", True, 256),
    ("Qwen/Qwen2.5-72B-Instruct", "qwen2.5", "never", "ignored", True, 32),
    ("Qwen/Qwen2.5-72B-Instruct-128K", "qwen2.5-128k", "never", "ignored", True, 128),
    ("Pro/deepseek-ai/DeepSeek-R1", "deepseek-r1", "always", "refused", True, 160),
    (
        "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B",
        "deepseek-r1-distill",
        "always",
        "ignored",
        False,
        128,
    ),
    ("deepseek-ai/DeepSeek-V3", "deepseek-v3", "never", "ignored", True, 160),
    ("deepseek-ai/DeepSeek-V3.1-Terminus", "deepseek-v3.1", "switchable", "ignored", True, 128),
    ("deepseek-ai/DeepSeek-V3.2", "deepseek-v3.2", "switchable", "required", True, 128),
    ("deepseek-v4-pro", "deepseek-v4", "switchable", "required", True, 1024),
    ("moonshotai/Kimi-K2-Instruct", "kimi", "never", "ignored", True, 128),
    ("moonshotai/Kimi-K2-Thinking", "kimi-thinking", "always", "required", True, 256),
    ("THUDM/GLM-Z1-32B-0414", "glm-z1", "always", "ignored", False, 128),
    ("THUDM/GLM-4-32B-0414", "glm-4", "never", "ignored", True, 32),
    ("Pro/THUDM/glm-4-9b-chat", "glm-4-chat", "never", "ignored", True, 128),
]


@pytest.mark.parametrize(
    ("model", "family", "thinking", "replay", "tools", "context"),
    MODELS,
    ids=[m[0] for m in MODELS],
)
def test_a_model_has_the_profile_of_its_family(
    model: str, family: str, thinking: str, replay: str, tools: bool, context: int
) -> None:
    profile = profile_of(model)
    assert (profile.family, profile.thinking, profile.replay) == (family, thinking, replay)
    assert (profile.tools, profile.context) == (tools, context * 1024)


def test_a_model_of_no_known_family_is_taken_as_it_is() -> None:
    assert profile_of("my-own-model") is UNKNOWN
    request = {"messages": [{"role": "assistant", "reasoning_content": "想"}]}
    assert replayed(request["messages"], UNKNOWN) == request["messages"]


def test_each_family_has_one_name_and_a_pattern_in_lower_case() -> None:
    assert len(FAMILIES) == len(PROFILES)
    assert all(p == p.lower() for profile in PROFILES for p in profile.patterns)


def conversation() -> list[dict[str, Any]]:
    return [
        {"role": "user", "content": "查一查"},
        {
            "role": "assistant",
            "content": None,
            "reasoning_content": "要用工具",
            "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "a", "content": "三条"},
        {"role": "assistant", "content": "有三条"},
        {"role": "user", "content": "谢谢"},
    ]


def reasoning_of(model: str, messages: list[dict[str, Any]]) -> list[Any]:
    sent = replayed(messages, profile_of(model))
    return [m.get("reasoning_content", "missing") for m in sent if m["role"] == "assistant"]


def test_trap_replayed_reasoning_is_left_out_where_it_is_refused() -> None:
    assert reasoning_of("deepseek-ai/DeepSeek-R1", conversation()) == ["missing", "missing"]


def test_trap_replayed_reasoning_is_complete_where_it_is_required() -> None:
    assert reasoning_of("deepseek-v4-pro", conversation()) == ["要用工具", ""]
    assert reasoning_of("moonshotai/Kimi-K2-Thinking", conversation()) == ["要用工具", ""]


def test_trap_an_empty_reasoning_is_added_only_where_it_is_required() -> None:
    assert reasoning_of("Qwen/Qwen3-8B", conversation()) == ["要用工具", "missing"]
    without_tools = [message for message in conversation() if "tool_calls" not in message]
    assert reasoning_of("deepseek-v4-pro", without_tools) == ["missing"]


def test_preparing_messages_leaves_the_callers_own_as_they_are() -> None:
    mine = conversation()
    replayed(mine, profile_of("deepseek-ai/DeepSeek-R1"))
    replayed(mine, profile_of("deepseek-v4-pro"))
    assert mine == conversation()


@pytest.mark.parametrize(
    ("model", "dialect", "asked", "sent"),
    [
        ("Qwen/Qwen3-8B", SILICONFLOW, {"enable_thinking": False}, {"enable_thinking": False}),
        (
            "Qwen/Qwen3-8B",
            VLLM,
            {"enable_thinking": False, "chat_template_kwargs": {"a": 1}},
            {"chat_template_kwargs": {"a": 1, "enable_thinking": False}},
        ),
        ("deepseek-v4-pro", DEEPSEEK, {"enable_thinking": True}, {"thinking": {"type": "enabled"}}),
        ("Qwen/QwQ-32B", SILICONFLOW, {"thinking_budget": 256}, {"thinking_budget": 256}),
        ("Qwen/QwQ-32B", VLLM, {"thinking_budget": 256}, {}),
        ("deepseek-ai/DeepSeek-V3", SILICONFLOW, {"thinking_budget": 256}, {}),
        ("deepseek-ai/DeepSeek-V3", SILICONFLOW, {"enable_thinking": True}, {}),
        ("Qwen/QwQ-32B", SILICONFLOW, {"enable_thinking": False}, {}),
        ("Qwen/Qwen3-8B", {}, {"enable_thinking": False}, {}),
        ("Qwen/Qwen3-8B", SILICONFLOW, {"temperature": 0}, {"temperature": 0}),
    ],
)
def test_thinking_is_switched_in_the_providers_words(
    model: str, dialect: dict[str, Any], asked: dict[str, Any], sent: dict[str, Any]
) -> None:
    before = dict(asked)
    assert with_thinking(asked, profile_of(model), dialect) == sent
    assert asked == before
