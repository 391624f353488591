"""What a question may see, and what is told beside its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from taplens import messages


@dataclass(frozen=True, slots=True)
class Scope:
    """The workspaces a question may see, the time it is asked at and who asks.

    `workspace_ids` are TAPD ids: a workspace outside is never seen. `now` is UTC epoch seconds;
    `me` the nick that "me" means, "" where unknown.
    """

    workspace_ids: tuple[str, ...]
    now: int
    me: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something worth knowing beside an answer; its texts stand under `notice.<code>`."""

    code: str
    parameters: Mapping[str, object] = field(default_factory=dict)

    def text(self, locale: str | None = None) -> str:
        """The notice in `locale` ("zh" or "en"; the system's when None)."""
        return messages.text(f"notice.{self.code}", locale, **self.parameters)
