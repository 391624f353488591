"""What a sentence says of items: that there are such ids, and that their facts are so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from taplens.agent.checks.reading import Sentence, agrees
from taplens.agent.checks.vocabulary import Mention
from taplens.tapd.ids import WORKSPACE_DIGITS

if TYPE_CHECKING:
    from taplens.agent.checks.demand import Demand
    from taplens.agent.checks.evidence import Evidence

_WITH_PAGES = ("story", "bug", "task", "tcase")
_BARE = re.compile(r"(?<![\w.\[/#`-])#?(\d{7,21})(?![\w\](`])")
_FACTS = ("person", "status", "priority", "severity", "iteration", "module", "type")


def known(item: str, evidence: Evidence) -> list[str]:
    """The long ids that `item`, a long id or a number, may mean."""
    return [one for one in evidence.items if one == item or (one.endswith(item) and len(one) > 9)]


def unknown_ids(sentence: Sentence, evidence: Evidence) -> Iterator[tuple[int, int, str]]:
    """The ids in the sentence that were in no result: where they stand, and why not."""
    for start, end, item in sentence.ids:
        if not known(item, evidence):
            yield start, end, f"the item {item} is in no result"


def wrong_facts(sentence: Sentence, evidence: Evidence) -> Iterator[str]:
    """What is said of an item and isn't so."""
    ids = sentence.ids
    if not ids:
        return
    for mention in sentence.mentions:
        if mention.start < sentence.begin:
            continue
        if not any(meaning.dimension in _FACTS for meaning in mention.meanings):
            continue
        if any(start <= mention.start < end for start, end, _ in ids):
            continue
        told = _facts_of(sentence, mention, evidence)
        if told is not None and not agrees(mention, told):
            word = mention.meanings[0].words[0]
            yield f"the item isn't {word!r} by any result"


def _facts_of(sentence: Sentence, mention: Mention, evidence: Evidence) -> list[Demand] | None:
    """The facts of the items that a mention goes with: those named together before it, else all.

    None where a number stands between: then it is the number's, and judged with that.
    """
    before = [item for item in sentence.ids if item[1] <= mention.start]
    chosen = before[-1:] or sentence.ids[:1]
    if any(
        f.numeral.start < mention.start and f.numeral.start > chosen[0][1] for f in sentence.figures
    ):
        return None
    if any(f.numeral.end <= mention.start < chosen[0][0] for f in sentence.figures):
        return None
    joined = _joined(sentence, chosen[0])
    return [
        fact for item in joined for one in known(item, evidence) for fact in evidence.items[one]
    ]


def _joined(sentence: Sentence, chosen: tuple[int, int, str]) -> list[str]:
    """The ids that are listed with the chosen one: 1000101、1000102 and 1000103."""
    found = [chosen[2]]
    place = sentence.ids.index(chosen)
    for earlier, later in zip(
        reversed(sentence.ids[:place]), reversed(sentence.ids[1 : place + 1]), strict=True
    ):
        between = sentence.plain[earlier[1] : later[0]].strip()
        if between.strip("、,，#和与及&and ") != "":
            break
        found.append(earlier[2])
    return found


def linked(text: str, evidence: Evidence, web_base: str) -> str:
    """`text` with the ids of items that were found as links to their pages below `web_base`."""

    def link(match: re.Match[str]) -> str:
        found = known(match[1], evidence)
        page = _page(found[0], evidence, web_base) if len(found) == 1 else None
        return match[0] if page is None else f"[{match[0]}]({page})"

    return _BARE.sub(link, text)


def _page(item: str, evidence: Evidence, web_base: str) -> str | None:
    """The address of an item's page; None where its workspace or type isn't known."""
    from taplens.mirror.rows import web_link

    kind = evidence.types.get(item)
    for workspace in evidence.vocabulary.workspaces:
        if kind in _WITH_PAGES and item[2:].startswith(workspace.zfill(WORKSPACE_DIGITS)):
            return web_link(web_base, workspace, kind, item)
    return None
