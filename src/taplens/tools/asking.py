"""Asking a model for what isn't a chat: a client whose requests pass the gate."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taplens.mirror.scope import Scope
from taplens.tools.context import ToolContext

if TYPE_CHECKING:
    from collections.abc import Callable

    from taplens.egress.gate import Gate
    from taplens.egress.gated import GatedClient
    from taplens.llm import Client, Transport
    from taplens.llm.entries import Upstream


@dataclass(frozen=True, slots=True)
class Way:
    """The way to a model: `client` asks, `gate` says what may be seen, and restores answers."""

    client: GatedClient
    gate: Gate


@contextlib.asynccontextmanager
async def way_to(
    context: ToolContext, model: str, scope: Scope, *, client: Client | None = None
) -> AsyncIterator[Way]:
    """The way to `model`, for texts of the items in `scope`.

    `client` is made from the settings unless given. Raises NotFoundError or ModelUnavailableError
    for a model that isn't set up, before anything leaves.
    """
    from taplens.egress.gate import Gate
    from taplens.egress.gated import GatedClient
    from taplens.egress.log import EgressLog

    settings = context.keeper.settings
    async with contextlib.AsyncExitStack() as stack:
        if client is None:
            client = _client(context)
            stack.push_async_callback(client.aclose)
        client.chosen(model)
        log = EgressLog(settings)
        stack.push_async_callback(log.aclose)
        asked = client

        def upstream_of(name: str) -> Upstream:
            return asked.chosen(name)[1]

        people = await _people(context, scope) if settings.egress_pseudonyms else set()
        gate = Gate(
            settings, log, context.clock, upstream_of, people=people, principal=context.principal
        )
        yield Way(GatedClient(client, gate), gate)


def teller(
    context: ToolContext, workspace_id: str, step: str, note: Callable[[], str] = str
) -> Callable[[int, int], None]:
    """Tells the context's progress how many of how many are done, and what `note` says then."""
    from taplens.mirror import ProgressEvent

    def tell(done: int, total: int) -> None:
        if context.progress is not None:
            context.progress(ProgressEvent(workspace_id, step, done, total, 0, 0.0, None, note()))

    return tell


async def _people(context: ToolContext, scope: Scope) -> set[str]:
    """All names of the members that the mirror knows: none where nothing is mirrored, as for the
    cases of a file.
    """
    from taplens.errors import EmptyMirrorError
    from taplens.mirror.reads_describe import describe_workspace

    found: set[str] = set()
    for workspace in scope.workspace_ids:
        try:
            described = await context.read(describe_workspace, scope, workspace)
        except EmptyMirrorError:
            continue
        names = (name for person in described.people for name in (person.nick, person.name))
        found.update(filter(None, names))
    return found


def _client(context: ToolContext) -> Client:
    """A client of the models that the settings name."""
    from taplens.llm import Client, HttpTransport, load_catalogue
    from taplens.llm.local import LocalTransport

    settings = context.keeper.settings
    transports: dict[str, Transport] = {
        "http": HttpTransport(),
        "local": LocalTransport(settings.home),
    }
    return Client(load_catalogue(settings), transports, clock=context.clock)
