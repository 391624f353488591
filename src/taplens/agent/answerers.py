"""The answerers of a serving process, by the names of their models."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from taplens.agent.answering import Agent
from taplens.agent.direct.answerer import Direct

if TYPE_CHECKING:
    from taplens.agent.answer import Answerer
    from taplens.clock import Clock
    from taplens.config import Settings
    from taplens.llm.catalogue import Catalogue
    from taplens.llm.client import Client
    from taplens.mirror import Keeper


def answerers(
    settings: Settings,
    catalogue: Catalogue,
    client: Client,
    keeper: Callable[[], Awaitable[Keeper]],
    clock: Clock,
) -> dict[str, Answerer]:
    """Those that answer from the mirror which `keeper` opens; nothing is opened yet.

    `client` asks the models of `catalogue`.
    """
    direct = Direct(keeper, clock)
    return {
        "taplens": Agent(settings, catalogue, client, keeper=keeper, clock=clock, direct=direct),
        "taplens-direct": direct,
    }
