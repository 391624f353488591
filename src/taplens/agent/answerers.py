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
    from taplens.tools.shelf import ChartShelf


def answerers(
    settings: Settings,
    catalogue: Catalogue,
    client: Client,
    *,
    keeper: Callable[[], Awaitable[Keeper]],
    clock: Clock,
    charts: ChartShelf,
) -> dict[str, Answerer]:
    """Those that answer from the mirror which `keeper` opens; nothing is opened yet.

    `client` asks the models of `catalogue`; answers link to the charts that they put on `charts`.
    """
    direct = Direct(keeper, clock, charts)
    return {
        "taplens": Agent(settings, catalogue, client, keeper=keeper, clock=clock, direct=direct),
        "taplens-direct": direct,
    }
