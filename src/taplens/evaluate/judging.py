"""Having a model score cases: in batches at once, every case once, what fails asked again."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from taplens.errors import ModelError
from taplens.evaluate import prompts
from taplens.evaluate.model import Case, Requirement
from taplens.evaluate.relevant import Relevance, text_of_case, text_of_requirement
from taplens.evaluate.verdicts import KeptVerdicts, Verdict, key_of
from taplens.llm.patience import Patience
from taplens.mirror.threads import in_thread

if TYPE_CHECKING:
    from taplens.llm.entries import Price
    from taplens.llm.structured import Asks

AT_ONCE = 4
SECONDS = 180.0  # for one batch, with its repair and retries
ROUNDS = 3  # how often what didn't come back is asked for, the first time included
MOST_CASES = 10  # a batch: models lose cases of longer lists
BATCH_TOKENS = 8_000
_CANDIDATES = 3  # requirements for a case
ANSWER_TOKENS = 350  # for a case: six scores with suggestions
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Effort:
    """What a run will take: cases that are asked about, requests, tokens, and the cost in the
    currency of the price (None: the price isn't known).
    """

    cases: int
    requests: int
    tokens: int
    cost: float | None
    currency: str


@dataclass(slots=True)
class Judged:
    """By the place of a case its verdict; `missing` are the places that never came back, and why.

    `asked` counts the cases that were sent, `requests` the batches.
    """

    verdicts: dict[int, Verdict] = field(default_factory=dict)
    missing: dict[int, str] = field(default_factory=dict)
    asked: int = 0
    requests: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Has `model` score `cases`, each held against those of `requirements` that are nearest to it.

    `told` hears how many of how many cases are done. `shown` says what of a row may be sent,
    `restored` undoes in an answer what was done to it on the way out. `rules` is what the rules
    say, as text: with others a case is asked about anew.
    """

    client: Asks
    model: str
    locale: str
    kept: KeptVerdicts
    cases: Sequence[Case]
    requirements: Sequence[Requirement] = ()
    rules: str = ""
    told: Callable[[int, int], None] = lambda _done, _total: None
    shown: Callable[[Row], Mapping[str, Any]] = lambda row: row
    restored: Callable[[Any], Any] = lambda answer: answer
    seconds: float = SECONDS
    most_cases: int = MOST_CASES
    at_once: int = AT_ONCE

    def prepared(self) -> Prepared:
        """What is known already, and what is to be asked; blocks. Raises nothing of a model's."""
        relevance = Relevance(map(text_of_requirement, self.requirements))
        near = [
            [self.requirements[one] for one in relevance.of(text_of_case(case), _CANDIDATES)]
            for case in self.cases
        ]
        keys = [
            key_of(case, candidates, self.model, self.locale, self.rules)
            for case, candidates in zip(self.cases, near, strict=True)
        ]
        known = {place: one for place, key in enumerate(keys) if (one := self.kept.find(key))}
        pending = [place for place in range(len(keys)) if place not in known]
        return Prepared(near, keys, known, pending)

    def effort(self, prepared: Prepared) -> Effort:
        """What asking will take, estimated."""
        from taplens.llm.tokens import count

        model, upstream = self.client.chosen(self.model)
        price: Price = model.price_of(upstream)
        batches = list(self._batches(prepared, prepared.pending, self.most_cases))
        prompt = sum(count(self._messages(prepared, batch)).tokens for batch in batches)
        answers = ANSWER_TOKENS * len(prepared.pending)
        cost = price.cost(prompt, answers)
        return Effort(len(prepared.pending), len(batches), prompt + answers, cost, price.currency)

    async def judge(self, prepared: Prepared) -> Judged:
        """Every case's verdict, as far as the model gives one.

        What came is kept at once, so that a run that is stopped goes on; a provider that isn't
        there is given up. Raises NotFoundError or ModelUnavailableError for a model that isn't set
        up, ExportError where the home can't be written.
        """
        self.client.chosen(self.model)
        found, patience = Judged(verdicts=dict(prepared.known)), Patience(self.at_once)
        pending, size = list(prepared.pending), self.most_cases
        for _ in range(ROUNDS):
            if not pending or patience.given_up:
                break
            await self._round(prepared, pending, size, found, patience)
            pending = [place for place in pending if place not in found.verdicts]
            size = max(1, size // 2)  # a shorter list is easier
        why = patience.given_up.message(self.locale) if patience.given_up else ""
        found.missing = {place: found.missing.get(place, why) for place in pending}
        return found

    async def _round(
        self,
        prepared: Prepared,
        pending: Sequence[int],
        size: int,
        found: Judged,
        patience: Patience,
    ) -> None:
        turn = asyncio.Semaphore(self.at_once)

        async def one(batch: Sequence[int]) -> None:
            async with turn:
                if patience.given_up:
                    return
                verdicts, fault = await self._answered(prepared, batch, patience)
            found.asked += len(batch)
            found.requests += 1
            found.verdicts |= verdicts
            found.missing |= dict.fromkeys(set(batch) - verdicts.keys(), fault)
            kept = {prepared.keys[place]: told for place, told in verdicts.items()}
            await in_thread(partial(self.kept.keep, kept))  # also where the run is stopped
            self.told(len(found.verdicts), len(self.cases))

        try:
            async with asyncio.TaskGroup() as group:
                for batch in self._batches(prepared, pending, size):
                    group.create_task(one(batch))
        except ExceptionGroup as faults:  # nothing that can be told case by case
            raise faults.exceptions[0] from None

    async def _answered(
        self, prepared: Prepared, batch: Sequence[int], patience: Patience
    ) -> tuple[dict[int, Verdict], str]:
        """What one answer says of its cases, each that it names once; or why there is none."""
        from taplens.llm import complete_json

        request = {
            "model": self.model,
            "messages": self._messages(prepared, batch),
            "temperature": 0,
            "max_tokens": ANSWER_TOKENS * (len(batch) + 1),
        }
        try:
            async with asyncio.timeout(self.seconds):
                told = self.restored(await complete_json(self.client, request, prompts.SCHEMA))
        except ModelError as fault:
            patience.hear(fault)
            return {}, fault.message(self.locale)
        except TimeoutError:
            return {}, f"> {self.seconds:.0f} s"
        patience.hear(None)
        ids = frozenset(one.id for place in batch for one in prepared.near[place])
        places = {_name(place): place for place in batch}
        often = Counter(str(row["id"]) for row in told["cases"])
        return {
            places[row["id"]]: Verdict.of(row, ids)
            for row in told["cases"]
            if row["id"] in places and often[row["id"]] == 1
        }, ""

    def _messages(self, prepared: Prepared, batch: Sequence[int]) -> list[dict[str, str]]:
        near = {one.id: one for place in batch for one in prepared.near[place]}
        cases = [prompts.told_of_case(_name(place), self.cases[place]) for place in batch]
        return prompts.messages_of(
            [dict(self.shown(row)) for row in cases],
            [dict(self.shown(prompts.told_of_requirement(one))) for one in near.values()],
            self.locale,
        )

    def _batches(self, prepared: Prepared, places: Sequence[int], size: int) -> Iterator[list[int]]:
        """The places in batches of at most `size`, and of about BATCH_TOKENS."""
        from taplens.llm.tokens import estimate

        batch: list[int] = []
        room = BATCH_TOKENS
        for place in places:
            row = prompts.told_of_case(_name(place), self.cases[place])
            texts = [*row.values()]
            for one in prepared.near[place]:
                texts += prompts.told_of_requirement(one).values()
            cost = estimate(*texts)
            if batch and (cost > room or len(batch) == size):
                yield batch
                batch, room = [], BATCH_TOKENS
            batch.append(place)
            room -= cost
        if batch:
            yield batch


@dataclass(frozen=True, slots=True)
class Prepared:
    """By place: the requirements near a case and the key of its verdict; which verdicts are
    `known`, and the places that are `pending`.
    """

    near: Sequence[Sequence[Requirement]]
    keys: Sequence[str]
    known: Mapping[int, Verdict]
    pending: Sequence[int]


def _name(place: int) -> str:
    """What a case is called in a request: ids of files may be double, or say something."""
    return f"c{place + 1}"
