"""What the provider answers: scripted texts that say they come from a sandbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from taplens.sandbox.provider.models import thinks
from taplens.sandbox.provider.request import ChatRequest, Row, text_of
from taplens.sandbox.provider.samples import sample

_SHOWN = 200  # characters of the question that an answer repeats
_ECHO = re.compile(r"echo:[\w.-]+", re.ASCII)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_TOKEN = re.compile(r"\s*[A-Za-z0-9_.:-]+|\s*\S|\s+")
_TEXTS = {
    "zh": {
        "answer": "这是沙箱的回答，不是模型写的。{echo}你问的是：{question}",
        "tool": "这是沙箱的回答，不是模型写的。{echo}工具的结果是：{question}",
        "reasoning": "沙箱不需要思考：照脚本回答就行。",
        "choice": "（第 {number} 个选择）",
    },
    "en": {
        "answer": "This answer comes from a sandbox; no model wrote it. {echo}"
        "You asked: {question}",
        "tool": "This answer comes from a sandbox; no model wrote it. {echo}"
        "The tool answered: {question}",
        "reasoning": "A sandbox needs no thought: it answers by its script.",
        "choice": " (choice {number})",
    },
}


@dataclass(slots=True)
class Choice:
    """One choice of an answer. `finish` is its finish_reason; `tokens` those it counts for."""

    content: str | None
    reasoning: str | None = None
    tool_calls: list[Row] = field(default_factory=list)
    finish: str = "stop"

    @property
    def tokens(self) -> int:
        """How many tokens the choice counts for."""
        called = (call["function"]["arguments"] for call in self.tool_calls)
        texts = (self.reasoning or "", self.content or "", *called)
        return sum(len(split_tokens(text)) for text in texts)


def split_tokens(text: str) -> list[str]:
    """The text in the pieces that count as tokens: words, single Chinese characters, signs."""
    return _TOKEN.findall(text)


def prompt_tokens(request: ChatRequest) -> int:
    """The tokens of the conversation."""
    return sum(len(split_tokens(text_of(message))) for message in request.messages)


def answer(request: ChatRequest, scripted: Row | None = None) -> list[Choice]:
    """The choices for a request: the next scripted one, else by what the request asks."""
    count = request.get("n", 1)
    if scripted is not None:
        return [_finished(_from_script(scripted), request) for _ in range(count)]
    return [_finished(_choice(request, number), request) for number in range(1, count + 1)]


def _from_script(scripted: Row) -> Choice:
    return Choice(
        scripted.get("content"), scripted.get("reasoning_content"),
        [dict(call) for call in scripted.get("tool_calls") or []],
        scripted.get("finish_reason") or ("tool_calls" if scripted.get("tool_calls") else "stop"),
    )  # fmt: skip


def _choice(request: ChatRequest, number: int) -> Choice:
    texts = _TEXTS["zh" if _CHINESE.search(request.question) else "en"]
    thinking = thinks(request.model, request.get("enable_thinking"))
    reasoning = texts["reasoning"] if thinking else None
    called = list(_tool_calls(request))
    if called:
        return Choice("", reasoning, called, "tool_calls")
    content = _structured(request)
    if content is None:
        content = _plain(request, texts)
        if number > 1:
            content += texts["choice"].format(number=number)
    return Choice(content, reasoning)


def _plain(request: ChatRequest, texts: dict[str, str]) -> str:
    last = request.messages[-1]
    told = "tool" if last["role"] == "tool" else "answer"
    shown = text_of(last) if told == "tool" else request.question
    echo = _ECHO.search(request.question)
    return texts[told].format(
        echo=f"{echo.group()} " if echo else "", question=shown.strip()[:_SHOWN]
    )


def _structured(request: ChatRequest) -> str | None:
    """The JSON text that `response_format` asks for; None where it asks for none."""
    asked = request.get("response_format", {"type": "text"})
    if asked["type"] == "json_schema":
        return orjson.dumps(sample(asked["json_schema"]["schema"])).decode()
    if asked["type"] == "json_object":
        told = {"source": "sandbox", "question": request.question[:_SHOWN]}
        return orjson.dumps(told).decode()
    return None


def _tool_calls(request: ChatRequest) -> Iterator[Row]:
    """Calls of the tools that tool_choice demands or the last message names."""
    for number, function in enumerate(_called(request)):
        arguments = orjson.dumps(sample({"type": "object", **(function.get("parameters") or {})}))
        yield {
            "id": f"call_sandbox_{number}",
            "type": "function",
            "function": {"name": function["name"], "arguments": arguments.decode()},
        }


def _called(request: ChatRequest) -> list[Row]:
    functions: list[Row] = [tool["function"] for tool in request.get("tools", [])]
    choice = request.get("tool_choice", "auto")
    if isinstance(choice, dict):
        name = choice.get("function", {}).get("name")
        return [one for one in functions if one["name"] == name]
    if choice == "required":
        return functions[:1]
    if choice == "none" or request.messages[-1]["role"] != "user":
        return []
    named = [one for one in functions if one["name"] in request.question]
    return named if request.get("parallel_tool_calls", True) else named[:1]


def _finished(choice: Choice, request: ChatRequest) -> Choice:
    """The choice as `stop` and `max_tokens` leave it."""
    if choice.content:
        ends = [choice.content.find(stop) for stop in request.stops if stop]
        choice.content = choice.content[: min((end for end in ends if end >= 0), default=None)]
    left = request.max_tokens
    if left is None or choice.tokens <= left:
        return choice
    choice.finish = "length"
    choice.reasoning, left = _cut(choice.reasoning, left)
    choice.content, left = _cut(choice.content, left)
    for call in choice.tool_calls:
        text, left = _cut(call["function"]["arguments"], left)
        call["function"] = call["function"] | {"arguments": text}
    return choice


def _cut(text: str | None, most: int) -> tuple[str | None, int]:
    """The first `most` tokens of a text, and how many tokens are left after it."""
    if text is None:
        return None, most
    kept = split_tokens(text)[:most]
    return "".join(kept), most - len(kept)


def usage_of(request: ChatRequest, choices: list[Choice]) -> dict[str, Any]:
    """The tokens of the conversation and of all choices."""
    asked = prompt_tokens(request)
    answered = sum(choice.tokens for choice in choices)
    thought = sum(len(split_tokens(choice.reasoning or "")) for choice in choices)
    return {
        "prompt_tokens": asked,
        "completion_tokens": answered,
        "total_tokens": asked + answered,
        "completion_tokens_details": {"reasoning_tokens": thought},
    }
