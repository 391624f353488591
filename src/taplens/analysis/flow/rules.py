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
            begins = [one.position for one in statuses if one.key in firsts or one.label in firsts]
            for status in statuses:
                stage = _stage(status, min(begins, default=None), ends)
                self._statuses[flow, status.key] = (stage, status.label)
                # A work-item type whose own map isn't known speaks as the others do.
                other = Workflow(flow.workspace, flow.type, "")
                self._statuses.setdefault((other, status.key), (stage, status.label))

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


def _stage(status: Status, begin: int | None, ends: frozenset[str]) -> int:
    if status.is_end or status.key in ends or status.label in ends:
        return ENDED
    started = not status.is_first if begin is None else status.position >= begin
    return IN_PROGRESS if started else NOT_STARTED


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
