"""A query with its known answer: what it asks, of which kind it is, and which items are right."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from judged.corpus import Corpus, Item

KINDS = ("plain", "order", "misspelling", "part", "mix", "paraphrase")
HALVES = ("tuning", "untouched")
MOST = 10  # right items a query may have: all of them can be among the first ten
_SALT = 2562  # under which the halves are about equal in each kind, found before any search


@dataclass(frozen=True, slots=True)
class Rule:
    """Which items are right: those for which all that is given holds.

    `holds` stand in the title; `mentions` in the title or the description; `number` ends the id;
    `month` (YYYY-MM) is when it was created; `developer` fixes or builds it; `type` is its type.
    """

    holds: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    number: str = ""
    month: str = ""
    developer: str = ""
    type: str = ""

    def right(self, corpus: Corpus) -> set[Item]:
        """The items that the rule means, and those that report the same again."""
        first = self.holds[0] if self.holds else ""
        # Most items are about something else: they need no second look.
        about = [item for item in corpus.items if first in item.title]
        found = corpus.with_repeats(item for item in about if self._means(item))
        return {item for item in found if self.type in ("", item.type)}

    def _means(self, item: Item) -> bool:
        return (
            all(text in item.title for text in self.holds)
            and all(text in item.title or text in item.told for text in self.mentions)
            and item.id.endswith(self.number)
            and item.created.startswith(self.month)
            and self.developer in ("", item.developer)
            and self.type in ("", item.type)
        )


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked (`text`), as one of KINDS, with the rule of its answer.

    Where the rule names a type, the question does, too: `type:` stands beside the words.
    """

    text: str
    kind: str
    rule: Rule
    written: bool  # by hand; else made from an item

    @property
    def where(self) -> str:
        """The filter that is asked."""
        return f"{self.text} type:{self.rule.type}" if self.rule.type else self.text

    @property
    def topic(self) -> str:
        """What it is about: queries about the same are in the same half."""
        rule = self.rule
        return (rule.holds or rule.mentions or (rule.number,))[0]

    @property
    def half(self) -> str:
        """The half it belongs to, whatever is added later: by a hash of its topic.

        The halves share no topic: what is tuned on one has not seen how the other puts things.
        """
        digest = hashlib.sha256(f"{_SALT} {self.topic}".encode()).digest()
        return HALVES[digest[0] % 2]
