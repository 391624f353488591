"""The bounds of a filter, and its faults: each with its place and a filter that works."""

from __future__ import annotations

from taplens.errors import FilterError

MAX_CHARACTERS = 4000
MAX_DEPTH = 50
MAX_TERMS = 200

_EXAMPLES: dict[str, str] = {
    "filter_too_long": "type:bug status:测试中",
    "filter_too_deep": "type:bug (status:新 or status:重新打开)",
    "filter_too_many": "status:新,重新打开",
    "filter_unclosed_quote": '"支付 超时"',
    "filter_unclosed_group": "(status:新 or status:重新打开)",
    "filter_unexpected_close": "(status:新 or status:重新打开)",
    "filter_empty_group": "(status:新 or status:重新打开)",
    "filter_operand_missing": "status:新 or status:重新打开",
    "filter_value_missing": "status:测试中",
    "filter_field_missing": "created:>2026-01-01",
    "filter_one_value": "created:>2026-01-01",
    "filter_range_incomplete": "created:2026-01-01..2026-02-01",
    "filter_sort_place": "type:bug sort:-created,priority",
    "filter_sort_malformed": "type:bug sort:-created,priority",
    "filter_lone_minus": "-label:阻塞",
    "filter_after_quote": '"支付 超时" status:新',
    "filter_unexpected": "status:新,重新打开",
    "filter_empty_words": '"支付 超时"',
    "date_malformed": "created:2026-01-01..2026-02-01",
    "date_range_reversed": "created:2026-01-01..2026-02-01",
}
_FOUND_CHARACTERS = 30
_EXCERPT_CHARACTERS = 20


def fault(code: str, position: int, **parameters: object) -> FilterError:
    """The error `code` at `position` (characters, from 0), ready to be raised.

    Every one carries `place` (the position counted from 1, for people), `found` (what stands
    there, shortened; "" at the end) and `example` (a filter that works).
    """
    found = str(parameters.pop("found", ""))
    return FilterError(
        code,
        position=position,
        place=position + 1,
        found=found if len(found) <= _FOUND_CHARACTERS else found[:_FOUND_CHARACTERS] + "…",
        example=_EXAMPLES[code],
        **parameters,
    )


def excerpt(text: str, position: int) -> str:
    """The surroundings of `position` in `text` on one line, the place marked with `▸`."""
    start = max(0, position - _EXCERPT_CHARACTERS)
    end = min(len(text), position + _EXCERPT_CHARACTERS)
    before = ("…" if start else "") + text[start:position]
    after = text[position:end] + ("…" if end < len(text) else "")
    return " ".join(f"{before}▸{after}".split())
