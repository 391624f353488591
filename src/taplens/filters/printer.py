"""The printer: a syntax tree to its canonical text, which parses to the same tree."""

from __future__ import annotations

import re

from taplens.filters.characters import (
    ANY_WORDS,
    COMPARISONS,
    KEYWORDS,
    NONE_WORDS,
    QUOTE_MARKS,
    SORT_NAMES,
    fold,
    shape_of,
)
from taplens.filters.tree import And, Condition, Node, Not, Or, Query, SortKey, Words

_PREFIXES = {"=": "", "~": "~", "set": "any", "unset": "none"}
# Escaped wherever they stand in a bare word, and only where they begin it.
_SPECIAL = COMPARISONS | frozenset(":()|!\\")
_SPECIAL_FIRST = QUOTE_MARKS | frozenset("-.,;*")
_BARE_FIELD = r"[^\W\d]\w*"
_BARE_VALUE = r"-?\w(?:[\w\-./+%@#:]*[\w\-/+%@#:])?"


def to_text(query: Query) -> str:
    """The canonical text of `query`: `parse(to_text(query)) == query`.

    This holds for every tree within the parser's bounds of length, depth and number of terms.
    """
    terms = [_node(query.where)] if query.where else []
    if query.sort:
        terms.append("sort:" + ",".join(map(_sort_key, query.sort)))
    return " ".join(terms)


def _node(node: Node) -> str:
    match node:
        case Or():
            return " or ".join(map(_alternative, node.parts))
        case And():
            return " ".join(map(_operand, node.parts))
        case Not():
            return "-" + _operand(node.part)
        case Words():
            return _quoted(node.text) if node.exact else _bare_words(node.text)
        case Condition():
            return _condition(node)


def _operand(node: Node) -> str:
    """A part of a conjunction or negation: what joins others needs parentheses there."""
    return f"({_node(node)})" if isinstance(node, And | Or) else _node(node)


def _alternative(node: Node) -> str:
    return f"({_node(node)})" if isinstance(node, Or) else _node(node)


def _condition(condition: Condition) -> str:
    values = [_value(value.text) for value in condition.values]
    joined = (".." if condition.operator == "range" else ",").join(values)
    prefix = _PREFIXES.get(condition.operator, condition.operator)
    return f"{_name(condition.field)}:{'' if condition.operator == 'range' else prefix}{joined}"


def _sort_key(key: SortKey) -> str:
    return ("-" if key.descending else "") + _name(key.field)


def _name(name: str) -> str:
    """A field name, bare where it is a plain word that means nothing else."""
    meant = fold(name) in SORT_NAMES or fold(name) in KEYWORDS
    return name if re.fullmatch(_BARE_FIELD, name) and not meant else _quoted(name)


def _value(text: str) -> str:
    """A value, bare where it can be taken for nothing else."""
    folded = fold(text)
    meant = folded in NONE_WORDS or folded in ANY_WORDS or folded in KEYWORDS or ".." in text
    return text if re.fullmatch(_BARE_VALUE, text) and not meant else _quoted(text)


def _quoted(text: str) -> str:
    """In straight quotes, with a backslash before what would end the quotation or escape."""
    escaped = (f"\\{c}" if shape in '"\\' else c for c, shape in _shaped(text))
    return f'"{"".join(escaped)}"'


def _bare_words(text: str) -> str:
    """Words without quotes, with a backslash before what would mean something else."""
    escaped = [
        f"\\{c}" if shape.isspace() or shape in _SPECIAL else c for c, shape in _shaped(text)
    ]
    if shape_of(text[0]) in _SPECIAL_FIRST or fold(text) in KEYWORDS:
        escaped[0] = f"\\{text[0]}"
    return "".join(escaped)


def _shaped(text: str) -> zip[tuple[str, str]]:
    return zip(text, shape_of(text), strict=True)
