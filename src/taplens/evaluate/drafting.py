"""Having a model write cases for requirements: under the rules, and none that is there already."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from taplens.errors import ModelError
from taplens.evaluate import draft_prompts, judging
from taplens.evaluate.alike import near, same
from taplens.evaluate.deciding import decide
from taplens.evaluate.evaluating import finder
from taplens.evaluate.judging import AT_ONCE, SECONDS, Effort, Row
from taplens.evaluate.model import MISSING_OPTIONAL, Case, Mark, Requirement
from taplens.evaluate.prompts import told_of_requirement
from taplens.evaluate.relevant import Relevance, text_of_case, text_of_requirement
from taplens.evaluate.rules import Rules
from taplens.evaluate.steps import steps_of
from taplens.llm.patience import Patience
from taplens.mirror.threads import in_thread

if TYPE_CHECKING:
    from taplens.llm.structured import Asks
    from taplens.tables.lines import KeptLines

_SHOWN = 20  # existing cases that a model is told of
KEPT = "drafts.jsonl"  # in the home: what a run that was stopped had got
_DRAFT_TOKENS = 400  # of a case that is written


@dataclass(slots=True)
class Drafted:
    """New cases in the order of their requirements, called N1, N2…

    `doubled` are those that were left out, with the one that each is like; `missing` says by the
    id of a requirement why it has none.
    """

    cases: list[Case] = field(default_factory=list)
    doubled: list[tuple[Case, Case]] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    requests: int = 0


@dataclass(frozen=True, kw_only=True)
class Drafter:
    """Has `model` write `count` cases for each of `requirements`, beside the `existing` ones.

    What the rules find in them is told to the model once, for it to write these anew; the better
    of both stays. What it writes is in `kept` as soon as it comes, so that a run that is stopped
    goes on without asking for it again. `told`, `shown`, `restored`, `seconds` and `at_once` are
    as a Judge has them.
    """

    client: Asks
    model: str
    locale: str
    rules: Rules
    requirements: Sequence[Requirement]
    existing: Sequence[Case] = ()
    count: int = 5
    kept: KeptLines | None = None
    told: Callable[[int, int], None] = lambda _done, _total: None
    shown: Callable[[Row], Mapping[str, Any]] = lambda row: row
    restored: Callable[[Any], Any] = lambda answer: answer
    seconds: float = SECONDS
    at_once: int = AT_ONCE

    def effort(self) -> Effort:
        """What writing and then judging them will take, estimated; blocks."""
        from taplens.llm.tokens import count

        model, upstream = self.client.chosen(self.model)
        price = model.price_of(upstream)
        cases = self.count * len(self.requirements)
        asked = sum(count(self._first(place)).tokens for place in range(len(self.requirements)))
        written = _DRAFT_TOKENS * cases
        judged = judging.ANSWER_TOKENS * cases
        requests = len(self.requirements) + math.ceil(cases / judging.MOST_CASES)
        cost = price.cost(asked + written, written + judged)
        return Effort(cases, requests, asked + 2 * written + judged, cost, price.currency)

    async def draft(self) -> Drafted:
        """The cases, as far as the model gives any.

        Raises NotFoundError or ModelUnavailableError for a model that isn't set up.
        """
        self.client.chosen(self.model)
        await asyncio.to_thread(self._look_around)
        found, patience = Drafted(), Patience(self.at_once)
        written = await self._each(range(len(self.requirements)), self._written, found, patience)
        found.missing |= {
            self.requirements[place].id: "" for place in written if not written[place]
        }
        first = [one for place in sorted(written) for one in written[place]]
        cases = _named(await asyncio.to_thread(self._apart, first, found))
        faulty = await asyncio.to_thread(self._faulty, cases)
        better = await self._each(faulty, lambda place, heard: self._better(faulty[place], heard),
                                  found, patience)  # fmt: skip
        changed = {one.id: one for rows in better.values() for one in rows}
        last = [changed.get(one.id, one) for one in cases]
        found.cases = _named(await asyncio.to_thread(self._apart, last, found))
        with_cases = {one.requirement for one in found.cases}
        found.missing = {name: why for name, why in found.missing.items() if name not in with_cases}
        return found

    async def _each(
        self,
        places: Sequence[int] | Mapping[int, Any],
        ask: Callable[[int, Patience], Awaitable[list[Case]]],
        found: Drafted,
        patience: Patience,
    ) -> dict[int, list[Case]]:
        """What `ask` gives for each place of a requirement, several at once."""
        turn, gained = asyncio.Semaphore(self.at_once), dict[int, list[Case]]()

        async def one(place: int) -> None:
            async with turn:
                try:
                    if patience.given_up:
                        raise patience.given_up
                    found.requests += 1
                    async with asyncio.timeout(self.seconds):
                        gained[place] = await ask(place, patience)
                except ModelError as fault:
                    patience.hear(fault)
                    found.missing[self.requirements[place].id] = fault.message(self.locale)
                except TimeoutError:
                    found.missing[self.requirements[place].id] = f"> {self.seconds:.0f} s"
            self.told(len(gained), len(places))

        try:
            async with asyncio.TaskGroup() as group:
                for place in places:
                    group.create_task(one(place))
        except ExceptionGroup as faults:  # nothing that can be told by requirement
            raise faults.exceptions[0] from None
        return gained

    async def _written(self, place: int, patience: Patience) -> list[Case]:
        rows = await self._asked(self._first(place), self.count, patience)
        return [_case(row, self.requirements[place].id) for row in rows[: self.count]]

    async def _better(
        self, faulty: Sequence[tuple[Case, Sequence[Mark]]], patience: Patience
    ) -> list[Case]:
        """Those of faulty cases of a requirement that the model wrote better."""
        wanted = {case.id: (case, marks) for case, marks in faulty}
        requirement = self._by_id[faulty[0][0].requirement]
        messages = draft_prompts.again(
            self._row(told_of_requirement(requirement)),
            [self._row(draft_prompts.told_of_draft(case, marks)) for case, marks in faulty],
            self.rules,
            self.locale,
        )
        rows = await self._asked(messages, len(faulty), patience)
        found = []
        for row in {row["id"]: row for row in rows if row["id"] in wanted}.values():
            case, marks = wanted[row["id"]]
            new = replace(_case(row, case.requirement), id=case.id)
            if _points(decide([new], self.rules, self.locale)[0]) > _points(marks):
                found.append(new)
        return found

    async def _asked(
        self, messages: list[dict[str, str]], count: int, patience: Patience
    ) -> list[dict[str, Any]]:
        from taplens.llm import complete_json

        request = {
            "model": self.model,
            "messages": messages,
            "max_tokens": 2 * _DRAFT_TOKENS * (count + 1),
        }
        key = _key_of(request)
        known = await in_thread(partial(self.kept.find, key)) if self.kept else None
        if known is None or "cases" not in known:
            schema = draft_prompts.schema_of(self.rules)
            answer = await complete_json(self.client, request, schema)
            patience.hear(None)
            known = {"cases": self.restored(answer)["cases"]}
            if self.kept:
                await in_thread(partial(self.kept.keep, {key: known}))
        self._used.add(key)
        rows: list[dict[str, Any]] = known["cases"]
        return [row for row in rows if row["title"].strip()]

    def forget(self) -> None:
        """Throw away what was kept for this run, which is whole now; blocks. Raises ExportError."""
        if self.kept:
            self.kept.forget(self._used)

    @cached_property
    def _used(self) -> set[str]:
        return set()

    def _apart(self, drafts: Sequence[Case], found: Drafted) -> list[Case]:
        """The drafts that aren't like an existing or an earlier one; the others are noted."""
        every = [*self.existing, *drafts]
        likes = near(every) | same(every)
        begin = len(self.existing)
        kept = []
        for place, draft in enumerate(drafts, begin):
            if place in likes:
                found.doubled.append((draft, every[likes[place]]))
            else:
                kept.append(draft)
        return kept

    def _faulty(self, cases: Sequence[Case]) -> dict[int, list[tuple[Case, Sequence[Mark]]]]:
        """By the place of their requirement the cases that the rules take points from."""
        places = {one.id: place for place, one in enumerate(self.requirements)}
        found = defaultdict[int, list[tuple[Case, Sequence[Mark]]]](list)
        for case, marks in zip(cases, decide(cases, self.rules, self.locale), strict=True):
            broken = [one for one in marks if one.rules and one.score != MISSING_OPTIONAL]
            if broken:
                found[places[case.requirement]].append((case, marks))
        return found

    def _first(self, place: int) -> list[dict[str, str]]:
        requirement = self.requirements[place]
        near_it = [self.existing[one] for one in self._near(requirement)]
        return draft_prompts.first(
            self._row(told_of_requirement(requirement)),
            [self._row(draft_prompts.told_of_existing(one)) for one in near_it],
            self.count,
            self.rules,
            self.locale,
        )

    def _near(self, requirement: Requirement) -> list[int]:
        """The places of the existing cases that belong to a requirement, then those near it."""
        own = self._owned.get(requirement.id, [])
        others = self._nearest.of(text_of_requirement(requirement), _SHOWN)
        return list(dict.fromkeys([*own, *others]))[:_SHOWN]

    def _look_around(self) -> None:
        """What takes its time with many cases, once; blocks."""
        _ = self._nearest, self._owned

    def _row(self, row: Row) -> dict[str, Any]:
        return dict(self.shown(row))

    @cached_property
    def _nearest(self) -> Relevance:
        return Relevance(map(text_of_case, self.existing))

    @cached_property
    def _by_id(self) -> Mapping[str, Requirement]:
        return {one.id: one for one in self.requirements}

    @cached_property
    def _owned(self) -> Mapping[str, list[int]]:
        """By the id of a requirement the places of the existing cases that name it."""
        named, found = finder(self.requirements), defaultdict[str, list[int]](list)
        for place, case in enumerate(self.existing):
            for one in named(case.requirement):
                found[one.id].append(place)
        return found


def _key_of(request: Mapping[str, Any]) -> str:
    """What an answer depends on: who is asked, and what."""
    text = json.dumps(request, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def _named(cases: Sequence[Case]) -> list[Case]:
    return [replace(one, id=f"N{number}") for number, one in enumerate(cases, 1)]


def _case(row: Mapping[str, Any], requirement_id: str) -> Case:
    """A case as the model wrote it, its steps numbered."""
    texts = (" ".join(text.split()) for text in row["steps"])
    steps = [step.text for text in texts for step in steps_of(text) if step.text]
    return Case(
        id=row["id"],
        title=" ".join(row["title"].split()),
        priority=row["priority"],
        precondition=row["precondition"].strip(),
        steps="\n".join(f"{number}. {text}" for number, text in enumerate(steps, 1)),
        expected=row["expected"].strip(),
        requirement=requirement_id,
    )


def _points(marks: Sequence[Mark]) -> int:
    return sum(one.score for one in marks)
