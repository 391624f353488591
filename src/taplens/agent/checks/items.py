"""What a sentence says of items: that there are such ids, and that their facts are so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from taplens.agent.checks.lexicon import stands, words
from taplens.agent.checks.reading import Sentence, agrees
from taplens.agent.checks.vocabulary import Mention
from taplens.tapd.ids import WORKSPACE_DIGITS

if TYPE_CHECKING:
    from taplens.agent.checks.demand import Demand
    from taplens.agent.checks.evidence import Evidence

_WITH_PAGES = ("story", "bug", "task", "tcase")
_BARE = re.compile(r"(?<![\w.\[/#`-])#?(\d{7,21})(?![\w\](`])")
_FACTS = ("person", "status", "priority", "severity", "iteration", "module", "type", "state")
_STATES = ("open", "closed", "finished")


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
        dimensions = {meaning.dimension for meaning in mention.meanings}
        within = any(start <= mention.start < end for start, end, _ in ids)
        if mention.start < sentence.begin or within or dimensions.isdisjoint(_FACTS):
            continue
        if "state" in dimensions and not stands(_STATES, mention.meanings[0].words[0]):
            continue
        items = _items_of(sentence, mention)
        if items and not _are_so(sentence, mention, items, evidence):
            word = mention.meanings[0].words[0]
            yield f"the item isn't {word!r} by any result"
    if stands(words("unowned"), sentence.plain):
        facts = (fact for _, _, item in ids for fact in _facts(item, evidence))
        if any(fact.dimension == "person" for fact in facts):
            yield "the item has an owner"


def _are_so(sentence: Sentence, mention: Mention, items: list[str], evidence: Evidence) -> bool:
    """Whether the mention is true of all the items; of any, where they are told one by one."""
    found = [_is_so(mention, _facts(item, evidence)) for item in items]
    return any(found) if stands(words("respectively"), sentence.plain) else all(found)


def _is_so(mention: Mention, facts: list[Demand]) -> bool:
    """A status says, too, whether an item is closed."""
    if agrees(mention, facts):
        return True
    told = {word for fact in facts for word in fact.words}
    return any(
        meaning.dimension == "state" and not told.isdisjoint(meaning.words)
        for meaning in mention.meanings
    )


def _facts(item: str, evidence: Evidence) -> list[Demand]:
    return [fact for one in known(item, evidence) for fact in evidence.items[one]]


def _items_of(sentence: Sentence, mention: Mention) -> list[str]:
    """The items that a mention goes with: those listed together before it, else after it.

    None of them where a number stands between: then it is the number's, and judged with that.
    """
    before = [item for item in sentence.ids if item[1] <= mention.start]
    listed = _listed(sentence, before[::-1]) if before else _listed(sentence, sentence.ids)
    one, other = sorted(((listed[0][0], listed[0][1]), (mention.start, mention.end)))
    figures = (figure.numeral for figure in sentence.figures)
    if any(one[1] <= figure.start and figure.end <= other[0] for figure in figures):
        return []
    return [item for _, _, item in listed]


def _listed(sentence: Sentence, ids: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """The first of `ids`, and those that follow with nothing but "and" between."""
    found = ids[:1]
    for item in ids[1:]:
        earlier, later = sorted((found[-1], item))
        if sentence.plain[earlier[1] : later[0]].strip("、,，#和与及&and "):
            break
        found.append(item)
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
