"""The classic tool `get_tapd_data_statistics`: how many there are, of which kinds."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from taplens.tools.arguments import Arguments
from taplens.tools.classic.data import DataType, load
from taplens.tools.classic.endings import endings
from taplens.tools.classic.priorities import FILTERS, label_of, step_of
from taplens.tools.classic.tool import ClassicTool, Content, Told

if TYPE_CHECKING:
    from taplens.tools.classic.data import Data
    from taplens.tools.classic.endings import IsEnded
    from taplens.tools.classic.items import Item
    from taplens.tools.context import ToolContext

_RECENT_DAYS = 7
_MOST_VALUES = 200  # of one distribution
# What each list is spread by: the name of the distribution, and the field that it counts.
_SPREADS: dict[str, dict[str, str]] = {
    "stories": {"status_distribution": "status", "creator_distribution": "creator"},
    "bugs": {
        "severity_distribution": "severity",
        "status_distribution": "status",
        "reporter_distribution": "reporter",
    },
}
_ENDED = {"stories": "completed_items", "bugs": "resolved_items"}


class Statistics(Arguments):
    """Arguments: which items."""

    data_type: DataType = "both"


async def _handle(context: ToolContext, arguments: Statistics) -> Told:
    data = await load(context)
    since = (context.clock.today() - timedelta(days=_RECENT_DAYS)).isoformat()
    ended = await endings(context)
    unset = context.text("classic.unset")
    told = await asyncio.to_thread(_told, data, arguments.data_type, since, ended, unset)
    message = context.text("classic.statistics", days=_RECENT_DAYS)

    def make(count: int) -> Content:
        lists = {name: _cut(stats, count) for name, stats in told.items()}
        return {"status": "success", "message": message, **lists, **data.origin()}

    longest = max((len(one) for stats in told.values() for one in stats.values()
                   if isinstance(one, dict)), default=0)  # fmt: skip
    return Told(make=make, most=longest)


def _told(
    data: Data, data_type: DataType, since: str, ended: IsEnded, unset: str
) -> dict[str, dict[str, Any]]:
    high = FILTERS["high"] or frozenset()
    found = {}
    for name, items in data.lists(data_type):
        stats: dict[str, Any] = {
            "total_count": len(items),
            "priority_distribution": _spread(items, label_of, unset),
        }
        for distribution, field in _SPREADS[name].items():
            stats[distribution] = _spread(items, _value(field), unset)
        stats["recent_items"] = sum(str(one.get("created") or "")[:10] >= since for one in items)
        stats[_ENDED[name]] = sum(ended(one, name) for one in items)
        stats["high_priority_items"] = sum(step_of(one, name) in high for one in items)
        found[name] = stats
    return found


def _value(field: str) -> Callable[[Item], str]:
    return lambda item: str(item.get(field) or "").strip(";")


def _spread(items: Iterable[Item], value: Callable[[Item], str], unset: str) -> dict[str, int]:
    """How many items have each value, the most frequent first."""
    counts = Counter(value(one) or unset for one in items)
    return dict(counts.most_common(_MOST_VALUES))


def _cut(stats: dict[str, Any], count: int) -> dict[str, Any]:
    """The statistics with the first `count` values of each distribution, and how many are left."""
    told: dict[str, Any] = {}
    for name, value in stats.items():
        told[name] = value
        if isinstance(value, dict) and len(value) > count:
            rest = sum(list(value.values())[count:])
            told[name] = dict(list(value.items())[:count]) | {"…": rest}
    return told


TOOL = ClassicTool(
    name="get_tapd_data_statistics",
    description=(
        "How many stories and bugs, by priority, status, severity and creator; recent (7 days),"
        " finished and high-priority ones."
    ),
    arguments=Statistics,
    handler=_handle,
    example={"data_type": "bugs"},
)
