"""An evaluation as files: what kind one is, its ending says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from taplens import messages
from taplens.errors import ArgumentError
from taplens.evaluate.evaluating import Evaluated
from taplens.tables import check_path, replacing

if TYPE_CHECKING:
    from taplens.evaluate.reading import CaseSheet

ENDINGS = (".xlsx", ".html", ".json")


def check(path: Path, source: Path | None) -> None:
    """Raises ArgumentError or ExportError where a result can't go to `path`, as far as that can be
    told before; it is never the file of the cases, `source`.
    """
    if path.suffix.lower() not in ENDINGS:
        raise ArgumentError("evaluate_ending", path=path, known=", ".join(ENDINGS))
    if source is not None and path.resolve() == source.resolve():
        raise ArgumentError("evaluate_over", path=path)
    check_path(path)


def write(
    found: Evaluated,
    path: Path,
    *,
    source: Path | None,
    read: CaseSheet | None,
    notes: Sequence[str],
    locale: str,
) -> None:
    """Write the evaluation to `path`, whole or not at all.

    `source` is the file of the cases and `read` what was read of it (None: TAPD's own); `notes`
    say what a reader must know. Raises ExportError, ArgumentError.
    """
    from taplens.evaluate import page, workbook

    kind = path.suffix.lower()
    if kind == ".xlsx":
        book = source if source is not None and source.suffix.lower() == ".xlsx" else None
        head = read.head if read and book else 1
        name = read.name if read else ""
        workbook.write(found, path, source=book, sheet=name, head=head, locale=locale)
    elif kind == ".html":
        named = source.name if source else messages.text("evaluate.own_cases", locale)
        title = messages.text("evaluate.title", locale, name=named)
        page.write(found, path, title=title, notes=notes, locale=locale)
    else:
        text = json.dumps(found.json_object(), ensure_ascii=False, indent=2)
        with replacing(path) as beside:
            beside.write_text(f"{text}\n", encoding="utf-8", errors="replace", newline="\n")
