"""Items that an answer names can be asked for again, one by one."""

from __future__ import annotations

from taplens.analysis.flow.naming import addresses
from taplens.tools.get_items import read_id


def test_items_of_two_types_with_one_id_are_told_apart() -> None:
    items = [
        {"type": "story", "id": "1158210347001000649"},
        {"type": "bug", "id": "1158210347001000649"},
        {"type": "bug", "id": "1158210347001000650"},
    ]
    told = addresses(items)
    assert told == ["story:1158210347001000649", "bug:1158210347001000649", "1158210347001000650"]
    assert [read_id(address)[0] for address in told] == ["story", "bug", None]
