"""`taplens descriptions`: without their markup, and in short forms that a model writes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taplens import messages
from taplens.cli import calls, options, output

if TYPE_CHECKING:
    from taplens.descriptions.cleaning import Cleaned
    from taplens.descriptions.reading import Described
    from taplens.descriptions.rewriting import Effort, Rewritten
    from taplens.tools.context import ToolContext

_SHOWN = 400  # characters of a preview
_MOST_NAMED = 10


def build() -> click.Command:
    """The command, with one of its own for each thing to do."""
    return options.group("descriptions", _preview(), _rewrite(), _show(), _forget())


def _preview() -> click.Command:
    @options.command(
        "preview",
        options.where(),
        options.option("--limit", key="descriptions_limit", type=click.IntRange(1, 1000),
                       default=3, show_default=True, metavar="N"),
        options.workspace(),
        options.home(),
        options.as_json(),
        key="descriptions.preview",
        context_settings=options.FREE_TERMS,
    )  # fmt: skip
    def preview(
        *,
        where: tuple[str, ...],
        limit: int,
        workspace: tuple[str, ...],
        home: Path | None,
        as_json: bool,
    ) -> None:
        from taplens.descriptions.cleaning import clean

        settings = options.settings_of(home, workspace)
        items = calls.with_context(settings, partial(_read, where=" ".join(where), most=limit))
        found = [(item, clean(item.html)) for item in items]
        if as_json:
            output.print_json([_object(item, cleaned) for item, cleaned in found])
            return
        for item, cleaned in found:
            output.data(f"# {item.type} {item.id} {item.title}")
            told = {"before": cleaned.before, "after": cleaned.after,
                    "links": len(cleaned.links), "images": len(cleaned.images)}  # fmt: skip
            output.data(messages.text("cli.descriptions.sizes", **told))
            text = cleaned.markdown
            output.data(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
            output.data("")

    return preview


def _rewrite() -> click.Command:
    @options.command(
        "rewrite",
        options.where(),
        options.option("--model", key="descriptions_model", required=True, metavar="MODEL"),
        options.option("--limit", key="descriptions_most", type=click.IntRange(1, 20_000),
                       default=1000, show_default=True, metavar="N"),
        options.option("--yes", key="evaluate_yes", is_flag=True),
        options.workspace(),
        options.home(),
        options.as_json(),
        key="descriptions.rewrite",
        context_settings=options.FREE_TERMS,
    )  # fmt: skip
    def rewrite(
        *,
        where: tuple[str, ...],
        model: str,
        limit: int,
        yes: bool,
        workspace: tuple[str, ...],
        home: Path | None,
        as_json: bool,
    ) -> None:
        async def work(context: ToolContext) -> Rewritten:
            from taplens.tools.description_rewriting import rewritten

            items = await _read(context, where=" ".join(where), most=limit)
            wanted = _confirming(model, yes=yes)
            return await rewritten(context, items, model=model, wanted=wanted)

        found = calls.with_context(options.settings_of(home, workspace), work)
        if as_json:
            output.print_json(
                {"short": found.short, "known": found.known, "skipped": found.skipped,
                 "before": found.before, "after": found.after, "refused": found.refused,
                 "missing": found.missing}
            )  # fmt: skip
            return
        percent = round(100 * found.after / found.before) if found.before else 100
        told = {"short": found.short, "known": found.known, "skipped": found.skipped}
        output.data(messages.text("cli.descriptions.rewritten", percent=percent, **told))
        for kind, named in (("refused", found.refused), ("missing", found.missing)):
            if named:
                output.say(messages.text(f"cli.descriptions.{kind}", count=len(named)))
                for name, why in list(named.items())[:_MOST_NAMED]:
                    output.say(f"  {name}: {why}")

    return rewrite


def _show() -> click.Command:
    @options.command(
        "show",
        click.argument("item_id", metavar="ID"),
        options.workspace(),
        options.home(),
        options.as_json(),
        key="descriptions.show",
    )
    def show(
        *, item_id: str, workspace: tuple[str, ...], home: Path | None, as_json: bool
    ) -> None:
        from taplens.descriptions.cleaning import clean
        from taplens.descriptions.keeping import KeptShort
        from taplens.errors import NotFoundError

        settings = options.settings_of(home, workspace)
        items = calls.with_context(settings, partial(_read, where=_of_id(item_id), most=10))
        if not items:
            raise NotFoundError("description_none", id=item_id[:60])
        kept = KeptShort(settings.home)
        for item in items:
            cleaned = clean(item.html)
            short = kept.find((item.workspace_id, item.type, item.id), cleaned.markdown)
            told = _object(item, cleaned) | {"markdown": cleaned.markdown}
            if short is not None:
                told |= {"short": short.text, "model": short.model, "refused": list(short.faults)}
            if as_json:
                output.print_json(told)
                continue
            output.data(f"# {item.type} {item.id} {item.title}\n\n{cleaned.markdown}\n")
            if short is None:
                output.say(messages.text("cli.descriptions.none"))
            elif short.faults:
                output.say(messages.text("cli.descriptions.was_refused", model=short.model,
                                         faults="; ".join(short.faults)))  # fmt: skip
            else:
                head = messages.text("cli.descriptions.short_by", model=short.model)
                output.data(f"## {head}\n\n{short.text}\n")

    return show


def _forget() -> click.Command:
    @options.command(
        "forget",
        options.where(),
        options.option("--yes", key="requirements_yes", is_flag=True),
        options.workspace(),
        options.home(),
        key="descriptions.forget",
        context_settings=options.FREE_TERMS,
    )
    def forget(
        *, where: tuple[str, ...], yes: bool, workspace: tuple[str, ...], home: Path | None
    ) -> None:
        from taplens.descriptions.keeping import KeptShort

        settings = options.settings_of(home, workspace)
        items = calls.with_context(settings, partial(_read, where=" ".join(where), most=20_000))
        question = messages.text("cli.descriptions.confirm", count=len(items))
        if not (yes or click.confirm(question, err=True)):
            return
        keys = [(item.workspace_id, item.type, item.id) for item in items]
        gone = KeptShort(settings.home).forget(keys)
        output.say(messages.text("cli.descriptions.forgotten", count=gone))

    return forget


async def _read(context: ToolContext, *, where: str, most: int) -> list[Described]:
    from taplens.descriptions.reading import described
    from taplens.tools.freshness import scope_of

    scope = await scope_of(context, context.chosen(()))
    found: list[Described] = await context.read(described, scope, where, most)
    return found


def _of_id(text: str) -> str:
    """The filter of one item, by its id as people write it."""
    from taplens.tools.get_items import read_id

    kind, digits = read_id(text)
    return f"id:{digits}" + (f" type:{kind}" if kind else "")


def _confirming(model: str, *, yes: bool) -> Callable[[Effort], Awaitable[bool]]:
    """Tells what will be sent to `model`, and asks whether that is to be, unless `yes`."""

    def ask(effort: Effort) -> bool:
        cost = f"{effort.cost:.2f} {effort.currency}".strip() if effort.cost is not None else "?"
        told = {"items": effort.items, "tokens": effort.tokens, "model": model, "cost": cost}
        output.say(messages.text("cli.descriptions.effort", **told))
        return yes or click.confirm(messages.text("cli.evaluate.confirm"), err=True)

    async def wanted(effort: Effort) -> bool:
        return await asyncio.to_thread(ask, effort)

    return wanted


def _object(item: Described, cleaned: Cleaned) -> dict[str, Any]:
    return {
        "type": item.type,
        "id": item.id,
        "title": item.title,
        "before": cleaned.before,
        "after": cleaned.after,
        "markdown": cleaned.markdown[:_SHOWN],
        "links": [
            {"text": one.text, "address": one.address, "tencent_docs": one.is_document}
            for one in cleaned.links
        ],
        "images": [{"alt": one.alt, "path": one.path} for one in cleaned.images],
    }
