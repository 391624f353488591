"""What commands print: JSON for programs, tables for people, plain lines where it is piped."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from taplens import messages

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from taplens.mirror import Progress, ProgressEvent


def print_json(value: Any) -> None:
    """`value` as indented JSON on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def data(text: str) -> None:
    """`text` on stdout, as it is."""
    click.echo(text)


def say(text: str) -> None:
    """A line on stderr: stdout is for data."""
    click.echo(text, err=True)


def show(
    answer: dict[str, Any],
    rows: Callable[[dict[str, Any]], None],
    *,
    as_json: bool,
    exported: bool,
) -> None:
    """An answer as JSON, else its rows as `rows` prints them, unless they went to a file."""
    if as_json:
        print_json(answer)
    elif exported:
        footer(answer)
    else:
        rows(answer)


def footer(answer: dict[str, Any]) -> None:
    """What stands under the rows, on stderr: how many there are, how fresh, what to mind."""
    if "as_of" in answer and "returned" in answer:
        nearer = answer["returned"] > answer.get("total", answer["returned"])
        name = "cli.footer.near" if nearer else "cli.footer"
        say(messages.text(name, **{k: answer.get(k) for k in _FOOTER}))
    elif answer.get("as_of"):
        say(messages.text("cli.footer.as_of", as_of=answer["as_of"]))
    if answer.get("definition"):
        say(answer["definition"])
    for warning in answer.get("warnings", ()):
        say(f"⚠ {warning}")
    if answer.get("next_cursor"):
        say(messages.text("cli.footer.more", cursor=answer["next_cursor"]))


def answer(told: dict[str, Any]) -> None:
    """The rows of an answer as tables, one for each run of rows of a kind, and what is under them.

    Rows are of a kind where they begin with the same name; what a row lacks is left blank.
    """
    from taplens.tools.columns import in_words

    for _, run in groupby(told["data"], key=lambda row: next(iter(row))):
        rows = [flat(in_words(row)) for row in run]
        columns = list(dict.fromkeys(name for row in rows for name in row))
        table(columns, [[row.get(name) for name in columns] for row in rows])
    footer(told)


def flat(row: dict[str, Any]) -> dict[str, Any]:
    """A row with one column for each measure and group."""
    told: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            told |= {f"{head(name)} · {group}": number for group, number in value.items()}
        else:
            told[name] = value
    return told


# Columns that stay on one line; the others share what is left of the width.
_NARROW = frozenset(("type", "number", "modified", "total", "open", "count", "rows", "check"))
_FOOTER = ("total", "returned", "as_of")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table on stdout. `columns` are keys of the catalogue under `cli.column`, or the heads.

    On a terminal its columns are aligned (Chinese characters are two wide) and long cells
    wrapped; where it is piped, a row is a line with tabs between, and nothing is cut.
    """
    heads = [head(column) for column in columns]
    cells = [[_cell(value) for value in row] for row in rows]
    if sys.stdout.isatty():
        _draw(columns, heads, cells)
        return
    for line in [heads, *cells]:
        click.echo("\t".join(line))


def kind_word(name: str) -> str:
    """What people call an item type, or a kind of rows that a sync reads."""
    key = f"cli.type.{name}"
    return messages.text(key) if messages.has(key) else name


def head(column: str) -> str:
    """The head of a column: a text of ours, or what the team calls a field."""
    key = f"cli.column.{column}"
    return messages.text(key) if messages.has(key) else column


def _cell(value: object) -> str:
    if isinstance(value, list | tuple):
        value = "; ".join(map(str, value))
    return "" if value is None else " ".join(str(value).split())


def _draw(columns: Sequence[str], heads: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column, head in zip(columns, heads, strict=True):
        drawn.add_column(head, overflow="fold", no_wrap=column in _NARROW)
    for row in cells:
        drawn.add_row(*map(Text, row))  # Text: brackets in a title are no markup
    Console().print(drawn)


@contextmanager
def progress() -> Iterator[Progress | None]:
    """A listener for a sync's progress that draws bars on stderr; None where nobody looks."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[told]}"),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        yield _listener(bar)


def _listener(bar: Bar) -> Callable[[ProgressEvent], None]:
    tasks: dict[tuple[str, str], Any] = {}

    def listen(event: ProgressEvent) -> None:
        key = (event.workspace_id, event.step)
        if key not in tasks:
            name = f"{event.workspace_id} {kind_word(event.step)}"
            tasks[key] = bar.add_task(name, total=None, told="")
        total = None if event.total is None else max(event.total, event.done)
        bar.update(tasks[key], completed=event.done, total=total, told=progress_text(event))

    return listen


@contextmanager
def counting() -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, of rows written out of how many; nothing where nobody looks."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def progress_text(event: ProgressEvent) -> str:
    """Speed, requests so far and time left, as a person reads them; the note where nothing of TAPD
    is asked.
    """
    if not event.requests:
        return event.note
    text = messages.text(
        "cli.progress", rate=f"{event.items_per_second:,.0f}", requests=event.requests
    )
    if event.seconds_left is None:
        return text
    return text + messages.text("cli.progress.left", seconds=f"{event.seconds_left:.0f}")
