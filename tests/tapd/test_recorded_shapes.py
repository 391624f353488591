"""The entity tables against the shapes of answers that were recorded from the live server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from taplens.tapd import entities
from taplens.tapd.entities import ENTITIES, Entity

SHAPES = Path(__file__).parent.parent / "data" / "tapd-shapes.json"
WRAPPED: dict[str, Entity] = {
    entity.wrapper: entity
    for entity in (*ENTITIES.values(), entities.LIFE_TIME, entities.STORY_TCASE)
    if entity.wrapper
}
# How values of a pattern are written, and the group of the entity that says so.
GROUPS = {
    "datetime": "instants", "date": "dates", "people;": "people", "pipe": "pipes", "html": "html",
}  # fmt: skip


def shapes() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(SHAPES.read_text(encoding="utf-8"))
    return {wrapper: found[wrapper]["keys"] for wrapper in WRAPPED if wrapper in found}


@pytest.mark.parametrize("wrapper", sorted(shapes()))
def test_every_recorded_column_of_a_known_writing_is_declared_so(wrapper: str) -> None:
    entity = WRAPPED[wrapper]
    # Columns of mixed writing hold values of any field: custom ones, old and new values.
    undeclared = {
        (name, pattern)
        for name, key in shapes()[wrapper].items()
        for pattern in key.get("patterns", [])
        if key["patterns"] == [pattern]
        and pattern in GROUPS
        and name not in getattr(entity, GROUPS[pattern])
    }
    assert undeclared == set()


@pytest.mark.parametrize("wrapper", sorted(shapes()))
def test_every_declared_column_was_recorded_as_it_is_declared(wrapper: str) -> None:
    entity = WRAPPED[wrapper]
    contradicted = {
        (name, group, found)
        for pattern, group in GROUPS.items()
        for name in getattr(entity, group)
        for found in shapes()[wrapper].get(name, {}).get("patterns", [])
        # Recorded texts were replaced before publication, which left rich text and lists plain.
        if found not in {pattern, "text"}
    }
    assert contradicted == set()
