"""Numbers as people write them in a filter."""

from __future__ import annotations

import re
import unicodedata

_NUMBER = r"[+-]?(?:[0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4})?(?:\.[0-9]{1,15})?%?"


def parse_number(text: str) -> int | float | None:
    """The number that `text` writes, whole where it has no decimal point; None if it is none.

    Full-width digits, thousands commas, a sign and a percent sign (`50%` is 50: TAPD keeps
    percentages so) are accepted; at most 15 digits before and after the point.
    """
    plain = unicodedata.normalize("NFKC", text).strip().replace("−", "-")
    if not any(character.isdigit() for character in plain) or not re.fullmatch(_NUMBER, plain):
        return None
    digits = plain.replace(",", "").rstrip("%")
    return float(digits) if "." in digits else int(digits)
