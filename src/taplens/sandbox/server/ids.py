"""Ids as clients spell them: prefix 10 or 11, the workspace padded to 8 digits or not.

Source: facts about TAPD's Open API, "Ids": a long id is the prefix (11 on the cloud, 10 on
private deployments), the workspace id and a sequence of 9 digits.
"""

from __future__ import annotations

ID_FIELDS = frozenset(
    {
        "id",
        "story_id",
        "task_id",
        "bug_id",
        "parent_id",
        "ancestor_id",
        "iteration_id",
        "release_id",
        "category_id",
        "workitem_type_id",
        "entry_id",
        "entity_id",
        "relate_entity_id",
        "root_id",
        "reply_id",
        "tcase_id",
        "test_plan_id",
    }
)
"""Columns that hold long ids."""

_SEQUENCE = 9


def canonical(text: str, workspace_id: str) -> str:
    """`text` as the sandbox spells the id; unchanged where it is no long id of the workspace."""
    if not (text.isascii() and text.isdigit()) or text[:2] not in ("10", "11"):
        return text
    for spelling in (workspace_id.zfill(8), workspace_id):
        sequence = text[2:].removeprefix(spelling)
        if len(sequence) < len(text) - 2 and 0 < len(sequence) <= _SEQUENCE:
            return long_id(workspace_id, sequence)
    return text


def canonical_list(value: str, workspace_id: str) -> str:
    """A value of ids (`a,b`, `a|b`, `<>a`) with each id in the sandbox's spelling."""
    spelled, word = [], ""
    for character in f"{value}\0":
        if character.isdigit():
            word += character
            continue
        spelled.append(canonical(word, workspace_id) + character)
        word = ""
    return "".join(spelled)[:-1]


def long_id(workspace_id: str, sequence: str) -> str:
    """The long id of an item of `workspace_id` with the number `sequence`."""
    return f"11{workspace_id.zfill(8)}{sequence.zfill(_SEQUENCE)}"
