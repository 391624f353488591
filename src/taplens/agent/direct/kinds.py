"""The kinds of answers: which questions they fit, and what of a question each of them tells.

A slot that the question fills and the answer doesn't tell would be dropped in silence: `left_over`
finds it, so that it is asked back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from taplens.agent.direct.reading import Reading
from taplens.agent.direct.settling import ORDERS, variants_of

# Slots that most kinds tell by their filter; the others are told apart.
_FILTER = frozenset(("picks", "wheres", "states", "words"))
_TIMED = _FILTER | {"times", "events"}
_CHECKED = ("picks", "wheres", "states", "words", "times", "events", "by", "interval", "order",
            "limit", "ids", "metric")  # fmt: skip
_ASKED = frozenset(("list", "count"))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of answer: whether it fits a reading, and the intents and slots that it tells."""

    name: str
    fits: Callable[[Reading], Any]
    intents: frozenset[str]
    slots: frozenset[str]


def kind_of(reading: Reading) -> Kind:
    """What kind of answer is wanted: the first that fits."""
    return next(kind for kind in _KINDS if kind.fits(reading))


def left_over(reading: Reading, kind: Kind) -> str:
    """What the question says that such an answer wouldn't tell; "" where it tells all."""
    for intent in reading.intents:
        if intent not in kind.intents:
            return intent
    for slot in _CHECKED:
        if getattr(reading, slot) and slot not in kind.slots:
            found = getattr(reading, slot)
            return str(found[0]) if isinstance(found, tuple) and slot == "by" else _name(found)
    return ""


def _name(found: object) -> str:
    first = found[0] if isinstance(found, tuple) else found
    for attribute in ("value", "field"):
        first = getattr(first, attribute, first)
    return str(first)


def _is_ordered(reading: Reading) -> bool:
    return bool(reading.order in ORDERS or reading.sort)


def _are_compared(reading: Reading) -> bool:
    return len(reading.times) > 1 or (
        "compare" in reading.intents and len(variants_of(reading)) > 1
    )


_KINDS: tuple[Kind, ...] = (
    Kind("similar", lambda one: "similar" in one.intents and one.ids,
         _ASKED | {"similar"}, frozenset(("ids", "limit"))),
    Kind("item", lambda one: one.ids, frozenset(("list",)), frozenset(("ids", "by"))),
    Kind("forecast", lambda one: "forecast" in one.intents,
         _ASKED | {"forecast"}, _TIMED),
    Kind("flow", lambda one: one.metric,
         _ASKED | {"share", "trend"}, _TIMED | {"metric", "by", "interval"}),
    Kind("words", lambda one: "words" in one.intents,
         _ASKED | {"words"}, _TIMED | {"limit"}),
    Kind("activity", lambda one: "activity" in one.intents,
         _ASKED | {"activity"}, frozenset(("picks", "times", "wheres"))),
    Kind("trend", lambda one: "trend" in one.intents or one.interval,
         _ASKED | {"trend", "share"}, _TIMED | {"by", "interval"}),
    Kind("previous", lambda one: "previous" in one.intents,
         _ASKED | {"previous", "compare"}, _TIMED),
    Kind("compare", _are_compared, _ASKED | {"compare"}, _TIMED),
    Kind("groups", lambda one: one.by,
         _ASKED | {"share", "compare"}, _TIMED | {"by", "order", "limit"}),
    Kind("compare", lambda one: "compare" in one.intents, _ASKED | {"compare"}, _TIMED),
    Kind("share", lambda one: "share" in one.intents, _ASKED | {"share"}, _TIMED | {"limit"}),
    Kind("sorted", _is_ordered, frozenset(("list",)), _TIMED | {"order", "limit"}),
    Kind("events", lambda one: len(one.events) > 1 and one.times, _ASKED, _TIMED),
    Kind("count", lambda one: "count" in one.intents, _ASKED, _TIMED),
    Kind("items", lambda one: True, frozenset(("list",)), _TIMED | {"limit"}),
)  # fmt: skip
