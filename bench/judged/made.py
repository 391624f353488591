"""Queries made from items: the title of one, put as somebody might who looks for it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from judged.corpus import Corpus, Item
from judged.parts import Parts, parts_of
from judged.query import MOST, Query, Rule
from judged.spelling import misspelled

SEED = 7
EACH = 44  # queries of each kind
Words = dict[str, Any]
_FOLDER = Path(__file__).parent
_NUMBERS = (
    # What stands in the text, and what people copy of it.
    (re.compile(r"ORDER-(\d{4})\b"), ("{0}", "order{0}", "订单 {0}", "ORDER {0}")),
    (re.compile(r"code=(\d{4})\b"), ("code {0}", "{0}", "错误码 {0}", "TimeoutException {0}")),
    (re.compile(r"trace-([0-9a-f]{8})"), ("{0}", "trace-{0}", "trace {0}")),
    (re.compile(r"账号 (test_\d{3})，"), ("{0}",)),
)


def made(corpus: Corpus) -> list[Query]:
    """EACH queries of every kind, the same for the same corpus."""
    words = table("wording.toml") | {"wrong": table("misspelling.toml")}
    makers: dict[str, Callable[[Parts, Words, Random], str]] = {
        "plain": _plain,
        "order": _other_order,
        "misspelling": _wrong,
        "mix": _mixed,
        "paraphrase": _said,
    }
    queries: dict[str, Query] = {}
    for kind, maker in makers.items():
        _add(queries, _worded(corpus, kind, maker, words))
    _add(queries, _parts_of_ids(corpus))
    return list(queries.values())


def table(name: str) -> Words:
    """One of the data files beside this module."""
    return tomllib.loads((_FOLDER / name).read_text(encoding="utf-8"))


def _add(queries: dict[str, Query], more: Iterator[Query]) -> None:
    """Take the first EACH that aren't there yet."""
    wanted = len(queries) + EACH
    for query in more:
        queries.setdefault(query.text, query)
        if len(queries) == wanted:
            return


def _shuffled(corpus: Corpus, kind: str) -> tuple[Random, list[Item]]:
    chance = Random(f"{SEED} {kind}")
    return chance, chance.sample(corpus.items, len(corpus.items))


def _worded(
    corpus: Corpus, kind: str, maker: Callable[[Parts, Words, Random], str], words: Words
) -> Iterator[Query]:
    """Queries on items of ever another topic, as long as there are such."""
    chance, items = _shuffled(corpus, kind)
    used: set[str] = set()
    for item in items:
        parts = parts_of(item, words["topics"])
        if item.type == "task" or not parts or parts.topic in used:
            continue
        asked = _asked(parts, chance)
        rule = _narrow(corpus, asked, item.type)
        text = maker(asked, words, chance)
        if rule and text:
            used.add(parts.topic)
            yield Query(text, kind, rule, written=False)


def _asked(parts: Parts, chance: Random) -> Parts:
    """What is asked of a title: the topic with the thing, or with the setting, or with both."""
    if parts.thing and parts.setting and chance.random() < 0.25:
        return parts
    if parts.thing and (not parts.setting or chance.random() < 0.7):
        return Parts(parts.topic, parts.thing, "")
    return Parts(parts.topic, "", parts.setting)


def _narrow(corpus: Corpus, parts: Parts, type_: str) -> Rule | None:
    """The rule of these parts: over all types if that is narrow enough, or over one; or none."""
    holds = tuple(filter(None, (parts.topic, parts.thing, parts.setting)))
    for rule in (Rule(holds=holds), Rule(holds=holds, type=type_)):
        if len(rule.right(corpus)) <= MOST:
            return rule
    return None


def _plain(parts: Parts, words: Words, chance: Random) -> str:
    """The words in the title's order, apart or, as Chinese is written, together."""
    known = _known(parts, words)
    joint = "" if chance.random() < 0.4 else " "
    return joint.join(filter(None, [known["setting"], known["thing"], *known["topic"]]))


def _other_order(parts: Parts, words: Words, chance: Random) -> str:
    """The words the other way round, apart or written together."""
    known = _known(parts, words)
    topic = known["topic"][::-1]
    around = [*filter(None, (known["thing"], known["setting"]))]
    said = [*topic, *around] if chance.random() < 0.5 else [topic[0], *around, *topic[1:]]
    joint = "" if chance.random() < 0.4 else " "
    return joint.join(said)


def _wrong(parts: Parts, words: Words, chance: Random) -> str:
    """The plain query with a mistake in it, or with two: who types in a hurry makes more."""
    text = _plain(parts, words, chance)
    wrong = misspelled(text, words["wrong"], chance)
    if chance.random() < 0.4:
        wrong = misspelled(wrong, words["wrong"], chance)
    return wrong if wrong != text else ""


def _mixed(parts: Parts, words: Words, chance: Random) -> str:
    """The topic in the mixed way; the rest as it is, or in English, too."""
    known = _known(parts, words)
    said = [chance.choice(words["topics"][parts.topic]["mixed"])]
    for name, group in (("thing", "things"), ("setting", "settings")):
        part = getattr(parts, name)
        if part:
            english = chance.random() < 0.5
            said.append(chance.choice(words[group][part]["mixed"]) if english else known[name])
    chance.shuffle(said)
    return " ".join(filter(None, said))


def _said(parts: Parts, words: Words, chance: Random) -> str:
    """Everything in words of one's own; things keep their name now and then, as people do."""
    said = [chance.choice(words["topics"][parts.topic]["said"])]
    if parts.thing:
        others = words["things"][parts.thing]["said"]
        said.insert(0, parts.thing if chance.random() < 0.4 else chance.choice(others))
    if parts.setting:
        said.insert(0, chance.choice(words["settings"][parts.setting]["said"]))
    return "，".join(said) if chance.random() < 0.5 else "".join(said)


def _known(parts: Parts, words: Words) -> dict[str, Any]:
    """The parts as those type them who know the title."""
    setting = words["settings"][parts.setting]["words"] if parts.setting else ""
    topic = words["topics"][parts.topic]["words"]
    # Nobody types a thing twice that the topic names already.
    named = any(word == parts.thing or (len(word) >= 4 and word in parts.thing) for word in topic)
    thing = "" if named else parts.thing
    return {"topic": topic, "thing": thing, "setting": setting}


def _parts_of_ids(corpus: Corpus) -> Iterator[Query]:
    """Short ids, order numbers, error codes and traces, as they are copied out of a chat."""
    chance, items = _shuffled(corpus, "part")
    sources = [_short_ids, *(_copied(pattern, forms) for pattern, forms in _NUMBERS)]
    streams = [source(items, chance) for source in sources]
    while True:
        for stream in streams:
            query = next(stream)
            if 1 <= len(query.rule.right(corpus)) <= MOST:
                yield query


def _short_ids(items: list[Item], chance: Random) -> Iterator[Query]:
    for item in items:
        number = item.id[-7:]
        text = chance.choice((number, f"#{number}", f"{item.type} {number}"))
        yield Query(text, "part", Rule(number=number, type=item.type), written=False)


def _copied(
    pattern: re.Pattern[str], forms: tuple[str, ...]
) -> Callable[[list[Item], Random], Iterator[Query]]:
    """What `pattern` finds in titles and descriptions, in one of the forms."""

    def queries(items: list[Item], chance: Random) -> Iterator[Query]:
        for item in items:
            match = pattern.search(f"{item.title} {item.told}")
            if match:
                text = chance.choice(forms).format(match[1])
                yield Query(text, "part", Rule(mentions=(match[0],)), written=False)

    return queries
