"""The scanner: takes words, quotations, values and operators off a filter's text."""

from __future__ import annotations

import re
from typing import NamedTuple

from taplens.filters.characters import (
    COMPARISONS,
    KEYWORDS,
    QUOTE_MARKS,
    QUOTES,
    SEPARATORS,
    fold,
    shape_of,
)
from taplens.filters.faults import fault

# The longest first. `<>` is TAPD's own way to write "not equal".
_OPERATORS: tuple[tuple[str, str], ...] = (
    (">=", ">="), ("<=", "<="), ("<>", "!="), ("!=", "!="), ("!~", "!~"), ("==", "="), ("=~", "~"),
    ("≥", ">="), ("≤", "<="), ("≠", "!="), (">", ">"), ("<", "<"), ("=", "="), ("~", "~"),
    ("!", "!="),
)  # fmt: skip

# A date, a blank and a time: TAPD's own notation, so it may stand unquoted.
_DATE_AND_TIME = (
    r"\d{4}(?:([-/.])\d{1,2}\1\d{1,2}|年\d{1,2}月\d{1,2}[日号])\s{1,3}\d{1,2}:\d{2}"
    r"(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?(?=$|[\s,;|).~])"
)
# What can only be the next condition, not a value: a name or a quotation, then a comparison.
_CONDITION = r"-?(?:[^\W\d][\w.]*(?:\([^\s()]*\))?|[\"“”][^\"“”]*[\"“”])(?::(?!//)|!=|[<>=≤≥≠])"


class Piece(NamedTuple):
    """A stretch of text taken off: its `text` without quotes and escapes, where it stood.

    `plain` is true when it was neither quoted nor escaped: only then can it be a keyword.
    """

    text: str
    position: int
    quoted: bool
    plain: bool


