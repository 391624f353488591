"""The classic tool `preprocess_tapd_description`: a data file with its descriptions cleaned."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taplens.descriptions.cleaning import clean
from taplens.errors import ModelUnavailableError
from taplens.tools.arguments import Arguments
from taplens.tools.classic import data
from taplens.tools.classic.cleaning import ORIGINAL, documents_of, html_of, pictures_of
from taplens.tools.classic.items import title_of
from taplens.tools.classic.tool import ClassicTool, Content, Told
from taplens.tools.home_files import within

if TYPE_CHECKING:
    from taplens.descriptions.reading import Described
    from taplens.descriptions.rewriting import Effort, Rewritten
    from taplens.tools.classic.data import Data
    from taplens.tools.classic.items import Item
    from taplens.tools.context import ToolContext

_MOST_NAMED = 50


class Preprocess(Arguments):
    """Arguments: the file and where the result goes, whether a model shortens the texts, and
    whether documents and pictures are listed at their end.
    """

    data_file_path: data.FileName = data.DATA_FILE
    output_file_path: data.FileName = data.DATA_FILE
    use_api: bool = False
    process_documents: bool = False
    process_images: bool = False


@dataclass(frozen=True, slots=True)
class _Shortened:
    """What a model made of the descriptions, by list and id, and how it went."""

    texts: Mapping[tuple[str, str], str]
    run: Rewritten | None = None


async def _handle(context: ToolContext, arguments: Preprocess) -> Told:
    home = context.keeper.settings.home
    target = within(home, arguments.output_file_path.replace("\\", "/"), ".json")
    found = await data.load(context, arguments.data_file_path)
    shortened = await _by_model(context, found) if arguments.use_api else _Shortened({})
    lists = {
        name: _cleaned(name, items, arguments, shortened.texts) for name, items in found.lists()
    }
    await asyncio.to_thread(data.write, target, lists, generated=found.generated)
    processed = sum(bool(html_of(one)) for _, items in found.lists() for one in items)
    run = shortened.run
    faults = [*run.refused.items(), *run.missing.items()] if run else []

    def make(count: int) -> Content:
        return {
            "status": "success",
            "message": context.text("classic.preprocessed", count=processed,
                                    path=arguments.output_file_path),
            "statistics": {
                "processed_items": processed,
                "api_calls": (run.short - run.known + len(faults)) if run else 0,
                "shortened_items": run.short if run else 0,
                "errors": len(faults),
                "output_file": target.relative_to(home.resolve()).as_posix(),
            },
            **({"not_shortened": dict(faults[:count])} if faults else {}),
            **found.origin(),
        }  # fmt: skip

    return Told(make=make, most=min(len(faults), _MOST_NAMED))


def _cleaned(
    name: str, items: list[Item], arguments: Preprocess, short: Mapping[tuple[str, str], str]
) -> Iterator[Item]:
    """The items with their descriptions as Markdown, the originals beside them."""
    for item in items:
        html = html_of(item)
        if not html:
            yield item
            continue
        cleaned = clean(html)
        parts = [short.get((name, str(item.get("id"))), cleaned.markdown)]
        if arguments.process_documents:
            parts += [f"腾讯文档链接: {one}" for one in documents_of(cleaned)]
        if arguments.process_images:
            parts += [f"图片路径: {one}" for one in pictures_of(cleaned)]
        yield item | {"description": "\n\n".join(parts), ORIGINAL: html}


async def _by_model(context: ToolContext, found: Data) -> _Shortened:
    """The descriptions as the first model that is set up shortens them, checked.

    Raises ModelUnavailableError where none is set up.
    """
    from taplens.descriptions.keeping import KeptShort
    from taplens.llm.catalogue import load_catalogue
    from taplens.llm.choosing import asked_models
    from taplens.tools.description_rewriting import rewritten

    settings = context.keeper.settings
    catalogue = await asyncio.to_thread(load_catalogue, settings)
    model = next(iter(asked_models(settings, catalogue)), "")
    if not model:
        raise ModelUnavailableError("classic_no_model")

    async def wanted(_effort: Effort) -> bool:
        return True  # who asks for the API wants it asked

    items = {(name, one.id): one for name, one in _described(found)}
    run = await rewritten(context, list(items.values()), model=model, wanted=wanted)
    kept = KeptShort(settings.home)
    texts = {
        key: short.text
        for key, one in items.items()
        if (short := kept.find((one.workspace_id, one.type, one.id), clean(one.html).markdown))
        and short.text
    }
    return _Shortened(texts, run)


def _described(found: Data) -> Iterator[tuple[str, Described]]:
    from taplens.descriptions.reading import Described

    for name, items in found.lists():
        for item in items:
            if html := html_of(item):
                told = (str(item.get("workspace_id") or ""), data.kind_of(name))
                yield name, Described(*told, str(item.get("id")), title_of(item), html)


TOOL = ClassicTool(
    name="preprocess_tapd_description",
    description=(
        "Write the data file with its descriptions as Markdown without styles (the originals beside"
        " them). use_api: shortened by the model that is set up, ids, numbers and links checked."
    ),
    arguments=Preprocess,
    handler=_handle,
    example={"output_file_path": "local_data/preprocessed_data.json"},
    read_only=False,
    replaces=True,
)
