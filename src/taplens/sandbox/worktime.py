"""Working hours of the generated team: a count of worked seconds that maps onto instants."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from taplens.clock import WORKSPACE_ZONE, day_start

WORKDAY = 9 * 3600  # seconds worked a day
_MORNING = 9 * 3600 + 1800  # 09:30
_EVENING = 18 * 3600  # when a generated world stands still: 18:00 of its last day
_BEFORE, _AFTER = 450, 150  # days a calendar spans around its last day


class WorkCalendar:
    """Maps worked seconds, counted from the calendar's first workday, to instants.

    Scripts reckon in worked seconds, so that nobody works at night or at week-ends and a later
    count is always a later instant.
    """

    def __init__(self, today: date) -> None:
        days = [today + timedelta(days=n) for n in range(-_BEFORE, _AFTER)]
        self._days = [day for day in days if day.weekday() < 5]
        self._dates = [day.isoformat() for day in self._days]
        past = sum(day < today for day in self._days)
        weekend = today.weekday() >= 5
        self.now = day_start(today) + _EVENING
        self.end = past * WORKDAY + (-1 if weekend else _EVENING - _MORNING)

    def time(self, worked: int) -> str:
        """The instant after `worked` seconds, as TAPD writes it."""
        day, second = divmod(worked, WORKDAY)
        minutes, second = divmod(second + _MORNING, 60)
        return f"{self._dates[day]} {minutes // 60:02}:{minutes % 60:02}:{second:02}"


def instant_of(text: str) -> int:
    """UTC epoch seconds of a datetime as TAPD writes it."""
    return int(datetime.fromisoformat(text).replace(tzinfo=WORKSPACE_ZONE).timestamp())
