"""A client with many questions at once, each with a mark of its own, that judges every answer."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections import Counter
from dataclasses import dataclass, field

from tests.gateway.serving_here import Reply, Server

CONCURRENCY = 64
HELD = "Qwen/Qwen3-32B"  # the model whose streams never end: only a client that leaves ends them
LEAVING = 20  # one client of so many leaves in the middle of a stream
HONEST = {429, 502, 503, 504}  # what a client may be told of an upstream's fault
_MARK = re.compile(r"soak-\d+-end")


@dataclass(slots=True)
class Asking:
    """Asks through `server`, every other question streamed, and counts what came of them.

    Outcomes: `complete`, `refused` (an error in place of the answer), `broken` (a stream that says
    that it broke), `left` (by the client), or anything else, which must not be: the text says what.
    """

    server: Server
    outcomes: Counter[str] = field(default_factory=Counter)
    begun: int = 0  # answers of status 200: what the ledger books
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    async def ask(self, count: int) -> None:
        """Ask `count` questions, `CONCURRENCY` at once."""
        numbers = itertools.islice(self.numbers, count)

        async def asker() -> None:
            for number in numbers:
                await (self._leave() if number % LEAVING == 0 else self._ask(number))

        await asyncio.gather(*(asker() for _ in range(CONCURRENCY)))

    async def _ask(self, number: int) -> None:
        mark, streamed = f"soak-{number}-end", number % 2 == 1
        reply = await self.server.chat(f"请重复 echo:{mark} 😀", model="团队模型", stream=streamed)
        self.begun += reply.status == 200
        judge = _of_stream if streamed and reply.status == 200 else _of_whole
        self.outcomes[judge(reply, mark)] += 1

    async def _leave(self) -> None:
        async with self.server.streaming(model=HELD) as response:
            self.begun += response.status == 200
            self.outcomes["left" if response.status == 200 else "refused"] += 1
            await response.content.readany()
            response.close()


def _of_whole(reply: Reply, mark: str) -> str:
    answer = reply.json()
    if reply.status != 200:
        told = reply.status in HONEST and not _MARK.search(reply.body.decode())
        return "refused" if told else f"status {reply.status}: {answer}"
    text = answer["choices"][0]["message"]["content"]
    return "complete" if set(_MARK.findall(text)) == {mark} else f"{mark} was answered: {text}"


def _of_stream(reply: Reply, mark: str) -> str:
    *events, last = reply.data()
    marks = set(_MARK.findall(_text_of(events)))
    if last == "[DONE]":
        return "complete" if marks == {mark} else f"{mark} was answered: {marks}"
    honest = "error" in json.loads(last) and marks <= {mark}
    return "broken" if honest else f"{mark} ended with {last}"


def _text_of(events: list[str]) -> str:
    choices = [choice for event in events for choice in json.loads(event)["choices"]]
    return "".join(choice["delta"].get("content") or "" for choice in choices)
