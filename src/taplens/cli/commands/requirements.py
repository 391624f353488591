"""`taplens requirements`: what test cases are to cover, kept in the home."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taplens import messages
from taplens.cli import calls, options, output
from taplens.errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taplens.config import Settings
    from taplens.evaluate.features import Features
    from taplens.evaluate.knowledge import Knowledge
    from taplens.evaluate.model import Requirement
    from taplens.search.similar import Found
    from taplens.tools.context import ToolContext

_COLUMNS = ("id", "title", "status", "priority", "kinds", "keywords")
_CASE_COLUMNS = ("score", "number", "title", "shared")
_CASES = 5


def build() -> click.Command:
    """The command."""
    return options.group(
        "requirements",
        _list(), _show(), _add(), _edit(), _remove(), _clear(), _import(), _features(),
    )  # fmt: skip


def _fields(function: Any) -> Any:
    """An option for each field that can be set by hand."""
    names = ("business_value", "acceptance_criteria", "creator", "priority", "status",
             "description")  # fmt: skip
    for name in names:
        flag = f"--{name.replace('_', '-')}"
        function = options.option(flag, key=f"requirement_{name}", default=None)(function)
    return function


def _list() -> click.Command:
    @options.command("list", options.home(), options.as_json(), key="requirements.list")
    def list_(home: Path | None, as_json: bool) -> None:
        settings = options.settings_of(home)
        held = _knowledge(settings).all()
        told = [_told(one, found) for one, found in zip(held, _found(settings, held), strict=True)]
        if as_json:
            output.print_json(told)
            return
        output.table(_COLUMNS, [[row.get(name, "") for name in _COLUMNS] for row in told])
        output.say(messages.text("cli.requirements.count", count=len(told)))

    return list_


def _show() -> click.Command:
    @options.command(
        "show",
        click.argument("named", metavar="ID"),
        options.option("--cases", key="requirement_cases", is_flag=True),
        options.workspace(),
        options.home(),
        options.as_json(),
        key="requirements.show",
    )
    def show(
        *, named: str, cases: bool, workspace: tuple[str, ...], home: Path | None, as_json: bool
    ) -> None:
        settings = options.settings_of(home, workspace)
        held = _knowledge(settings).all()
        one = _knowledge(settings).one(named)
        told = _told(one, _found(settings, held)[held.index(one)])
        found = _earlier(settings, one) if cases else None
        if found is not None:
            told["similar_cases"] = [
                {"id": case.row.id, "title": case.row.title, "score": case.score,
                 "shared": list(case.shared)}
                for case in found.rows
            ]  # fmt: skip
        output.print_json(told) if as_json else _print(told, found)

    return show


def _add() -> click.Command:
    @options.command(
        "add",
        click.argument("title"),
        options.option("--id", "own_id", key="requirement_id", default=""),
        _fields,
        options.home(),
        key="requirements.add",
    )
    def add(*, title: str, own_id: str, home: Path | None, **told: str | None) -> None:
        from taplens.evaluate.model import Requirement

        given = {name: text for name, text in told.items() if text is not None}
        made = _knowledge(options.settings_of(home)).add(
            Requirement(id=own_id, title=title, **given)
        )
        output.data(made.id)

    return add


def _edit() -> click.Command:
    @options.command(
        "edit",
        click.argument("named", metavar="ID"),
        options.option("--title", key="requirement_title", default=None),
        _fields,
        options.home(),
        key="requirements.edit",
    )
    def edit(*, named: str, home: Path | None, **told: str | None) -> None:
        given = {name: text for name, text in told.items() if text is not None}
        if not given:
            raise ArgumentError("requirement_unchanged", id=named[:60])
        after = _knowledge(options.settings_of(home)).edit(named, given)
        output.say(messages.text("cli.requirements.edited", id=after.id, title=after.title))

    return edit


def _remove() -> click.Command:
    @options.command(
        "remove",
        click.argument("named", nargs=-1, required=True, metavar="ID..."),
        options.option("--yes", key="requirements_yes", is_flag=True),
        options.home(),
        key="requirements.remove",
    )
    def remove(named: tuple[str, ...], yes: bool, home: Path | None) -> None:
        kept = _knowledge(options.settings_of(home))
        titles = "; ".join(kept.one(name).title for name in named)[:200]
        _confirm("cli.requirements.confirm_remove", yes, count=len(named), titles=titles)
        gone = kept.remove(named)
        output.say(messages.text("cli.requirements.removed", count=len(gone)))

    return remove


def _clear() -> click.Command:
    @options.command(
        "clear",
        options.option("--yes", key="requirements_yes", is_flag=True),
        options.home(),
        key="requirements.clear",
    )
    def clear(yes: bool, home: Path | None) -> None:
        kept = _knowledge(options.settings_of(home))
        _confirm("cli.requirements.confirm_clear", yes, path=kept.path)
        output.say(messages.text("cli.requirements.removed", count=kept.clear()))

    return clear


def _import() -> click.Command:
    file = click.Path(dir_okay=False, path_type=Path)

    @options.command(
        "import",
        click.argument("file", required=False, type=file),
        options.option("--where", key="requirements_where", default=None, metavar="WHERE"),
        options.option("--sheet", key="requirements_sheet", default="", metavar="NAME"),
        options.option("--mapping", key="requirements_mapping", type=file, default=None),
        options.workspace(),
        options.home(),
        options.as_json(),
        key="requirements.import",
    )
    def import_(
        *,
        file: Path | None,
        where: str | None,
        sheet: str,
        mapping: Path | None,
        workspace: tuple[str, ...],
        home: Path | None,
        as_json: bool,
    ) -> None:
        from taplens.evaluate.columns import REQUIREMENTS, read_mapping
        from taplens.evaluate.requirement_files import Listed, read_file

        settings = options.settings_of(home, workspace)
        if (file is None) == (where is None):
            raise ArgumentError("requirements_source")
        if file is not None:
            told = read_mapping(mapping, REQUIREMENTS) if mapping else None
            read = read_file(file, sheet=sheet, mapping=told)
        else:
            read = Listed(_mirrored(settings, where or ""))
        landed = asdict(_knowledge(settings).land(read.requirements))
        if as_json:
            output.print_json(landed | {"untitled": list(read.untitled)})
        else:
            output.data(messages.text("cli.requirements.landed", **landed))
        _warn(read, landed["cut"])

    return import_


def _features() -> click.Command:
    @options.command(
        "features",
        options.option("--edit", "own", key="requirements_table", is_flag=True),
        options.home(),
        options.as_json(),
        key="requirements.features",
    )
    def features(own: bool, home: Path | None, as_json: bool) -> None:
        from taplens.evaluate.features import ensure_team_file, path_of, table

        settings = options.settings_of(home)
        if own:
            ensure_team_file(settings.home)
        kinds = table(settings.home)
        if as_json:
            output.print_json(kinds)
        else:
            output.table(("kinds", "keywords"), kinds.items())
        path = path_of(settings.home)
        code = "cli.requirements.table" if path.exists() else "cli.requirements.no_table"
        output.say(messages.text(code, path=path))

    return features


def _knowledge(settings: Settings) -> Knowledge:
    from taplens.evaluate.knowledge import Knowledge

    return Knowledge(settings.home)


def _found(settings: Settings, held: Sequence[Requirement]) -> list[Features]:
    from taplens.analysis.words.stop_words import stop_words
    from taplens.evaluate.features import features, table

    return features(held, table(settings.home), stop_words(settings.home))


def _told(one: Requirement, found: Features) -> dict[str, Any]:
    texts = {name: text for name, text in asdict(one).items() if text}
    return texts | {"kinds": list(found.kinds), "keywords": list(found.keywords)}


def _mirrored(settings: Settings, where: str) -> tuple[Requirement, ...]:
    async def work(context: ToolContext) -> tuple[Requirement, ...]:
        from taplens.evaluate.mirrored import read_requirements
        from taplens.tools.freshness import scope_of

        scope = await scope_of(context, context.chosen(()))
        return tuple(await context.read(read_requirements, scope, where))

    return calls.with_context(settings, work)


def _earlier(settings: Settings, one: Requirement) -> Found:
    async def work(context: ToolContext) -> Found:
        from taplens.evaluate.earlier import earlier_cases, text_of
        from taplens.search.meaning import sense_of_text
        from taplens.tools.freshness import scope_of

        scope = await scope_of(context, context.chosen(()))
        sense = await sense_of_text(context.keeper, text_of(one))
        found: Found = await context.read(earlier_cases, scope, one, sense, _CASES)
        return found

    return calls.with_context(settings, work)


def _print(told: dict[str, Any], found: Found | None) -> None:
    for name, value in told.items():
        if name != "similar_cases" and value:
            text = ", ".join(value) if isinstance(value, list) else value
            output.data(f"{output.head(name)}: {text}")
    if found is None:
        return
    output.data("")
    rows = ([one.score, one.row.number, one.row.title, one.shared] for one in found.rows)
    output.table(_CASE_COLUMNS, rows)
    for notice in found.warnings:
        output.say(f"⚠ {notice.text()}")


def _confirm(key: str, yes: bool, **told: object) -> None:
    if not yes:
        click.confirm(messages.text(key, **told), abort=True, err=True)


def _warn(read: Any, cut: int) -> None:
    if read.untitled:
        rows = ", ".join(map(str, read.untitled[:10]))
        output.say(messages.text("cli.requirements.untitled", count=len(read.untitled), rows=rows))
    if read.uncounted:
        output.say(messages.text("cli.evaluate.uncounted", count=read.uncounted))
    if read.rounded:
        output.say(messages.text("cli.evaluate.rounded", count=read.rounded))
    if cut:
        output.say(messages.text("cli.requirements.cut", count=cut))
