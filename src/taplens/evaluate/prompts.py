"""What a model is asked about a batch of cases, and the shape of its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from taplens.egress.fencing import NOTE, fenced
from taplens.evaluate.model import ELEMENTS, Case, Requirement

LANGUAGES = {"zh": "Simplified Chinese", "en": "English"}
_TASK = """\
You review test cases of a software team. Score each element of each case from 0 to 10: \
title (what is tried, under which condition), precondition (all that must hold), steps (complete, \
in order, one action each, with data), expected (can be checked, covers the steps), priority (fits \
the risk), requirement (how well the case tests the requirement that it belongs to). An element \
that is "" is scored 0. For every score below 10 give a suggestion in {language} of at most 100 \
characters that says what to write instead, with the case's own words; for 10 give "". Say for \
each case which of the requirements it belongs to by its id, or "" for none, and why in one short \
sentence.
Answer for every case exactly once, by its id, and for no other.
{data}"""
_PARTS = ("title", "precondition", "steps", "expected", "priority", "requirement", "folder")
_LONGEST = {"title": 300, "steps": 4_000, "expected": 2_000, "precondition": 1_000}
_REQUIREMENT = ("title", "description", "acceptance_criteria")
_LONGEST_REQUIREMENT = 600

_MARK: dict[str, Any] = {
    "type": "object",
    "properties": {
        "score": {"type": "integer", "minimum": 0, "maximum": 10},
        "suggestion": {"type": "string", "maxLength": 400},
    },
    "required": ["score", "suggestion"],
    "additionalProperties": False,
}
_CASE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "requirement_id": {"type": "string"},
        "reason": {"type": "string", "maxLength": 400},
        **dict.fromkeys(ELEMENTS, _MARK),
    },
    "required": ["id", "requirement_id", "reason", *ELEMENTS],
    "additionalProperties": False,
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"cases": {"type": "array", "items": _CASE}},
    "required": ["cases"],
    "additionalProperties": False,
}


def told_of_case(name: str, case: Case) -> dict[str, str]:
    """A case as a model reads it, by the name that it must answer with."""
    parts = {part: str(getattr(case, part))[: _LONGEST.get(part, 500)] for part in _PARTS}
    return {"id": name, **parts}


def told_of_requirement(one: Requirement) -> dict[str, str]:
    """A requirement as a model reads it, its fields under the names by which they are withheld."""
    parts = {part: str(getattr(one, part))[:_LONGEST_REQUIREMENT] for part in _REQUIREMENT}
    return {"id": one.id} | {part: text for part, text in parts.items() if text}


def messages_of(
    cases: Sequence[Mapping[str, Any]], requirements: Sequence[Mapping[str, Any]], locale: str
) -> list[dict[str, str]]:
    """The messages that ask for the scores of a batch."""
    data = {"requirements": requirements, "cases": cases}
    return [
        {"role": "system", "content": _TASK.format(language=LANGUAGES[locale], data=NOTE)},
        {"role": "user", "content": fenced(data)},
    ]
