"""Having a model write descriptions in fewer words; what it loses or makes up isn't taken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from taplens import messages
from taplens.descriptions.checking import faults
from taplens.descriptions.cleaning import clean
from taplens.descriptions.keeping import Short
from taplens.egress.fencing import NOTE, fenced
from taplens.errors import ModelError
from taplens.llm.patience import Patience
from taplens.mirror.threads import in_thread

if TYPE_CHECKING:
    from taplens.descriptions.keeping import KeptShort
    from taplens.descriptions.reading import Described
    from taplens.llm.entries import Price
    from taplens.llm.structured import Asks

AT_ONCE = 4
SECONDS = 120.0  # for one item, with its repair and retries
LEAST_CHARACTERS = 200  # what is shorter is short enough
MOST_CHARACTERS = 12_000  # what is longer isn't sent: an answer could hardly hold all of it
_ANSWER_TOKENS = 8_000  # more than so many some providers refuse
_TASK = """\
Rewrite the description of a work item in as few words as say the same, in its own language, as \
Markdown. Keep every id, number with its unit, date, name, link and picture exactly as it is \
written, each step and each condition; leave out greetings, repetitions and what says nothing. \
Add nothing.
{data}"""
_AGAIN = "These were lost (-) or made up (+): {faults}. Write it anew with every one of the lost."
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"description": {"type": "string", "minLength": 1}},
    "required": ["description"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Effort:
    """What a run will take: items and tokens, and the cost in the price's currency (None: the price
    isn't known).
    """

    items: int
    tokens: int
    cost: float | None
    currency: str


@dataclass(slots=True)
class Rewritten:
    """How many items have a short form now (`known` of them had it before), which were refused or
    not answered, and why; sizes are characters of those that have one.
    """

    known: int = 0
    short: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    skipped: int = 0
    before: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True)
class _Text:
    """An item and what it says as Markdown."""

    item: Described
    markdown: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.item.workspace_id, self.item.type, self.item.id

    @property
    def name(self) -> str:
        return f"{self.item.type}:{self.item.id}"


@dataclass(frozen=True, kw_only=True)
class Rewriter:
    """Has `model` shorten the descriptions of `items`; those it has shortened already, and that
    are as they were, aren't sent again.

    `told` hears how many of how many are done. `shown` says what of a row may be sent, `restored`
    undoes in an answer what was done to it on the way out.
    """

    client: Asks
    model: str
    kept: KeptShort
    items: Sequence[Described]
    locale: str
    told: Callable[[int, int], None] = lambda _done, _total: None
    shown: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda row: row
    restored: Callable[[Any], Any] = lambda answer: answer
    seconds: float = SECONDS
    at_once: int = AT_ONCE

    def prepared(self) -> tuple[list[_Text], Rewritten]:
        """What is to be asked, and what is known already; blocks."""
        found, pending = Rewritten(), []
        for item in self.items:
            text = _Text(item, clean(item.html).markdown)
            if not LEAST_CHARACTERS <= len(text.markdown) <= MOST_CHARACTERS:
                found.skipped += 1
                continue
            short = self.kept.find(text.key, text.markdown)
            if short is None or short.model != self.model:
                pending.append(text)
            else:
                found.known += bool(short.text)
                _count(found, text, short)
        return pending, found

    def effort(self, pending: Sequence[_Text]) -> Effort:
        """What asking will take, estimated; blocks."""
        from taplens.llm.tokens import count, estimate

        model, upstream = self.client.chosen(self.model)
        price: Price = model.price_of(upstream)
        asked = sum(count(self._messages(text)).tokens for text in pending)
        answers = sum(estimate(text.markdown) for text in pending)
        cost = price.cost(asked, answers)
        return Effort(len(pending), asked + answers, cost, price.currency)

    async def rewrite(self, pending: Sequence[_Text], found: Rewritten) -> Rewritten:
        """Ask for each of `pending`; what comes is kept at once, so that a run that is stopped goes
        on. A provider that isn't there is given up.

        Raises NotFoundError or ModelUnavailableError for a model that isn't set up, ExportError
        where the home can't be written.
        """
        self.client.chosen(self.model)
        turn, patience = asyncio.Semaphore(self.at_once), Patience(self.at_once)
        done = 0

        async def one(text: _Text) -> None:
            nonlocal done
            async with turn:
                await self._one(text, found, patience)
            done += 1
            self.told(done, len(pending))

        try:
            async with asyncio.TaskGroup() as group:
                for text in pending:
                    group.create_task(one(text))
        except ExceptionGroup as failed:  # nothing that can be told item by item
            raise failed.exceptions[0] from None
        return found

    async def _one(self, text: _Text, found: Rewritten, patience: Patience) -> None:
        if patience.given_up:
            found.missing[text.name] = patience.given_up.message(self.locale)
            return
        try:
            async with asyncio.timeout(self.seconds):
                short = await self._shortened(text)
        except ModelError as fault:
            patience.hear(fault)
            found.missing[text.name] = fault.message(self.locale)
            return
        except TimeoutError:
            found.missing[text.name] = f"> {self.seconds:.0f} s"
            return
        patience.hear(None)
        await in_thread(partial(self.kept.keep, text.key, text.markdown, short))
        _count(found, text, short)

    async def _shortened(self, text: _Text) -> Short:
        """The short form, asked for once more where the first has lost something."""
        asked = self._messages(text)
        wrong: list[str] = []
        for _ in range(2):
            written = await self._answered(asked, text)
            wrong = self._faults(text, written)
            if not wrong:
                return Short(written, self.model)
            again = _AGAIN.format(faults="; ".join(wrong))
            asked = [*asked, {"role": "user", "content": fenced({"findings": again})}]
        return Short("", self.model, tuple(wrong))

    def _faults(self, text: _Text, written: str) -> list[str]:
        if len(written) >= len(text.markdown):
            return [messages.text("descriptions.not_shorter", self.locale)]
        return faults(text.markdown, written)

    async def _answered(self, asked: list[dict[str, str]], text: _Text) -> str:
        from taplens.llm import complete_json

        request = {
            "model": self.model,
            "messages": asked,
            "temperature": 0,
            "max_tokens": min(_ANSWER_TOKENS, 200 + 2 * len(text.markdown)),
        }
        told = self.restored(await complete_json(self.client, request, _SCHEMA))
        return str(told["description"]).strip()

    def _messages(self, text: _Text) -> list[dict[str, str]]:
        row = {"id": text.item.id, "title": text.item.title, "description": text.markdown}
        return [
            {"role": "system", "content": _TASK.format(data=NOTE)},
            {"role": "user", "content": fenced(dict(self.shown(row)))},
        ]


def _count(found: Rewritten, text: _Text, short: Short) -> None:
    if not short.text:
        found.refused[text.name] = "; ".join(short.faults)
        return
    found.short += 1
    found.before += len(text.markdown)
    found.after += len(short.text)
