"""The parser: a filter's text to its syntax tree, or a fault that points at the place."""

from __future__ import annotations

from taplens.errors import FilterError
from taplens.filters.characters import (
    ANY_WORDS,
    NONE_WORDS,
    SEPARATORS,
    SORT_DIRECTIONS,
    SORT_NAMES,
    fold,
)
from taplens.filters.faults import MAX_CHARACTERS, MAX_DEPTH, MAX_TERMS, fault
from taplens.filters.lexer import Piece, Scanner
from taplens.filters.tree import And, Condition, Node, Not, Or, Query, SortKey, Value, Words

_OPPOSITES = {"=": "!=", "set": "unset", "unset": "set"}


def parse(text: str) -> Query:
    """The syntax tree of the filter `text`; an empty text, or `*`, means everything.

    Raises FilterError, and nothing else, when the text can't be read or goes over a bound of
    `faults` (4,000 characters, 50 levels, 200 terms). Names and values aren't looked up here.
    """
    if len(text) > MAX_CHARACTERS:
        raise fault("filter_too_long", MAX_CHARACTERS, limit=MAX_CHARACTERS, length=len(text))
    return Query() if text.strip() == "*" else _Parser(text).query()


class _Parser:
    """Recursive descent; one level of calls for each parenthesis and each negation."""

    def __init__(self, text: str) -> None:
        self.scan = Scanner(text)
        self.sort: list[SortKey] = []
        self.terms = 0

    def query(self) -> Query:
        where = self._alternatives(0)
        if not self.scan.at_end():
            raise self._fault("filter_unexpected_close")
        return Query(where, self.sort)

    def _fault(self, code: str, position: int | None = None, **parameters: object) -> FilterError:
        """`code` at `position` (here when None), telling what stands there."""
        place = self.scan.position if position is None else position
        return fault(code, place, found=self.scan.found_at(place), **parameters)

    def _count(self, position: int) -> None:
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise self._fault("filter_too_many", position, limit=MAX_TERMS)

    # Terms joined

    def _alternatives(self, depth: int) -> Node | None:
        """Terms joined by `or`; None when there are none."""
        first = self._all(depth)
        parts = [first] if first else []
        while True:
            name, end = self.scan.keyword_ahead()
            if name != "or":
                break
            position, self.scan.position = self.scan.position, end
            following = self._all(depth)
            if not parts or following is None:
                raise self._fault("filter_operand_missing", position)
            parts.append(following)
        return Or(parts) if len(parts) > 1 else first

    def _all(self, depth: int) -> Node | None:
        """Terms that stand side by side; the sort terms among them are taken out."""
        parts: list[Node] = []
        joined_at = -1
        while True:
            self.scan.skip_blanks()
            name, end = self.scan.keyword_ahead()
            if self.scan.at_end() or self.scan.next == ")" or name == "or":
                break
            if name != "and":
                term = self._term(depth)
                parts += [term] if term else []
                joined_at = -1
            elif parts and joined_at < 0:
                joined_at, self.scan.position = self.scan.position, end
            else:
                raise self._fault("filter_operand_missing")
        if joined_at >= 0:
            raise self._fault("filter_operand_missing", joined_at)
        return And(parts) if len(parts) > 1 else next(iter(parts), None)

    # One term

    def _term(self, depth: int) -> Node | None:
        """A negation, a group, a condition or words; None for a sort term."""
        if depth > MAX_DEPTH:
            raise self._fault("filter_too_deep", limit=MAX_DEPTH)
        name, end = self.scan.keyword_ahead()
        if name == "not":
            return self._negation(end, depth, "filter_operand_missing")
        if self.scan.next in ("-", "!") and not self.scan.comparison_ahead():
            return self._negation(self.scan.position + 1, depth, "filter_lone_minus")
        if self.scan.next == "(":
            return self._group(depth)
        return self._named_or_words(depth)

    def _negation(self, end: int, depth: int, missing: str) -> Node:
        """What a sign or word that ends at `end` turns; a sign must touch it."""
        position, self.scan.position = self.scan.position, end
        blanks = self.scan.skip_blanks()
        lone = blanks and missing == "filter_lone_minus"
        joiner = self.scan.keyword_ahead()[0] in ("or", "and")
        if lone or joiner or self.scan.at_end() or self.scan.next == ")":
            raise self._fault(missing, position)
        part = self._term(depth + 1)
        assert part is not None  # a sort term below the top is a fault of its own
        return Not(part)

    def _group(self, depth: int) -> Node:
        opening = self.scan.position
        if depth >= MAX_DEPTH:
            raise self._fault("filter_too_deep", limit=MAX_DEPTH)
        self.scan.take("(")
        inner = self._alternatives(depth + 1)
        if not self.scan.take(")"):
            raise self._fault("filter_unclosed_group", opening)
        if inner is None:
            raise self._fault("filter_empty_group", opening)
        return inner

    def _named_or_words(self, depth: int) -> Node | None:
        quoted = self.scan.quote_ahead()
        piece = self._quotation(in_value=False) if quoted else self.scan.word()
        if self.scan.comparison_ahead():
            return self._named(piece, depth)
        if not quoted and self.scan.shape[piece.position] in SEPARATORS:
            raise self._fault("filter_unexpected", piece.position)
        if not piece.text.strip():
            raise self._fault("filter_empty_words", piece.position)
        self._count(piece.position)
        return Words(piece.text, quoted, piece.position)

    def _quotation(self, *, in_value: bool) -> Piece:
        """A quotation, and a look at what follows: text that touches it is a mistake."""
        piece = self.scan.quotation()
        following = self.scan.next
        ends = not following or following.isspace() or following in SEPARATORS or following == ")"
        if ends or self.scan.comparison_ahead() or (in_value and self.scan.range_ahead()):
            return piece
        raise self._fault("filter_after_quote")

    # Conditions

    def _named(self, name: Piece, depth: int) -> Node | None:
        if not name.text.strip():
            raise self._fault("filter_field_missing", name.position)
        colon = self.scan.take(":")
        operator = self.scan.take_operator()
        if name.plain and fold(name.text) in SORT_NAMES:
            if not colon or operator:
                raise self._fault("filter_sort_malformed", name.position)
            self._sort_keys(name.text, depth)
            return None
        return self._condition(name, operator or "=")

    def _condition(self, name: Piece, operator: str) -> Node:
        field, position = name.text, name.position
        if operator in ("=", "!="):
            choices = self._choices(name, literal=False)
            return _equality(field, position, choices, negated=operator == "!=")
        values = [value for value in self._choices(name, literal=True) if isinstance(value, Value)]
        if operator in ("~", "!~"):
            contains = Condition(field, "~", values, position)
            return contains if operator == "~" else Not(contains)
        if len(values) > 1:
            place = values[1].position
            raise self._fault("filter_one_value", place, field=field, operator=operator)
        return Condition(field, operator, values, position)

    def _choices(self, name: Piece, *, literal: bool) -> list[Value | Node]:
        """The values after an operator: one, several with separators, or a group of them."""
        blanks = self.scan.skip_blanks()
        if self.scan.next == "(":
            return self._choice_group(name, literal)
        choices = [self._choice(name, literal, blanks)]
        while self.scan.take_separator():
            choices.append(self._choice(name, literal, self.scan.skip_blanks()))
        return choices

    def _choice_group(self, name: Piece, literal: bool) -> list[Value | Node]:
        opening = self.scan.position
        self.scan.take("(")
        choices = [self._choice(name, literal, self.scan.skip_blanks())]
        while not self._group_ends(opening):
            choices.append(self._choice(name, literal, self.scan.skip_blanks()))
        return choices

    def _group_ends(self, opening: int) -> bool:
        """Pass over what stands between two values of a group; whether it was the group's end."""
        self.scan.skip_blanks()
        keyword, end = self.scan.keyword_ahead()
        if keyword == "or":
            self.scan.position = end
            return False
        if self.scan.next in SEPARATORS:
            self.scan.position += 1
            self.scan.skip_blanks()
        elif self.scan.at_end():
            raise self._fault("filter_unclosed_group", opening)
        elif self.scan.next != ")":
            raise self._fault("filter_unexpected")
        return self.scan.take(")")

    def _choice(self, name: Piece, literal: bool, blanks: bool) -> Value | Node:
        """One value, or a condition of its own: a range, `none`, `any`."""
        low = self._piece(name, ranges=not literal, blanks=blanks)
        if not literal and self.scan.take_range():
            return self._range(name, low)
        if low is None:
            raise self._missing(name)
        word = fold(low.text) if low.plain and not literal else ""
        self._count(low.position)
        if word in NONE_WORDS:
            return Condition(name.text, "unset", (), name.position)
        if word in ANY_WORDS:
            return Condition(name.text, "set", (), name.position)
        return Value(low.text, low.position, low.quoted)

    def _range(self, name: Piece, low: Piece | None) -> Condition:
        high = self._piece(name, ranges=True, blanks=False)
        values = [Value(end.text, end.position) for end in (low, high) if end]
        for value in values:
            self._count(value.position)
        if not values:
            raise self._fault("filter_range_incomplete", field=name.text)
        operator = "range" if low and high else ">=" if low else "<="
        return Condition(name.text, operator, values, name.position)

    def _piece(self, name: Piece, *, ranges: bool, blanks: bool) -> Piece | None:
        """The value that comes next; None when none does."""
        if blanks and (self.scan.condition_ahead() or self.scan.keyword_ahead()[0]):
            raise self._missing(name)
        if self.scan.quote_ahead():
            return self._quotation(in_value=True)
        piece = self.scan.value(ranges=ranges)
        return piece if self.scan.position > piece.position else None

    def _missing(self, name: Piece) -> FilterError:
        return self._fault("filter_value_missing", field=name.text)

    # Sorting

    def _sort_keys(self, name: str, depth: int) -> None:
        if depth:
            raise self._fault("filter_sort_place")
        sort = Piece(name, self.scan.position, quoted=False, plain=True)
        self.sort.append(self._sort_key(sort, self.scan.skip_blanks()))
        while self.scan.take_separator():
            self.sort.append(self._sort_key(sort, self.scan.skip_blanks()))

    def _sort_key(self, sort: Piece, blanks: bool) -> SortKey:
        position = self.scan.position
        descending = self.scan.take("-")
        piece = self._piece(sort, ranges=False, blanks=blanks and not descending)
        if piece is None or not piece.text.strip():
            raise self._missing(sort)
        field, _, direction = piece.text.replace("：", ":").rpartition(":")
        self._count(position)
        if piece.plain and field and fold(direction) in SORT_DIRECTIONS:
            return SortKey(field, SORT_DIRECTIONS[fold(direction)], position)
        return SortKey(piece.text, descending, position)


def _equality(field: str, position: int, choices: list[Value | Node], *, negated: bool) -> Node:
    """The choices of `=` (any of them) or `!=` (none of them) as one node.

    Plain values make one condition; ranges, `none` and `any` have conditions of their own.
    """
    values = [choice for choice in choices if isinstance(choice, Value)]
    nodes: list[Node] = [Condition(field, "=", values, position)] if values else []
    nodes += [choice for choice in choices if not isinstance(choice, Value)]
    if negated:
        nodes = [_opposite(node) for node in nodes]
    if len(nodes) == 1:
        return nodes[0]
    return And(nodes) if negated else Or(nodes)


def _opposite(node: Node) -> Node:
    if isinstance(node, Condition) and node.operator in _OPPOSITES:
        return Condition(node.field, _OPPOSITES[node.operator], node.values, node.position)
    return Not(node)
