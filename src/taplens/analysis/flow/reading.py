"""The histories of the items that a filter means, read from the snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from taplens.analysis.ending import ENDED_AT
from taplens.analysis.flow.codes import numbered, places_of
from taplens.analysis.flow.histories import FOREVER, MISSING, STAGES, Histories, Ints
from taplens.analysis.flow.rules import Rules, Workflow
from taplens.mirror.catalogue import Catalogue
from taplens.mirror.fields import REMOVAL_CODES, TYPE_CODES, TYPES
from taplens.mirror.schema import stream, workspace

if TYPE_CHECKING:
    from taplens.mirror.snapshot.keeping import Source
    from taplens.mirror.snapshot.matching import Selection

# `told`: when TAPD's own fields say that an item ended, for those whose move there isn't known.
_ITEMS = """
SELECT key, workspace, type, is_open, COALESCE(workitem_type, -1) AS workitem_type,
  COALESCE(status, -1) AS status, COALESCE(iteration, -1) AS iteration,
  COALESCE(created, {missing}) AS created, COALESCE(modified, created, {missing}) AS modified,
  COALESCE({ended_at}, {missing}) AS told,
  CASE WHEN removed IS NULL OR ({finished}) THEN {forever}
    ELSE COALESCE(removed_at, {missing}) END AS removed
FROM item WHERE {where} ORDER BY key
"""
# Work that was finished and archived stands where it stood: it was no loss.
_FINISHED = f"removed = {REMOVAL_CODES['archived']} AND NOT is_open"
_STAYS = """
SELECT item, status, began FROM interval
WHERE item IN (SELECT key FROM item WHERE {where}) ORDER BY item, position
"""


@dataclass(frozen=True)
class Read:
    """The histories of items, and what their codes mean.

    A stay's `status` in the histories is a place in `labels`, the team's words. Of each item:
    `iteration` (code of a text, -1 for none). `words` gives of each stage the statuses met.
    """

    histories: Histories
    labels: tuple[str, ...]
    iteration: Ints
    words: dict[str, tuple[str, ...]]


def read_histories(
    source: Source, catalogue: Catalogue, selection: Selection, rules: Rules, now: int
) -> Read:
    """The histories of the items in `selection`, by the stages of `rules`, up to `now`."""
    snapshot, parameters = source.snapshot, selection.parameters
    query = _ITEMS.format(
        where=selection.sql,
        missing=MISSING,
        forever=FOREVER,
        ended_at=ENDED_AT,
        finished=_FINISHED,
    )
    items = snapshot.columns(query, parameters)
    stays = snapshot.columns(_STAYS.format(where=selection.sql), parameters)
    key, created = _wide(items["key"]), _wide(items["created"])
    owner, status, began = _together(
        places_of(key, stays["item"]), _wide(stays["status"]), _wide(stays["began"]), items
    )
    offsets = np.searchsorted(owner, np.arange(len(key) + 1))
    began[offsets[:-1]] = np.maximum(began[offsets[:-1]], created)
    table = _Table(catalogue, rules, items, status)
    flows, places = table.flow[owner], table.place
    histories = Histories(
        key=key,
        created=created,
        known_from=_known_from(catalogue, items["workspace"], items["type"]),
        told=_wide(items["told"]),
        removed=_wide(items["removed"]),
        offsets=offsets,
        status=table.label[flows, places],
        stage=table.stage[flows, places],
        began=began,
        now=now,
    )
    words = {
        name: tuple(table.labels[place] for place in used.tolist())
        for stage, name in enumerate(STAGES)
        if len(used := np.flatnonzero(np.bincount(histories.status[histories.stage == stage])))
    }
    return Read(histories, table.labels, _wide(items["iteration"]), words)


def _wide(column: NDArray[Any]) -> Ints:
    return column.astype(np.int64)


def _together(
    owner: Ints,
    status: Ints,
    began: Ints,
    items: dict[str, NDArray[Any]],
) -> tuple[Ints, Ints, Ints]:
    """The stays, and one more of each item whose present status no stay of it shows.

    An item that never moved has had its present status since it was created. One whose last move
    hasn't been read yet has had it since a field of TAPD's tells, if it is closed and one does,
    else since it was modified at the latest.
    """
    present, created = _wide(items["status"]), _wide(items["created"])
    last = np.append(owner[1:] != owner[:-1], True)[: len(owner)]
    shown = np.full(len(present), -2, np.int64)
    shown[owner[last]] = status[last]
    newest = np.full(len(present), MISSING, np.int64)
    newest[owner[last]] = began[last]
    more = np.flatnonzero(shown != present)
    told = _wide(items["told"])
    is_told = ~items["is_open"] & (told != MISSING) & (told >= newest)
    moved = np.where(is_told, told, np.maximum(_wide(items["modified"]), newest))
    since = np.where(shown == -2, created, moved)[more]
    owner = np.concatenate([owner, more])
    order = np.argsort(owner, kind="stable")
    return (
        owner[order],
        np.concatenate([status, present[more]])[order],
        np.concatenate([began, since])[order],
    )


class _Table:
    """The stage and label of each status code in each workflow met, to look up many at once."""

    def __init__(
        self,
        catalogue: Catalogue,
        rules: Rules,
        items: dict[str, NDArray[Any]],
        status: Ints,
    ) -> None:
        self.flow, flows = _flows(items)
        codes, self.place = numbered(status)
        texts = catalogue.texts([*codes.tolist(), *(kind for _, _, kind in flows)])
        keys = [texts.get(code, "") for code in codes.tolist()]
        known: dict[str, int] = {}
        shape = (len(flows), len(keys))
        self.stage, self.label = np.zeros(shape, np.int8), np.zeros(shape, np.int64)
        for row, (place, kind, workitem_type) in enumerate(flows):
            flow = Workflow(place, TYPES[kind], texts.get(workitem_type, ""))
            for column, key in enumerate(keys):
                stage, label = rules.of(flow, key)
                self.stage[row, column] = stage
                self.label[row, column] = known.setdefault(label, len(known))
        self.labels = tuple(known)


def _flows(items: dict[str, NDArray[Any]]) -> tuple[Ints, list[tuple[int, int, int]]]:
    """Of each item the number of its workflow, and the workflows: workspace, type, kind (codes)."""
    columns = [numbered(items[name]) for name in ("workspace", "type", "workitem_type")]
    mixed = np.zeros(len(items["key"]), np.int64)
    for distinct, places in columns:
        mixed = mixed * len(distinct) + places
    met, flow = numbered(mixed)
    first = np.zeros(len(met), np.int64)
    first[flow] = np.arange(len(flow))
    codes = [distinct[places[first]].tolist() for distinct, places in columns]
    return flow, list(zip(*codes, strict=True))


def _known_from(catalogue: Catalogue, places: NDArray[Any], types: NDArray[Any]) -> Ints:
    """From when on the moves of each item are known; FOREVER where TAPD keeps no log of them."""
    rows = catalogue.connection.execute(
        select(stream.c.workspace, stream.c.name, stream.c.history_from, workspace.c.task_type)
        .join(workspace, workspace.c.key == stream.c.workspace)
        .where(stream.c.workspace.in_(catalogue.workspaces), stream.c.history_from.is_not(None))
    )
    known = np.full(len(places), FOREVER, np.int64)
    for row in rows:
        kinds = [row.name.removesuffix("_change")]
        if row.task_type and kinds == ["story"]:  # tasks are kept as stories: one log for both
            kinds.append("task")
        codes = [TYPE_CODES[kind] for kind in kinds if kind in TYPE_CODES]
        known[(places == row.workspace) & np.isin(types, codes)] = row.history_from
    return known
