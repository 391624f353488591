"""The filter language: one parser, one syntax tree, one printer (`docs/filters.md`).

Stands on the ground: names and values are looked up, and compiled to SQL, by the mirror.
"""

from taplens.filters.characters import fold
from taplens.filters.dates import (
    Bounds,
    DateRange,
    DayBounds,
    date_bounds,
    day_bounds,
    resolve_date,
)
from taplens.filters.faults import MAX_CHARACTERS, MAX_DEPTH, MAX_TERMS, excerpt
from taplens.filters.numeric import parse_number
from taplens.filters.parser import parse
from taplens.filters.periods import Named, Period, period_in, periods_in
from taplens.filters.printer import to_text
from taplens.filters.stretches import Stretch, stretches_in
from taplens.filters.suggest import nearest
from taplens.filters.tree import (
    OPERATORS,
    And,
    Condition,
    Node,
    Not,
    Or,
    Query,
    SortKey,
    Value,
    Words,
)

__all__ = [
    "MAX_CHARACTERS",
    "MAX_DEPTH",
    "MAX_TERMS",
    "OPERATORS",
    "And",
    "Bounds",
    "Condition",
    "DateRange",
    "DayBounds",
    "Named",
    "Node",
    "Not",
    "Or",
    "Period",
    "Query",
    "SortKey",
    "Stretch",
    "Value",
    "Words",
    "date_bounds",
    "day_bounds",
    "excerpt",
    "fold",
    "nearest",
    "parse",
    "parse_number",
    "period_in",
    "periods_in",
    "resolve_date",
    "stretches_in",
    "to_text",
]
