"""What a tool knows of its caller and of the world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from taplens import messages
from taplens.clock import Clock
from taplens.errors import ConfigurationError, NotFoundError

if TYPE_CHECKING:
    from taplens.mirror import Keeper, Progress

EVERY_ROW = 1_000_000  # a sheet of Excel takes hardly more


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolContext:
    """The caller (`principal`), what it may see, and how it wants to be answered.

    `workspaces` are the ids it may ask about, the first being meant where a call names none;
    `budget` is the token limit of one answer (None: no limit, as in a terminal); `whole`: every
    row is wanted, as for an export, whatever limit is asked for; `progress` is told how a long
    step goes on.
    """

    keeper: Keeper
    workspaces: tuple[str, ...]
    principal: str = "local"
    locale: str = field(default_factory=messages.system_locale)
    clock: Clock = field(default_factory=Clock)
    budget: int | None = None
    whole: bool = False
    progress: Progress | None = None

    def chosen(self, workspace: Sequence[str]) -> tuple[str, ...]:
        """The ids of the workspaces a call means, the first of the caller's where it names none.

        Raises NotFoundError for any other: whether it exists elsewhere is not told.
        """
        if not self.workspaces:
            raise ConfigurationError("workspace_missing")
        for asked in workspace:
            if asked not in self.workspaces:
                known = ", ".join(self.workspaces)
                raise NotFoundError("workspace_unknown", workspace=asked[:40], known=known)
        return tuple(dict.fromkeys(workspace)) or self.workspaces[:1]

    def most(self, limit: int) -> int:
        """How many rows are wanted where `limit` are asked for."""
        return EVERY_ROW if self.whole else limit

    async def read(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """`function(connection, *arguments)` on one snapshot of the mirror, off the event loop."""
        return await self.keeper.read(function, *arguments)

    async def analyse(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """`function(source, *arguments)` on the columnar snapshot, off the event loop."""
        return await self.keeper.analyse(function, *arguments)

    def text(self, key: str, /, **parameters: object) -> str:
        """A text of the catalogue in the caller's language."""
        return messages.text(key, self.locale, **parameters)
