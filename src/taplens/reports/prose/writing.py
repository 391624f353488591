"""Having a model write: batches at once, each checked, then a summary; what fails is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from taplens import messages
from taplens.errors import ModelError
from taplens.reports.model import Finding, Prose, Report
from taplens.reports.prose import prompts
from taplens.reports.prose.checking import filled, is_plain, sentences
from taplens.reports.prose.items import Reading, batches
from taplens.reports.prose.keeping import Kept
from taplens.reports.wording import Wording

if TYPE_CHECKING:
    from taplens.llm.structured import Asks

AT_ONCE = 4
SECONDS = 180.0  # for one question, with its repair and retries
_ANSWER_TOKENS = 2_000
_MOST_FINDINGS = 30


@dataclass(slots=True)
class _Batch:
    """What came of one batch: findings, or the fault."""

    readings: Sequence[Reading]
    findings: list[Finding] = field(default_factory=list)
    dropped: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Has `model` write in `lang`; `told` hears how many of how many batches are done.

    `seconds` bounds each question, `batch_tokens` what one batch may hold, and `batch_items` how
    many items (0: any number). `restored` undoes in an answer what `client` did to the question.
    """

    client: Asks
    model: str
    lang: str
    kept: Kept
    told: Callable[[int, int], None] = lambda _done, _total: None
    seconds: float = SECONDS
    batch_tokens: int = 6_000
    batch_items: int = 0
    restored: Callable[[Any], Any] = lambda answer: answer

    async def prose(self, report: Report, readings: Sequence[Reading]) -> Prose:
        """The prose of `report`, resting on `readings`.

        Whatever the model does wrong is left out and told in `missing`; the report is never the
        worse for it. What batches gave is kept until all is there. Raises NotFoundError or
        ModelUnavailableError for a model that isn't set up, ExportError where the home can't be
        written.
        """
        model, _ = self.client.chosen(self.model)
        most = self.batch_tokens
        if model.context:  # half of it is for the rules, the answer, and the answer's repair
            most = min(most, model.context // 2)
        done = await self._batches(list(batches(readings, most, self.batch_items)))
        findings = _merged(done)
        summary, missing = await self._summary(report, findings)
        if summary and not any(batch.fault for batch in done):
            await asyncio.to_thread(self.kept.forget)
        return Prose(
            model=self.model,
            summary=tuple(summary),
            findings=tuple(findings),
            asked=len(readings),
            read=sum(len(batch.readings) for batch in done if not batch.fault),
            batches=len(done),
            failed=sum(bool(batch.fault) for batch in done),
            missing=(*_missing(done, self.lang), *missing),
        )

    async def _batches(self, wanted: Sequence[Sequence[Reading]]) -> list[_Batch]:
        turn = asyncio.Semaphore(AT_ONCE)
        finished = 0

        async def one(readings: Sequence[Reading]) -> _Batch:
            nonlocal finished
            async with turn:
                batch = await self._batch(readings)
            finished += 1
            self.told(finished, len(wanted))
            return batch

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(readings)) for readings in wanted]
        except ExceptionGroup as faults:  # nothing that can be told batch by batch
            raise faults.exceptions[0] from None
        return [task.result() for task in tasks]

    async def _batch(self, readings: Sequence[Reading]) -> _Batch:
        batch = _Batch(readings)
        asked = prompts.of_batch(readings, self.lang)
        try:
            answer = await self._answer(asked, prompts.FINDINGS_SCHEMA)
        except (ModelError, TimeoutError) as fault:
            batch.fault = _said(fault, self.lang)
            return batch
        by_name = {one.name: one for one in readings}
        for told in answer["findings"]:
            finding = _finding(told, by_name)
            if finding is None:
                batch.dropped += 1
            else:
                batch.findings.append(finding)
        return batch

    async def _summary(
        self, report: Report, findings: Sequence[Finding]
    ) -> tuple[list[str], list[str]]:
        """The paragraphs that passed, and what is missing of them."""
        figures = _figures(report)
        grounds = {f"t{place}": one for place, one in enumerate(findings, 1)}
        asked = prompts.of_summary(
            figures, {name: one.text for name, one in grounds.items()}, self.lang
        )
        try:
            answer = await self._answer(asked, prompts.SUMMARY_SCHEMA)
        except (ModelError, TimeoutError) as fault:
            reason = _said(fault, self.lang)
            return [], [messages.text("report.missing.summary", self.lang, reason=reason)]
        told = figures | {name: f"({', '.join(one.ids)})" for name, one in grounds.items()}
        texts = " ".join(one.text for one in findings)
        paragraphs, dropped = [], 0
        for paragraph in answer["paragraphs"]:
            kept = []
            for sentence in sentences(paragraph):
                whole = filled(sentence, told.get) if is_plain(sentence, texts) else None
                if whole is None:
                    dropped += 1
                else:
                    kept.append(whole)
            if kept:
                paragraphs.append((" " if self.lang == "en" else "").join(kept))
        missing = [messages.text("report.missing.sentences", self.lang, count=dropped)]
        return paragraphs, missing if dropped else []

    async def _answer(self, asked: list[dict[str, str]], schema: Mapping[str, Any]) -> Any:
        """The model's answer, from what is kept where it was given before.

        Raises ModelError, TimeoutError.
        """
        from taplens.llm import complete_json

        question = [self.model, asked]
        known = await asyncio.to_thread(self.kept.find, question)
        if isinstance(known, dict) and known.keys() >= set(schema["required"]):
            return known
        request = {
            "model": self.model,
            "messages": asked,
            "temperature": 0,
            "max_tokens": _ANSWER_TOKENS,
        }
        async with asyncio.timeout(self.seconds):
            answer = self.restored(await complete_json(self.client, request, schema))
        await asyncio.to_thread(self.kept.keep, question, answer)
        return answer


