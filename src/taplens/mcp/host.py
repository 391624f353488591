"""The keeper of a serving process: opened once it is needed, kept fresh, closed at the end."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from taplens.clock import Clock
from taplens.config import Settings
from taplens.errors import TapLensError

if TYPE_CHECKING:
    from taplens.mirror.keeper import Keeper

logger = logging.getLogger(__name__)

CLOSING_SECONDS = 5.0


class Host:
    """Holds the keeper of this process.

    Nothing of the mirror is loaded before `wake()`: a client that only says hello is answered
    at once.
    """

    def __init__(self, settings: Settings, *, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or Clock()
        self._keeper: Keeper | None = None
        self._opening = asyncio.Lock()
        self._awake = asyncio.Event()

    def wake(self) -> None:
        """Begin to keep the mirror fresh in the background."""
        self._awake.set()

    async def keeper(self) -> Keeper:
        """The keeper, opened at the first call; what went wrong is raised, and tried anew."""
        async with self._opening:
            if self._keeper is None:
                # The libraries underneath take a while to load: other requests go on meanwhile.
                module = await asyncio.to_thread(importlib.import_module, "taplens.mirror.keeper")
                keeper: Keeper = await module.Keeper(self.settings, clock=self.clock).__aenter__()
                keeper.start()
                self._keeper = keeper
            return self._keeper

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While inside, the mirror is kept fresh once awake; at the end all is closed."""
        background = asyncio.create_task(self._keep(), name="taplens-keeper")
        try:
            yield
        finally:
            background.cancel()
            await asyncio.wait([background], timeout=CLOSING_SECONDS)
            await self._close()

    async def _keep(self) -> None:
        await self._awake.wait()
        try:
            await self.keeper()
        except TapLensError as fault:  # each question will say so too, and try again
            logger.warning("%s %s", fault.message(), fault.mend())

    async def _close(self) -> None:
        keeper, self._keeper = self._keeper, None
        if keeper is None:
            return
        try:
            async with asyncio.timeout(CLOSING_SECONDS):
                await keeper.__aexit__(None, None, None)
        except TimeoutError:
            logger.warning("The mirror was not closed within %g s.", CLOSING_SECONDS)
