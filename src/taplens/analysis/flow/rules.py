"""Which statuses count as not started, in progress and ended: by the workflows, or as asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from taplens.analysis.flow.histories import ENDED, IN_PROGRESS, NOT_STARTED
from taplens.errors import ArgumentError
from taplens.mirror.catalogue import Catalogue, Status
from taplens.mirror.dialects import fold
from taplens.mirror.faults import suggestion
from taplens.mirror.workflow import BUILT_IN_ENDS

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
        self._statuses: dict[tuple[Workflow, str], tuple[int, str]] = {}
        firsts, ends = _keys(catalogue, "start", start), _keys(catalogue, "stop", stop)
        flows: dict[Workflow, list[Status]] = {}
        for status in catalogue.statuses:
            flow = Workflow(status.workspace, status.type, status.workitem_type)
            flows.setdefault(flow, []).append(status)
        for flow, statuses in flows.items():
            waiting = _waiting(statuses, firsts)
            for status in statuses:
                ended = status.is_end or status.key in ends or status.label in ends
                before = NOT_STARTED if status.key in waiting else IN_PROGRESS
                told = (ENDED if ended else before, status.label)
                self._statuses[flow, status.key] = told
                # A work-item type whose own map isn't known speaks as the others do.
                other = Workflow(flow.workspace, flow.type, "")
                self._statuses.setdefault((other, status.key), told)

    def of(self, flow: Workflow, key: str) -> tuple[int, str]:
        """The stage and the team's word of a status in a workflow.

        One that no workflow names any more ends an item if it is a built-in end state of TAPD's.
        """
        found = self._statuses.get((flow, key))
        found = found or self._statuses.get((Workflow(flow.workspace, flow.type, ""), key))
        if found:
            return found
        if key in BUILT_IN_ENDS:
            return ENDED, key
        return (NOT_STARTED if key in _BUILT_IN_FIRSTS else IN_PROGRESS), key


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