def _finding(told: Mapping[str, Any], by_name: Mapping[str, Reading]) -> Finding | None:
    """A finding with the sentences that may stand; None without an item of the batch."""
    named = [by_name[name] for name in dict.fromkeys(told["ids"]) if name in by_name]
    if not named or len(named) < len(set(told["ids"])):  # an id that it wasn't given
        return None
    grounds = "\n".join(f"{one.title}\n{one.text}" for one in named)
    kept = [one for one in sentences(told["text"]) if is_plain(one, grounds) and "{{" not in one]
    if not kept:
        return None
    return Finding(text=" ".join(kept), ids=tuple(one.name for one in named))


def _merged(done: Sequence[_Batch]) -> list[Finding]:
    """The findings of all batches: those of one text together, the best grounded first."""
    ids: dict[str, dict[str, None]] = {}
    for batch in done:
        for finding in batch.findings:
            ids.setdefault(finding.text, {}).update(dict.fromkeys(finding.ids))
    found = [Finding(text=text, ids=tuple(named)) for text, named in ids.items()]
    return sorted(found, key=lambda one: (-len(one.ids), one.text))[:_MOST_FINDINGS]


def _figures(report: Report) -> dict[str, str]:
    """By name each figure as it is told: with its label, so that no number changes its subject."""
    say = Wording(report.lang)
    told = {}
    figures = [
        figure
        for section in report.sections
        for figure in (*section.figures, *(one.count for one in section.listings))
    ]
    for place, one in enumerate(figures, 1):
        change = say.change(one)
        was = f" ({change}, {say.text('word.was', value=say.before(one))})" if change else ""
        told[f"f{place}"] = f"{one.label} {say.value(one)}{was}"
    return told


def _missing(done: Sequence[_Batch], lang: str) -> list[str]:
    """What isn't there of the batches, and why."""
    told: dict[str, int] = {}
    for batch in done:
        if batch.fault:
            told[batch.fault] = told.get(batch.fault, 0) + len(batch.readings)
    missing = [
        messages.text("report.missing.items", lang, count=count, reason=reason)
        for reason, count in told.items()
    ]
    dropped = sum(batch.dropped for batch in done)
    if dropped:
        missing.append(messages.text("report.missing.findings", lang, count=dropped))
    return missing


def _said(fault: ModelError | TimeoutError, lang: str) -> str:
    if isinstance(fault, ModelError):
        return fault.message(lang)
    return messages.text("report.missing.slow", lang)