class Scanner:
    """Reads a text from left to right; `position` is the offset of what comes next."""

    def __init__(self, text: str) -> None:
        self.text = text
        # Decides on structure, while contents are taken from the original.
        self.shape = shape_of(text)
        self.position = 0

    @property
    def next(self) -> str:
        """The shape of the next character, "" at the end."""
        return self.shape[self.position : self.position + 1]

    def found_at(self, position: int) -> str:
        """What stands at `position`, up to the next blank, for a fault."""
        return "".join(self.text[position : position + 100].split(maxsplit=1)[:1])

    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self.position >= len(self.text)

    def skip_blanks(self) -> bool:
        """Pass over blanks; whether there were any."""
        start = self.position
        while self.next.isspace():
            self.position += 1
        return self.position > start

    def take(self, token: str) -> bool:
        """Pass over `token` (in half-width) if it comes next; whether it did."""
        if not self.shape.startswith(token, self.position):
            return False
        self.position += len(token)
        return True

    def take_operator(self) -> str:
        """Pass over an operator; the operator, "" when none comes next."""
        for token, operator in _OPERATORS:
            if self.take(token):
                return operator
        return ""

    def take_separator(self) -> bool:
        """Pass over a comma, `;` or `|` between values; whether another value follows.

        A separator that no value follows ends the list: TAPD writes `张三;李四;`, and people put
        commas between conditions. A `|` between conditions, or after a blank, means "or".
        """
        start = self.position
        blank_before = self.skip_blanks()
        bar = self.next == "|"
        if self.next not in SEPARATORS or (bar and (blank_before or self.take("||"))):
            self.position = start
            return False
        self.position += 1
        after = self.position
        blank_after = self.skip_blanks()
        if self.at_end() or self.next == ")" or (blank_after and self.condition_ahead()):
            self.position = start if bar else self.position
            return False
        self.position = after
        return True

    def take_range(self) -> bool:
        """Pass over `..` (blanks on both sides or on none) or the `~` of TAPD's ranges."""
        start = self.position
        spaced = self.skip_blanks()
        if (spaced and self.next == "~") or not self.range_ahead():
            self.position = start
            return False
        self.position += 1 if self.next == "~" else 2
        if spaced:
            self.skip_blanks()
        return True

    def range_ahead(self) -> bool:
        """Whether `..`, or the `~` of TAPD's ranges, comes next."""
        return self.next == "~" or self._range_at(self.position)

    def quote_ahead(self) -> bool:
        """Whether a quotation comes next."""
        return self.next in QUOTES

    def comparison_ahead(self) -> bool:
        """Whether something that ends a field name comes next."""
        return self._name_ends_at(self.position)

    def condition_ahead(self) -> bool:
        """Whether what comes next can only be a condition of its own."""
        return re.compile(_CONDITION).match(self.shape, self.position) is not None

    def keyword_ahead(self) -> tuple[str, int]:
        """The keyword that comes next ("or", "and", "not", or "") and where it ends."""
        start = self.position
        if self.next == "|":
            return "or", start + (2 if self.shape.startswith("||", start) else 1)
        if not self.next.isalpha() and self.next != "&":
            return "", start
        piece = self.word()
        end, self.position = self.position, start
        name = KEYWORDS.get(fold(piece.text), "") if piece.plain else ""
        return ("", start) if self._name_ends_at(end) else (name, end)

    def word(self) -> Piece:
        """Take a bare word or field name; its text is "" when none comes next."""
        return self._bare(value=False, ranges=False)

    def value(self, *, ranges: bool) -> Piece:
        """Take a bare value; with `ranges` it ends at `..`. Its text is "" when none comes."""
        match = re.compile(_DATE_AND_TIME).match(self.shape, self.position)
        if match:
            start, self.position = match.span()
            return Piece(self.text[start : self.position], start, quoted=False, plain=True)
        return self._bare(value=True, ranges=ranges)

    def quotation(self) -> Piece:
        """Take the quotation that comes next. Raises FilterError when it has no end."""
        start = self.position
        closing, otherwise = QUOTES[self.next]
        end = self._closing(start + 1, closing)
        if end < 0:
            end = self._closing(start + 1, otherwise)
        if end < 0:
            raise fault(
                "filter_unclosed_quote", start, found=self.found_at(start), expected=closing
            )
        self.position = end + 1
        return Piece(self._unescaped(start + 1, end), start, quoted=True, plain=False)

    def _bare(self, *, value: bool, ranges: bool) -> Piece:
        start, depth, escaped = self.position, 0, False
        taken: list[str] = []
        while self.next and not self.next.isspace():
            if self._escape_at(self.position):
                escaped = True
                self.position += 1
            elif self.next == "(" and (depth or self._belongs(start, taken, escaped)):
                depth += 1
            elif self.next == ")" and depth:
                depth -= 1
            elif not depth and self._ends(start, value, ranges):
                break
            taken.append(self.text[self.position])
            self.position += 1
        return Piece("".join(taken), start, quoted=False, plain=not escaped)

    def _ends(self, start: int, value: bool, ranges: bool) -> bool:
        here = self.position
        if self.next in "()|":
            return True
        if not value:
            return self._name_ends_at(here)
        if self.next in SEPARATORS:
            return True
        return ranges and (self._range_at(here) or self._tilde_range(start, here))

    def _name_ends_at(self, index: int) -> bool:
        character = self.shape[index : index + 1]
        return (
            character in COMPARISONS or self._colon_at(index) or self.shape.startswith("!=", index)
        )

    def _colon_at(self, index: int) -> bool:
        return self.shape.startswith(":", index) and not self.shape.startswith("://", index)

    def _escape_at(self, index: int) -> bool:
        return self.shape[index] == "\\" and index + 1 < len(self.shape)

    def _range_at(self, index: int) -> bool:
        """Whether `..` stands at `index`, and not an ellipsis of more dots."""
        dots = self.shape.startswith("..", index) and not self.shape.startswith("...", index)
        return dots and not self.shape.startswith(".", max(index - 1, 0))

    def _tilde_range(self, start: int, index: int) -> bool:
        """Whether a `~` at `index` stands between two values that both begin with a digit."""
        following = self.shape[index + 1 : index + 2]
        return self.shape[index] == "~" and self.shape[start].isdigit() and following.isdigit()

    def _belongs(self, start: int, taken: list[str], escaped: bool) -> bool:
        """Whether the parenthesis at the position is part of the text, as in `ACME（中国）`.

        It is when it touches the text and is closed before the next blank.
        """
        if self.position == start or (not escaped and fold("".join(taken)) in KEYWORDS):
            return False
        depth, index = 0, self.position
        while index < len(self.shape) and not self.shape[index].isspace():
            character = self.shape[index]
            depth += (character == "(") - (character == ")")
            if not depth:
                return True
            index += 2 if self._escape_at(index) else 1
        return False

    def _closing(self, index: int, marks: str) -> int:
        """Where one of `marks` stands unescaped, from `index` on; -1 where none does."""
        while marks and index < len(self.shape):
            if self._escaped_in_quotes(index):
                index += 1
            elif self.shape[index] in marks:
                return index
            index += 1
        return -1

    def _escaped_in_quotes(self, index: int) -> bool:
        """In quotations a backslash is only special before a quote or a backslash."""
        following = self.shape[index + 1 : index + 2]
        return self.shape[index] == "\\" and (following == "\\" or following in QUOTE_MARKS)

    def _unescaped(self, index: int, end: int) -> str:
        taken: list[str] = []
        while index < end:
            if self._escaped_in_quotes(index) and index + 1 < end:
                index += 1
            taken.append(self.text[index])
            index += 1
        return "".join(taken)
