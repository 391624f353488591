"""Priorities in steps that stories and bugs share, whatever a team calls them."""

from __future__ import annotations

from typing import Any

from taplens.filters import fold
from taplens.mirror.presets import PRESETS

URGENT, HIGH, MEDIUM, LOW, LEAST = STEPS = ("urgent", "high", "medium", "low", "least")
# TAPD's codes of a story's priority, where no label stands beside them.
_STORY_CODES = {"4": HIGH, "3": MEDIUM, "2": LOW, "1": LEAST}
_LEAST_WORDS = ("nice to have", "insignificant", "微不足道", "无关紧要")
_WORDS = {word: step for step, words in zip(STEPS, PRESETS, strict=False) for word in words}
_WORDS |= dict.fromkeys(_LEAST_WORDS, LEAST)

# What the values of `priority_filter` mean; None: everything.
FILTERS: dict[str, frozenset[str] | None] = {
    "high": frozenset((URGENT, HIGH)),
    "medium": frozenset((MEDIUM,)),
    "low": frozenset((LOW, LEAST)),
    "all": None,
    "urgent": frozenset((URGENT,)),
    "Nice To Have": frozenset((LEAST,)),
    "Low": frozenset((LOW,)),
    "Middle": frozenset((MEDIUM,)),
    "High": frozenset((HIGH,)),
}


def step_of(item: dict[str, Any], name: str) -> str | None:
    """The step of an item in the list `name` ("stories", "bugs"): by its label, else by its code;
    None where nobody but the team knows what it means.
    """
    code = str(item.get("priority") or "")
    label = fold(str(item.get("priority_label") or ""))
    by_code = _STORY_CODES.get(code) if name == "stories" else None
    return _WORDS.get(label) or by_code or _WORDS.get(fold(code))


def label_of(item: dict[str, Any]) -> str:
    """What a distribution calls it: the code and, where it says more, the label."""
    code, label = (str(item.get(one) or "") for one in ("priority", "priority_label"))
    if code and label and code != label:
        return f"{code} ({label})"
    return label or code
