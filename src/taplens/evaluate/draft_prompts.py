"""What a model is asked for new cases of a requirement, and the shape of its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from taplens.egress.fencing import NOTE, fenced
from taplens.evaluate.model import Case, Mark
from taplens.evaluate.prompts import LANGUAGES
from taplens.evaluate.rules import Rules

_TASK = """\
You write test cases of a software team for one requirement, in {language}: the usual way, limits, \
faults, and what must not happen. Write {count}, each of another thing, none that says what one of \
"existing" says.
title: at most {title_length} characters; what is tried, under which condition.
precondition: account, data and configuration that must be there; "" for none.
steps: at most {steps}, in order, each a single action with its data, without a number.
expected: what can be seen and checked after it: texts, numbers, states. Never one of: {vague}.
priority: {priorities}."""
_AGAIN = """\
You wrote these test cases of a software team for one requirement, in {language}. Write each anew \
under its id, so that what "findings" say no longer holds, and leave the rest as it is.
title: at most {title_length} characters. steps: at most {steps}, each a single action with its \
data, without a number. expected: what can be seen and checked. Never one of: {vague}.
priority: {priorities}."""
_MOST_WORDS = 30  # of the vague ones
_LONGEST = {"id": 20, "title": 300, "precondition": 1_000, "expected": 2_000}


def schema_of(rules: Rules) -> dict[str, Any]:
    """The shape of an answer, with the priorities of the rules."""
    texts = {name: {"type": "string", "maxLength": most} for name, most in _LONGEST.items()}
    case = {
        **texts,
        "priority": {"enum": list(rules.shares)},
        "steps": {
            "type": "array",
            "items": {"type": "string", "minLength": 1, "maxLength": 500},
            "minItems": 1,
            "maxItems": 50,
        },
    }
    row = {
        "type": "object",
        "properties": case,
        "required": list(case),
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"cases": {"type": "array", "items": row, "maxItems": 50}},
        "required": ["cases"],
        "additionalProperties": False,
    }


def first(
    requirement: Mapping[str, Any],
    existing: Sequence[Mapping[str, Any]],
    count: int,
    rules: Rules,
    locale: str,
) -> list[dict[str, str]]:
    """The messages that ask for `count` cases of a requirement."""
    data = {"requirement": requirement, "existing": existing}
    return _messages(_TASK.format(count=count, **_told(rules, locale)), data)


def again(
    requirement: Mapping[str, Any], cases: Sequence[Mapping[str, Any]], rules: Rules, locale: str
) -> list[dict[str, str]]:
    """The messages that ask for cases anew, each row with its `findings`."""
    data = {"requirement": requirement, "cases": cases}
    return _messages(_AGAIN.format(**_told(rules, locale)), data)


def told_of_existing(case: Case) -> dict[str, str]:
    """An existing case as a model reads it: enough to write another."""
    return {"title": case.title[:200], "expected": case.expected[:200]}


def told_of_draft(case: Case, marks: Sequence[Mark]) -> dict[str, Any]:
    """A case that is to be written anew, with what the rules found."""
    parts = {name: str(getattr(case, name)) for name in (*_LONGEST, "steps", "priority")}
    return parts | {"findings": [mark.suggestion for mark in marks if mark.suggestion]}


def _told(rules: Rules, locale: str) -> dict[str, Any]:
    shares = (f"{name} ({low}-{high}% of all)" for name, (low, high) in rules.shares.items())
    return {
        "language": LANGUAGES[locale],
        "title_length": rules.title_length,
        "steps": rules.steps,
        "vague": ", ".join(rules.vague[:_MOST_WORDS]) or "-",
        "priorities": ", ".join(shares),
    }


def _messages(task: str, data: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {"role": "system", "content": f"{task}\n{NOTE}"},
        {"role": "user", "content": fenced(data)},
    ]
