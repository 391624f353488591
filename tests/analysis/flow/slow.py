"""The flow metrics once more, in plain Python over lists: slow, but plainly right."""

from __future__ import annotations

from collections import defaultdict
from itertools import accumulate, takewhile

from taplens.analysis.flow.histories import ENDED, IN_PROGRESS, MISSING
from tests.analysis.flow.made import STAGE_OF, Made


def is_whole(item: Made) -> bool:
    return item.created != MISSING and item.created >= item.known_from


def entries(item: Made) -> list[int]:
    """When each stay began, never before those before it."""
    return list(accumulate((began for _, began in item.stays), max))


def start(item: Made) -> int | None:
    """The place of the stay that an item was started with."""
    stages = [STAGE_OF[status] for status, _ in item.stays]
    return stages.index(IN_PROGRESS) if IN_PROGRESS in stages else None


def start_turned(item: Made) -> bool:
    place = start(item)
    return place is not None and item.stays[place][1] < entries(item)[place]


def finish_turned(item: Made) -> bool:
    """Whether what tells the end lies before what went before it."""
    end, how = finished(item)
    if how == "move":
        return end not in [began for _, began in item.stays[-trailing_ends(item) :][:1]]
    return end is not None and item.told not in (MISSING, end)


def trailing_ends(item: Made) -> int:
    """How many of its last stays are in end states."""
    return len(list(takewhile(lambda stay: STAGE_OF[stay[0]] == ENDED, reversed(item.stays))))


def finished(item: Made) -> tuple[int | None, str]:
    """When an item ended, and how that is known: "move", "creation" or "field"; "" if it didn't."""
    stages = [STAGE_OF[status] for status, _ in item.stays]
    if stages[-1] != ENDED:
        return None, ""
    place = len(stages) - 1
    while place > 0 and stages[place - 1] == ENDED:
        place -= 1
    if place > 0:
        return entries(item)[place], "move"
    if item.told != MISSING:
        return max(item.told, item.created), "creation" if item.told == item.created else "field"
    if is_whole(item):
        return item.created, "creation"
    return None, "unknown"


def lead(items: list[Made], since: int, until: int) -> tuple[dict[int, int], dict[str, int]]:
    found: dict[int, int] = {}
    out: dict[str, int] = defaultdict(int)
    for number, item in enumerate(items):
        end, how = finished(item)
        if how == "unknown":
            out["history_short"] += 1
        elif end is None or not since <= end < until:
            continue
        elif item.created == MISSING:
            out["created_missing"] += 1
        elif finish_turned(item):
            out["clock_backwards"] += 1
        else:
            found[number] = end - item.created
    return found, dict(out)


def cycle(items: list[Made], since: int, until: int) -> tuple[dict[int, int], dict[str, int]]:
    found: dict[int, int] = {}
    out: dict[str, int] = defaultdict(int)
    for number, item in enumerate(items):
        end, how = finished(item)
        begin = start(item)
        if how == "unknown":
            out["history_short"] += 1
        elif end is None or not since <= end < until:
            continue
        elif item.created == MISSING:
            out["created_missing"] += 1
        elif not is_whole(item) or how == "field":
            out["history_short"] += 1
        elif begin is None:
            out["not_started"] += 1
        elif start_turned(item) or finish_turned(item):
            out["clock_backwards"] += 1
        else:
            found[number] = end - entries(item)[begin]
    return found, dict(out)


def ages(items: list[Made], now: int) -> tuple[dict[int, int], dict[str, int]]:
    found: dict[int, int] = {}
    out: dict[str, int] = defaultdict(int)
    for number, item in enumerate(items):
        if STAGE_OF[item.stays[-1][0]] != IN_PROGRESS or item.removed <= now:
            continue
        place = start(item)
        assert place is not None
        begin = entries(item)[place]
        if item.created == MISSING:
            out["created_missing"] += 1
        elif not is_whole(item):
            out["history_short"] += 1
        elif start_turned(item) or begin > now:
            out["clock_backwards"] += 1
        else:
            found[number] = now - begin
    return found, dict(out)


def status_just_before(item: Made, end: int) -> int | None:
    """Where an item stood a moment before `end`: a stay begins no earlier than those before it."""
    found = None
    reached = MISSING
    if item.removed < end:
        return None
    for status, began in item.stays:
        reached = max(reached, began)
        if reached < end:
            found = None if reached == MISSING else status
    return found


def time_in_status(
    items: list[Made], since: int, until: int
) -> tuple[dict[int, list[int]], dict[str, int]]:
    found: dict[int, list[int]] = defaultdict(list)
    out: dict[str, int] = defaultdict(int)
    for item in items:
        end, how = finished(item)
        if how == "unknown":
            out["history_short"] += 1
            continue
        if end is None or not since <= end < until:
            continue
        if item.created == MISSING:
            out["created_missing"] += 1
            continue
        if not is_whole(item) or how == "field":
            out["history_short"] += 1
            continue
        stages = [STAGE_OF[status] for status, _ in item.stays]
        last = len(stages) - 1
        while last > 0 and stages[last - 1] == ENDED:
            last -= 1
        times = [began for _, began in item.stays][: last + 1]
        if times != sorted(times):
            out["clock_backwards"] += 1
            continue
        spent: dict[int, int] = defaultdict(int)
        for place in range(last):
            spent[item.stays[place][0]] += times[place + 1] - times[place]
        for status, seconds in spent.items():
            found[status].append(seconds)
    return found, dict(out)


def reopened(items: list[Made], since: int, until: int) -> tuple[list[int], list[int]]:
    entered, again = [], []
    for number, item in enumerate(items):
        stages = [STAGE_OF[status] for status, _ in item.stays]
        times = entries(item)
        ends = [
            place
            for place, stage in enumerate(stages)
            if stage == ENDED
            and (place == 0 or stages[place - 1] != ENDED)
            and since <= times[place] < until
            and (place > 0 or is_whole(item))
        ]
        if ends:
            entered.append(number)
            if any(stage != ENDED for stage in stages[ends[0] :]):
                again.append(number)
    return entered, again


def percentile(values: list[int], share: float) -> float:
    """Between the two nearest ranks."""
    ranked = sorted(values)
    place = (len(ranked) - 1) * share / 100
    low = int(place)
    high = min(low + 1, len(ranked) - 1)
    return ranked[low] + (ranked[high] - ranked[low]) * (place - low)
