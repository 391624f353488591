"""Numbers over periods, as plain data: what rows, tables and charts are made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Series:
    """One line of numbers, one a period.

    `name` says what is counted, `group` of which items (a label; "" where they aren't split).
    """

    name: str
    group: str
    numbers: tuple[int, ...]
