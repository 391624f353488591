"""The moment in which something happens in a workspace: when, by chance, with which words."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, TypeVar

from taplens.sandbox.journal import Act, Journal
from taplens.sandbox.texts import Writer
from taplens.sandbox.workspace import Workspace

Row = dict[str, Any]
T = TypeVar("T")


class Scene:
    """One workspace at one moment, `at` as TAPD writes it.

    `progress` is how much of the history has passed (0 to 1): old items name old versions.
    """

    def __init__(self, workspace: Workspace, rng: Random, at: str = "") -> None:
        self.workspace = workspace
        self.rng = rng
        self.at = at
        self.progress = 1.0
        self.journal = Journal(workspace)
        self.writer = Writer(rng, workspace.id)

    @property
    def day(self) -> str:
        """The current day, ISO."""
        return self.at[:10]

    def chance(self, share: float) -> bool:
        """True in `share` of all cases."""
        return self.rng.random() < share

    def one_of(self, choices: Sequence[T]) -> T:
        """One of `choices`."""
        return choices[int(self.rng.random() * len(choices))]

    def change(
        self, entity: str, row: Row, changes: Row, actor: str, comment: str | None = None
    ) -> None:
        """Change an item now."""
        self.journal.changed(entity, row, changes, Act(actor, self.at, comment))
