"""Which statuses count as not started, in progress and ended: by the workflows, or as asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from taplens.analysis.flow.histories import ENDED, IN_PROGRESS, NOT_STARTED
from taplens.errors import ArgumentError
from taplens.mirror.catalogue import Catalogue, Status
from taplens.mirror.dialects import fold
from taplens.mirror.faults import suggestion
from taplens.mirror.fields import TYPE_CODES
from taplens.mirror.workflow import Workflows

# First states where a workspace's workflow hasn't been read: TAPD's built-in ones.
_BUILT_IN_FIRSTS = frozenset(("new", "planning", "open"))


@dataclass(frozen=True, slots=True)
class Workflow:
    """The workflow that an item goes by: a workspace's (key), of a type and a work-item type."""

    workspace: int
    type: str
    workitem_type: str


class Rules:
    """The stage and the team's word of every status, by workflow and status key."""

    def __init__(self, catalogue: Catalogue, start: Sequence[str], stop: Sequence[str]) -> None:
        """Without `start` an item has started once it leaves its workflow's first statuses.

        With it, once it reaches one of these, or one that stands later in the workflow. `stop`
        are statuses that count as ended besides the end states. Both name statuses by the team's
        words or TAPD's keys; a workflow that has none of `start` keeps its own rule. Raises
        ArgumentError for a status that no workflow knows.
        """
        self._ends = _keys(catalogue, "stop", stop)
        firsts = _keys(catalogue, "start", start)
        flows: dict[Workflow, list[Status]] = {}
        for status in catalogue.statuses:
            flow = Workflow(status.workspace, status.type, status.workitem_type)
            flows.setdefault(flow, []).append(status)
        self._waiting = {flow: _waiting(statuses, firsts) for flow, statuses in flows.items()}
        self._workflows = {
            place: Workflows(catalogue.connection, place) for place in catalogue.workspaces
        }

    def of(self, flow: Workflow, key: str) -> tuple[int, str]:
        """The stage and the team's word of a status in a workflow.

        What ends an item is what closes it (mirror.workflow), and the statuses of `stop`. A status
        that no workflow names any more is waited in if it is one of TAPD's built-in first states.
        """
        status = self._workflows[flow.workspace].status(
            TYPE_CODES[flow.type], flow.workitem_type, key
        )
        if status.is_end:
            return ENDED, status.label
        if status.workitem_type is None:
            return (NOT_STARTED if key in _BUILT_IN_FIRSTS else IN_PROGRESS), key
        if key in self._ends or status.label in self._ends:
            return ENDED, status.label
        meant = Workflow(flow.workspace, flow.type, status.workitem_type)
        return (NOT_STARTED if key in self._waiting[meant] else IN_PROGRESS), status.label


def _waiting(statuses: Sequence[Status], start: frozenset[str]) -> set[str]:
    """The keys of a workflow's statuses, in its order, in which work hasn't started."""
    begins = [one.position for one in statuses if one.key in start or one.label in start]
    if begins:
        return {one.key for one in statuses if one.position < min(begins)}
    firsts = {one.key for one in statuses if one.is_first}
    # What is first is read later than the statuses are; until then the first that is listed.
    return firsts or {statuses[0].key}


def _keys(catalogue: Catalogue, argument: str, names: Iterable[str]) -> frozenset[str]:
    """The keys and labels that `names` mean, in whatever case and width they are written."""
    known = {fold(word): word for one in catalogue.statuses for word in (one.key, one.label)}
    for name in names:
        if fold(name) not in known:
            nearest = suggestion(name, (one.label for one in catalogue.statuses))
            raise ArgumentError(
                "status_unknown", argument=argument, name=name[:60], nearest=nearest
            )
    wanted = {fold(name) for name in names}
    return frozenset(
        word for one in catalogue.statuses for word in (one.key, one.label) if fold(word) in wanted
    )
