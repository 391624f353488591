"""The tools that a model may call: the registry's that only read, and the client's own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from taplens.agent.fence import fenced
from taplens.errors import TapLensError, UsageError
from taplens.llm.json_text import parsed
from taplens.tools import registry
from taplens.tools.sizing import compact

if TYPE_CHECKING:
    from taplens.tools.context import ToolContext

logger = logging.getLogger(__name__)

_ERROR_CHARACTERS = 800
_PICTURES = ("chart",)  # a picture is of no use to a model that writes text


@dataclass(frozen=True, slots=True)
class Asked:
    """One call that a model made. `arguments` is the JSON text as it came."""

    id: str
    name: str
    arguments: str

    def read(self) -> dict[str, Any] | None:
        """The arguments as an object; None where the text is none."""
        try:
            found = parsed(self.arguments or "{}")
        except ValueError:
            return None
        return found if isinstance(found, dict) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a call.

    `name` is the result's ("r2"), `content` the tool's JSON object, None where it failed, and
    `told` what went wrong then.
    """

    asked: Asked
    name: str = ""
    arguments: Mapping[str, Any] | None = None
    content: Mapping[str, Any] | None = None
    told: str = ""

    def message(self, content: Mapping[str, Any] | None) -> dict[str, Any]:
        """The message that the model reads; `content` is what it may see of the result."""
        shown = self.told if content is None else self._shown(content)
        return {"role": "tool", "tool_call_id": self.asked.id, "content": shown}

    def _shown(self, content: Mapping[str, Any]) -> str:
        rows = {"rows" if name == "data" else name: value for name, value in content.items()}
        return f"{self.name} is:\n{fenced(compact(rows))}"


class Toolbox:
    """Carries out the calls of one answer. `client_tools` are those of the request."""

    def __init__(
        self, context: ToolContext, client_tools: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        self._context = replace(context, progress=None)
        ours = {tool["function"]["name"] for tool in _described()}
        theirs = [tool for tool in client_tools if _name_of(tool)]
        self.conflicts = [_name_of(tool) for tool in theirs if _name_of(tool) in ours]
        self._theirs = [tool for tool in theirs if _name_of(tool) not in ours]
        self._client = {_name_of(tool) for tool in self._theirs}
        self._results = 0
        self._earlier: dict[tuple[str, str], str] = {}

    def definitions(self) -> list[Mapping[str, Any]]:
        """All tools as the protocol describes them. A client's tool with a name of ours is left
        out (`conflicts`)."""
        return [*_described(), *self._theirs]

    def is_clients(self, name: str) -> bool:
        """Whether the tool is one that the client carries out itself."""
        return name in self._client

    async def run(self, calls: Sequence[Asked]) -> list[Outcome]:
        """What the calls give, in their order; they are carried out at once."""
        return list(await asyncio.gather(*(self._run(call) for call in calls)))

    async def _run(self, asked: Asked) -> Outcome:
        if asked.name not in _names():
            known = ", ".join(sorted(_names() | self._client))
            return Outcome(
                asked=asked, told=f"There is no tool {asked.name[:60]!r}. Tools: {known}."
            )
        arguments = asked.read()
        if arguments is None:
            return Outcome(asked=asked, told="The arguments are no JSON object. Call again.")
        arguments = {name: value for name, value in arguments.items() if name not in _PICTURES}
        key = asked.name, compact(arguments)
        if key in self._earlier:
            told = f"You have this already: {self._earlier[key]}. Use it, or ask something else."
            return Outcome(asked=asked, told=told)
        self._results += 1
        name = self._earlier[key] = f"r{self._results}"
        return await self._called(asked, name, arguments)

    async def _called(self, asked: Asked, name: str, arguments: dict[str, Any]) -> Outcome:
        try:
            result = await registry.call(self._context, asked.name, arguments)
        except TapLensError as fault:
            return Outcome(asked=asked, told=_told(asked.name, fault))
        return Outcome(asked=asked, name=name, arguments=arguments, content=result.content)


def _told(name: str, fault: TapLensError) -> str:
    """The fault as the model should read it. What it quotes was written by others, or by it."""
    lines = [fault.message("en")[:_ERROR_CHARACTERS], fault.mend("en")[:_ERROR_CHARACTERS]]
    if isinstance(fault, UsageError):
        lines.append(f"Correct: {registry.get(name).example_call()}")
    return fenced("\n".join(lines))


@cache
def _described() -> tuple[Mapping[str, Any], ...]:
    """Our tools: those that read and nothing else."""
    return tuple(_function(tool) for tool in registry.offered() if tool.read_only)


@cache
def _names() -> frozenset[str]:
    return frozenset(tool["function"]["name"] for tool in _described())


def _function(tool: registry.Operation) -> Mapping[str, Any]:
    schema = tool.input_schema()
    properties = {
        name: value for name, value in schema.get("properties", {}).items() if name not in _PICTURES
    }
    parameters = schema | {"properties": properties}
    told = {"name": tool.name, "description": tool.description, "parameters": parameters}
    return {"type": "function", "function": told}


def _name_of(tool: Mapping[str, Any]) -> str:
    function = tool.get("function")
    name = function.get("name") if isinstance(function, Mapping) else None
    return name if isinstance(name, str) else ""
