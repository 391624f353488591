"""The one shape of every result."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Envelope(BaseModel):
    """What every tool answers: how much there is, how fresh it is, then the rows.

    Times are ISO 8601 in the workspace's zone. What is empty is left out of the JSON; `data`
    and `as_of` are always there.
    """

    model_config = ConfigDict(frozen=True)

    total: int | None = None
    returned: int | None = None
    next_cursor: str | None = None
    as_of: str | None = None
    history_from: str | None = None
    definition: str | None = None
    warnings: list[str] = []
    item_ids: list[str] = []
    suggestions: list[str] = []
    data: list[dict[str, Any]] = []

    def json_object(self) -> dict[str, Any]:
        """The envelope as a JSON object, what is empty left out."""
        kept = {name: value for name, value in self if value not in (None, [], "")}
        return kept | {"as_of": self.as_of, "data": self.data}


# The shapes worth their bytes: what a program goes on with. The others are texts to be read.
_SHAPES: dict[str, dict[str, Any]] = {
    "data": {"type": "array"},
    "total": {"type": "integer"},
    "returned": {"type": "integer"},
    "next_cursor": {"type": "string"},
    "as_of": {"type": "string"},
}


def output_schema(fills: tuple[str, ...]) -> dict[str, Any]:
    """The JSON schema of an answer, of the fields in `fills` alone: the others are never given."""
    properties = {name: _SHAPES.get(name, {}) for name in fills}
    return {"type": "object", "properties": properties, "required": ["as_of", "data"]}
