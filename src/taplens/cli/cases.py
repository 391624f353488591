"""What commands about test cases share: reading files, asking before it costs, showing marks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from taplens import messages
from taplens.cli import output

if TYPE_CHECKING:
    from taplens.evaluate.evaluating import Evaluated
    from taplens.evaluate.judging import Effort
    from taplens.evaluate.model import Evaluation
    from taplens.evaluate.reading import CaseSheet


def read(file: Path, sheet: str, mapping: Path | None) -> CaseSheet:
    """The cases of a file. Raises ArgumentError."""
    from taplens.evaluate.columns import CASES, read_mapping
    from taplens.evaluate.reading import read_cases

    return read_cases(file, sheet=sheet, mapping=read_mapping(mapping, CASES) if mapping else None)


def confirming(model: str, *, yes: bool) -> Callable[[Effort], Awaitable[bool]]:
    """Tells what will be sent to `model`, and asks whether that is to be, unless `yes`."""

    def ask(effort: Effort) -> bool:
        cost = f"{effort.cost:.2f} {effort.currency}".strip() if effort.cost is not None else "?"
        told = {"cases": effort.cases, "requests": effort.requests, "tokens": effort.tokens}
        output.say(messages.text("cli.evaluate.effort", model=model, cost=cost, **told))
        return yes or click.confirm(messages.text("cli.evaluate.confirm"), err=True)

    async def wanted(effort: Effort) -> bool:
        return await asyncio.to_thread(ask, effort)

    return wanted


def column(name: str) -> str:
    """The head of a column of results."""
    return messages.text(f"evaluate.column.{name}", name="")


def show(found: Evaluated, shown: Sequence[Evaluation]) -> None:
    """Averages, shares, and the cases that are `shown` with what would better them."""
    from taplens.evaluate.evaluating import total_of

    means = ([messages.text(f"evaluate.element.{name}"), mean]
             for name, mean in found.averages().items())  # fmt: skip
    output.table((column("element"), column("average")), means)
    output.data("")
    rows = (
        [one.priority, one.count, one.percent,
         f"{one.wanted[0]}–{one.wanted[1]}" if one.wanted else "",
         messages.text("evaluate.yes" if one.fits else "evaluate.no")]
        for one in found.shares
    )  # fmt: skip
    output.table(tuple(map(column, ("priority", "count", "percent", "wanted", "fits"))), rows)
    output.data("")
    told = ([one.case.id, one.case.title, total_of(one),
             " ".join(mark.suggestion for mark in one.marks if mark.suggestion)[:120]]
            for one in shown)  # fmt: skip
    output.table(tuple(map(column, ("id", "title", "total", "suggestions"))), told)
