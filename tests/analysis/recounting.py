"""Trends counted again, item by item and day by day in plain Python: slow, and on purpose so."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Plain:
    """One item: its creation, whether it is open, when it says it ended, when it was removed.

    `stays` are (began, is_end, status), in order; `status` is the present one.
    """

    created: int | None
    is_open: bool
    finished: int | None = None
    removed: int | None = None
    status: int = 0
    stays: list[tuple[int, bool, int]] = field(default_factory=list)

    @property
    def history(self) -> list[tuple[int, bool, int]] | None:
        """The stays with times that never go back; None where they lead elsewhere."""
        if not self.stays or self.created is None or self.stays[-1][1] == self.is_open:
            return None
        found, latest = [], self.created
        for place, (began, is_end, status) in enumerate(self.stays):
            latest = self.created if place == 0 else max(latest, began)
            found.append((latest, is_end, status))
        return found

    def state_at(self, moment: int) -> tuple[bool, int] | None:
        """(open, status) just before `moment`; None where it isn't there or nobody knows."""
        if self.created is None or self.created >= moment:
            return None
        if self.removed is not None and self.removed < moment:
            return None
        if self.history is not None:
            lived = [stay for stay in self.history if stay[0] < moment]
            return not lived[-1][1], lived[-1][2]
        if self.is_open:
            return True, self.status
        if self.finished is None:
            return None
        return max(self.finished, self.created) >= moment, self.status

    def closing(self) -> tuple[int, int] | None:
        """(when, status) of the last entry into the end states it is in now."""
        if self.created is None or self.is_open:
            return None
        if self.history is not None:
            entry = self.history[-1]
            for stay in reversed(self.history):
                if not stay[1]:
                    break
                entry = stay
            return entry[0], entry[2]
        if self.finished is None:
            return None
        return max(self.finished, self.created), self.status

    @property
    def first_status(self) -> int:
        """The status it was created in."""
        return self.history[0][2] if self.history else self.status


def created(items: list[Plain], begin: int, end: int) -> int:
    """How many were created from `begin` to before `end`."""
    return sum(1 for one in items if one.created is not None and begin <= one.created < end)


def closed(items: list[Plain], begin: int, end: int) -> int:
    """How many were closed in that time, and still are."""
    closings = [one.closing() for one in items]
    return sum(1 for closing in closings if closing is not None and begin <= closing[0] < end)


def open_at(items: list[Plain], end: int) -> int:
    """How many are open just before `end`."""
    states = [one.state_at(end) for one in items]
    return sum(1 for state in states if state is not None and state[0])
