"""The models that the sandbox lists, and which of them think."""

from __future__ import annotations

from fnmatch import fnmatchcase

PREFIX = "sandbox/"

# The documented names of the provider's reference page, each once.
DOCUMENTED = (
    "baidu/ERNIE-4.5-300B-A47B",
    "moonshotai/Kimi-K2-Instruct",
    "ascend-tribe/pangu-pro-moe",
    "tencent/Hunyuan-A13B-Instruct",
    "MiniMaxAI/MiniMax-M1-80k",
    "Tongyi-Zhiwen/QwenLong-L1-32B",
    "Qwen/Qwen3-30B-A3B",
    "Qwen/Qwen3-32B",
    "Qwen/Qwen3-14B",
    "Qwen/Qwen3-8B",
    "Qwen/Qwen3-235B-A22B",
    "THUDM/GLM-Z1-32B-0414",
    "THUDM/GLM-4-32B-0414",
    "THUDM/GLM-Z1-Rumination-32B-0414",
    "THUDM/GLM-4-9B-0414",
    "Qwen/QwQ-32B",
    "Pro/deepseek-ai/DeepSeek-R1",
    "Pro/deepseek-ai/DeepSeek-V3",
    "deepseek-ai/DeepSeek-R1",
    "deepseek-ai/DeepSeek-V3",
    "deepseek-ai/DeepSeek-R1-0528-Qwen3-8B",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-32B",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-14B",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B",
    "Pro/deepseek-ai/DeepSeek-R1-Distill-Qwen-7B",
    "deepseek-ai/DeepSeek-V2.5",
    "Qwen/Qwen2.5-72B-Instruct-128K",
    "Qwen/Qwen2.5-72B-Instruct",
    "Qwen/Qwen2.5-32B-Instruct",
    "Qwen/Qwen2.5-14B-Instruct",
    "Qwen/Qwen2.5-7B-Instruct",
    "Qwen/Qwen2.5-Coder-32B-Instruct",
    "Qwen/Qwen2.5-Coder-7B-Instruct",
    "Qwen/Qwen2-7B-Instruct",
    "TeleAI/TeleChat2",
    "THUDM/glm-4-9b-chat",
    "Vendor-A/Qwen/Qwen2.5-72B-Instruct",
    "internlm/internlm2_5-7b-chat",
    "Pro/Qwen/Qwen2.5-7B-Instruct",
    "Pro/Qwen/Qwen2-7B-Instruct",
    "Pro/THUDM/glm-4-9b-chat",
)
OWN = (f"{PREFIX}plain", f"{PREFIX}reasoner", "deepseek-chat", "deepseek-reasoner")

# Families that always think, and those whose `enable_thinking` switches it (on by default).
_ALWAYS = ("*QwQ*", "*DeepSeek-R1*", "*GLM-Z1*", "*MiniMax-M1*", "*QwenLong*", "*reasoner*")
_SWITCHED = ("*/Qwen3-*", "*Hunyuan-A13B*")


def thinks(model: str, enable_thinking: bool | None) -> bool:
    """Whether an answer of `model` begins with its reasoning."""
    if any(fnmatchcase(model, pattern) for pattern in _ALWAYS):
        return True
    if any(fnmatchcase(model, pattern) for pattern in _SWITCHED):
        return enable_thinking is not False
    return enable_thinking is True


def listed(name: str) -> dict[str, object]:
    """A model's entry in `GET /v1/models`."""
    return {"id": name, "object": "model", "created": 0, "owned_by": name.split("/", maxsplit=1)[0]}
