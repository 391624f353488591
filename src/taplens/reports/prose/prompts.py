"""What a model is asked, and the shape of its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from taplens.egress.fencing import NOTE, fenced
from taplens.reports.prose.items import Reading

_LANGUAGES = {"zh": "Simplified Chinese", "en": "English"}
_RULES = """\
Write in {language}. Write no number in any form: no digits, no number words, no dates, no shares. \
Don't say that something rose or fell. Write no address and no markup.
{data}"""
_FINDINGS = """\
You read work items of a software project for a quality report. Tell what they have in common: \
recurring problems, likely causes, affected parts, what is at risk. Each finding is one or two \
sentences and names the ids of all items it rests on, as they are given; name no other id.
"""
_SUMMARY = """\
You write the summary of a quality report for its readers. You are given figures and findings, \
each with a name. Write two or three short paragraphs. Every sentence must hold at least one name \
in double braces, as {{f3}} or {{t1}}: a figure's is replaced by its label, value and change, a \
finding's by the items it rests on. So never repeat a label or a value beside it.
"""

FINDINGS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "findings": {
            "type": "array",
            "maxItems": 12,
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string", "maxLength": 600},
                    "ids": {"type": "array", "minItems": 1, "items": {"type": "string"}},
                },
                "required": ["text", "ids"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["findings"],
    "additionalProperties": False,
}
SUMMARY_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "paragraphs": {
            "type": "array",
            "maxItems": 5,
            "items": {"type": "string", "maxLength": 2000},
        }
    },
    "required": ["paragraphs"],
    "additionalProperties": False,
}


def of_batch(batch: Sequence[Reading], lang: str) -> list[dict[str, str]]:
    """The messages that ask for findings in a batch."""
    return _messages(_FINDINGS, lang, [one.json_object() for one in batch])


def of_summary(
    figures: Mapping[str, str], findings: Mapping[str, str], lang: str
) -> list[dict[str, str]]:
    """The messages that ask for the summary, of what each name stands for."""
    return _messages(_SUMMARY, lang, {"figures": figures, "findings": findings})


def _messages(task: str, lang: str, data: Any) -> list[dict[str, str]]:
    return [
        {"role": "system", "content": task + _RULES.format(language=_LANGUAGES[lang], data=NOTE)},
        {"role": "user", "content": fenced(data)},
    ]
