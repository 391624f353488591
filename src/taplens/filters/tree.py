"""The syntax tree of a filter: immutable, and equal when it means the same wherever it stood."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NoReturn, TypeAlias

# How many values each operator takes: at least, at most.
_MANY = 1_000_000
OPERATORS: dict[str, tuple[int, int]] = {
    "=": (1, _MANY),
    "!=": (1, _MANY),
    "<": (1, 1),
    "<=": (1, 1),
    ">": (1, 1),
    ">=": (1, 1),
    "range": (2, 2),
    "~": (1, _MANY),
    "set": (0, 0),
    "unset": (0, 0),
}


class _Part:
    """What all parts of a tree have in common; written out because dataclasses cost start-up.

    `__match_args__` lists the constructor's arguments, all of them attributes; those of `_APART`
    are kept but take no part in equality.
    """

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]] = ()
    _APART: ClassVar = ("position", "quoted")

    def _keep(self, **attributes: object) -> None:
        for name, value in attributes.items():
            object.__setattr__(self, name, value)

    def _key(self) -> tuple[object, ...]:
        names = (name for name in self.__match_args__ if name not in self._APART)
        return tuple(getattr(self, name) for name in names)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._key()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self._key()))})"

    def __reduce__(self) -> tuple[type[_Part], tuple[object, ...]]:
        return type(self), tuple(getattr(self, name) for name in self.__match_args__)


class Value(_Part):
    """One value as it was written, without its quotes; what it means depends on the field.

    That it was `quoted` means something only where a search is exact.
    """

    __slots__ = ("position", "quoted", "text")
    __match_args__ = ("text", "position", "quoted")
    text: str
    position: int
    quoted: bool

    def __init__(self, text: str, position: int = 0, quoted: bool = False) -> None:
        self._keep(text=text, position=position, quoted=quoted)


class Condition(_Part):
    """A field compared with values: `operator` is a key of OPERATORS.

    `=` and `!=` mean any and none of the values, `~` contains any of them; `range` includes both
    its ends; `set` and `unset` take no value. Raises ValueError for an unknown operator, a number
    of values it doesn't take, or a blank field name.
    """

    __slots__ = ("field", "operator", "position", "values")
    __match_args__ = ("field", "operator", "values", "position")
    field: str
    operator: str
    values: tuple[Value, ...]
    position: int

    def __init__(
        self, field: str, operator: str, values: Sequence[Value] = (), position: int = 0
    ) -> None:
        least, most = OPERATORS.get(operator, (1, 0))
        if not least <= len(values) <= most:
            raise ValueError(f"operator {operator!r} doesn't take {len(values)} values")
        if not field.strip():
            raise ValueError("a condition needs a field name")
        self._keep(field=field, operator=operator, values=tuple(values), position=position)


class Words(_Part):
    """Text to look for; `exact` when it was quoted: the phrase as it stands.

    Raises ValueError when there is no text.
    """

    __slots__ = ("exact", "position", "text")
    __match_args__ = ("text", "exact", "position")
    text: str
    exact: bool
    position: int

    def __init__(self, text: str, exact: bool = False, position: int = 0) -> None:
        if not text.strip():
            raise ValueError("words need text")
        self._keep(text=text, exact=exact, position=position)


class Not(_Part):
    """Everything that `part` doesn't mean."""

    __slots__ = ("part",)
    __match_args__ = ("part",)
    part: Node

    def __init__(self, part: Node) -> None:
        self._keep(part=part)


class _Joined(_Part):
    __slots__ = ("parts",)
    __match_args__ = ("parts",)
    parts: tuple[Node, ...]

    def __init__(self, parts: Sequence[Node]) -> None:
        if len(parts) < 2:
            raise ValueError(f"{type(self).__name__} joins two parts or more")
        self._keep(parts=tuple(parts))


class And(_Joined):
    """What all of `parts` mean. Raises ValueError for fewer than two."""

    __slots__ = ()


class Or(_Joined):
    """What any of `parts` means. Raises ValueError for fewer than two."""

    __slots__ = ()


Node: TypeAlias = And | Or | Not | Condition | Words


class SortKey(_Part):
    """A field to sort by. Raises ValueError for a blank name."""

    __slots__ = ("descending", "field", "position")
    __match_args__ = ("field", "descending", "position")
    field: str
    descending: bool
    position: int

    def __init__(self, field: str, descending: bool = False, position: int = 0) -> None:
        if not field.strip():
            raise ValueError("a sort key needs a field name")
        self._keep(field=field, descending=descending, position=position)


class Query(_Part):
    """A whole filter: what to find (`where`, everything when None) and in what order."""

    __slots__ = ("sort", "where")
    __match_args__ = ("where", "sort")
    where: Node | None
    sort: tuple[SortKey, ...]

    def __init__(self, where: Node | None = None, sort: Sequence[SortKey] = ()) -> None:
        self._keep(where=where, sort=tuple(sort))
