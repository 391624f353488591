"""A plain value that satisfies a JSON Schema: for structured answers and tool arguments.

Understood are the keywords that structured outputs use: type, const, enum, bounds, format,
references within the schema, allOf, and anyOf and oneOf by their first schema. Not understood:
pattern, not, if, dependencies.
"""

from __future__ import annotations

import math
from typing import Any

Schema = dict[str, Any]

_PLAIN_DEPTH = 4  # below it only what is required is filled in
_DEEPEST = 24  # a schema that can't end is cut here
_LONGEST = 1000  # of strings and arrays, whatever least length is asked for
_MOST_VALUES = 20_000  # of one answer: lists of lists multiply
_TEXT = "sandbox"
_FORMATS = {
    "date": "2026-01-01",
    "date-time": "2026-01-01T08:00:00Z",
    "time": "08:00:00Z",
    "email": "sandbox@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "127.0.0.1",
    "hostname": "example.com",
}
_SHAPES = (("properties", "object"), ("required", "object"), ("items", "array"),
           ("prefixItems", "array"), ("minimum", "number"))  # fmt: skip


def sample(schema: Schema) -> Any:
    """A value for `schema`; the same one each time."""
    return _Sampler(schema).value(schema, 0, 0)


class _Sampler:
    """Makes values; `root` is where references begin, `nth` tells apart values of one array."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._left = _MOST_VALUES

    def value(self, schema: Any, nth: int, depth: int) -> Any:
        self._left -= 1
        if not isinstance(schema, dict) or depth > _DEEPEST:
            return None if isinstance(schema, dict) else _TEXT
        schema = self._flat(schema, depth)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][nth % len(schema["enum"])]
        kind = _kind(schema)
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, depth)
        return _scalar(kind, schema, nth)

    def _flat(self, schema: Schema, depth: int) -> Schema:
        """The schema with its references and alternatives taken in."""
        for _ in range(_DEEPEST):
            parts = self._parts(schema, depth)
            if not parts:
                break
            schema = {k: v for k, v in schema.items() if k not in _COMBINING}
            for part in parts:
                schema = _merged(schema, part)
        return schema

    def _parts(self, schema: Schema, depth: int) -> list[Schema]:
        parts = [self._resolved(schema["$ref"])] if "$ref" in schema else []
        parts += schema.get("allOf", [])
        for name in ("anyOf", "oneOf"):
            if schema.get(name):
                parts.append(_choice(schema[name], depth))
        return [part for part in parts if isinstance(part, dict)]

    def _resolved(self, reference: str) -> Any:
        """What a reference such as `#/$defs/bug` points to; {} where that is not here."""
        found: Any = self._root
        for step in reference.removeprefix("#").split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            found = found.get(name, {}) if isinstance(found, dict) else {}
        return found

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        required = schema.get("required", [])
        optional = list(properties) if depth < _PLAIN_DEPTH else []
        other = schema.get("additionalProperties", {})
        return {
            name: self.value(properties.get(name, other), 0, depth + 1)
            for name in dict.fromkeys([*optional, *required])
        }

    def _array(self, schema: Schema, depth: int) -> list[Any]:
        first = schema.get("prefixItems", [])
        wished = max(len(first), 1 if depth < _PLAIN_DEPTH else 0)
        length = min(max(schema.get("minItems", 0), wished), schema.get("maxItems", _LONGEST))
        items = schema.get("items", {})
        if items is False:
            length = min(length, len(first))
        return [
            self.value(first[n] if n < len(first) else items, n, depth + 1)
            for n in range(min(length, _LONGEST))
            if self._left > 0
        ]


_COMBINING = frozenset({"$ref", "allOf", "anyOf", "oneOf"})


def _choice(options: list[Any], depth: int) -> Any:
    """The first alternative; deep down one that ends, where there is one."""
    if depth >= _PLAIN_DEPTH:
        ending = [one for one in options if isinstance(one, dict) and one.get("type") == "null"]
        return (ending or options[::-1])[0]
    return options[0]


def _merged(one: Schema, other: Schema) -> Schema:
    joined = other | one
    if "properties" in one and "properties" in other:
        joined["properties"] = other["properties"] | one["properties"]
    if "required" in one and "required" in other:
        joined["required"] = [*other["required"], *one["required"]]
    return joined


def _kind(schema: Schema) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if kind is None:
        kind = next((shape for keyword, shape in _SHAPES if keyword in schema), "string")
    return str(kind)


def _scalar(kind: str, schema: Schema, nth: int) -> Any:
    if kind in ("integer", "number"):
        return _number(schema, nth, whole=kind == "integer")
    return {"boolean": nth % 2 == 0, "null": None}.get(kind, _string(schema, nth))


def _string(schema: Schema, nth: int) -> str:
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    text = f"{_TEXT}{nth or ''}"
    least = min(schema.get("minLength", 0), _LONGEST)
    return text.ljust(least, "x")[: schema.get("maxLength", _LONGEST)]


def _number(schema: Schema, nth: int, *, whole: bool) -> float:
    step = schema.get("multipleOf", 1)
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is None:
        low = min(1, high) if high is not None else 1
    value = math.ceil(low / step) * step
    if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
        value += step
    while "exclusiveMaximum" in schema and value >= schema["exclusiveMaximum"]:
        if whole or "exclusiveMinimum" not in schema:
            value -= step
            break
        value = (schema["exclusiveMinimum"] + schema["exclusiveMaximum"]) / 2
    if high is not None:  # the values that still fit, over and over
        room = (high - value) / step
        most = math.floor(room) if "maximum" in schema else math.ceil(room) - 1
        nth %= max(most, 0) + 1
    value += nth * step
    return int(value) if whole else value
