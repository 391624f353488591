"""A mirror of the corpus, synced for real over loopback, and how it is asked."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from judged.corpus import ITEMS, SEED, TODAY, options

_WITHOUT_LIMIT = 1_000_000
_CORPUS = f"{ITEMS} items, seed {SEED}, {TODAY}"


def made(home: Path) -> str:
    """See to it that a whole mirror of the corpus is in `home`; returns the address it is of.

    The file `judged.json` says what is there. Another corpus needs another folder.
    """
    mark = home / "judged.json"
    told = json.loads(mark.read_text(encoding="utf-8")) if mark.exists() else {}
    if told.get("corpus") != _CORPUS:
        home.mkdir(parents=True, exist_ok=True)
        told = {"corpus": _CORPUS, "address": asyncio.run(_synced(home))}
        mark.write_text(json.dumps(told), encoding="utf-8")
    address: str = told["address"]
    return address


async def _synced(home: Path) -> str:
    from taplens.config import Secret, load
    from taplens.mirror import Keeper
    from taplens.sandbox import running

    with running(options()) as sandbox:
        flags = {
            "home": home,
            "workspace_ids": (_workspace(),),
            "api_base_url": sandbox.base_url,
            "access_token": Secret("demo"),
            "requests_per_minute": _WITHOUT_LIMIT,
        }
        async with Keeper(load(flags)) as keeper:
            await keeper.sync()
        return sandbox.base_url


class Mirror:
    """Asks the tool `find_items` as any door does; a context manager that owns its keeper.

    Makes the mirror in `home` where there is none. Other settings come from the environment, so
    that other embedders can be measured; TAPD isn't asked, the sandbox is gone.
    """

    def __init__(self, home: Path) -> None:
        from taplens.config import load
        from taplens.mirror import Keeper
        from taplens.tools.context import ToolContext

        flags = {"home": home, "workspace_ids": (_workspace(),), "api_base_url": made(home)}
        self._runner = asyncio.Runner()
        self._keeper = Keeper(load(flags))
        self._context = ToolContext(keeper=self._keeper, workspaces=(_workspace(),), locale="en")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._runner.run(self._keeper.close())
        self._runner.close()

    def find(self, where: str, mode: str, limit: int) -> list[dict[str, Any]]:
        """The first rows of the answer. Raises what the tool raises."""
        from taplens.tools import registry

        asked = {"where": where, "mode": mode, "limit": limit}
        answer = self._runner.run(registry.call(self._context, "find_items", asked))
        rows: list[dict[str, Any]] = answer.content["data"]
        return rows


def known_modes() -> tuple[str, ...]:
    """The modes that the tool offers."""
    from taplens.tools import registry

    schema = registry.get("find_items").input_schema()
    return tuple(schema["properties"]["mode"]["enum"])


def _workspace() -> str:
    from taplens.sandbox.world import PLANS

    return PLANS[0].id
