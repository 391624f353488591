"""A circuit breaker for one upstream: after several faults in a row it is left alone a while."""

from __future__ import annotations

from collections.abc import Callable

FAULTS = 5  # in a row
REST_SECONDS = 30.0


class Breaker:
    """Closed: requests go through. Open: none does, until `rest_seconds` are over. Half open: one
    does, until the head of its answer comes; then the others may follow. An answer that comes to
    its end closes the circuit, a fault opens it again.

    A request is any object of its own: what it says counts once, and only if the circuit has not
    opened since it began, for later it is old news. `monotonic` says the time in seconds.
    """

    def __init__(
        self,
        monotonic: Callable[[], float],
        *,
        faults: int = FAULTS,
        rest_seconds: float = REST_SECONDS,
    ) -> None:
        self._monotonic = monotonic
        self._most = faults
        self._rest_seconds = rest_seconds
        self._faults = 0
        self._open_until: float | None = None
        self._openings = 0
        self._trial: object | None = None
        self._answers = False  # the upstream has begun an answer since it rested
        self._busy_until = float("-inf")
        self._under_way: dict[object, int] = {}  # each with the openings that it has seen

    @property
    def state(self) -> str:
        """ "closed", "open" or "half_open"."""
        if self._open_until is None:
            return "closed"
        return "open" if self._monotonic() < self._open_until else "half_open"

    @property
    def lets_through(self) -> bool:
        """Whether a request may go to the upstream now."""
        state = self.state
        return state == "closed" or (
            state == "half_open" and (self._answers or self._trial is None)
        )

    @property
    def seconds_left(self) -> float:
        """Seconds until a request may be tried; 0 when it may now."""
        return max(0.0, (self._open_until or 0.0) - self._monotonic())

    @property
    def is_busy(self) -> bool:
        """Whether the upstream asked to be left alone for now (429 with Retry-After)."""
        return self._monotonic() < self._busy_until

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to remember: it may be dropped."""
        return not (self._under_way or self._faults or self.is_busy)

    @property
    def is_quiet(self) -> bool:
        """Whether it can be dropped where room is needed: it holds nobody back now."""
        return not (self._under_way or self.is_busy or self.state == "open")

    def begin(self, request: object) -> None:
        """`request`, which was let through, goes to the upstream."""
        self._under_way[request] = self._openings
        if self.state == "half_open" and not self._answers:
            self._trial = request

    def answered(self, request: object) -> None:
        """The head of `request`'s answer came: where it was the trial, others may follow."""
        if self._trial is request:
            self._trial, self._answers = None, True

    def completed(self, request: object) -> None:
        """The answer came to its end, as it should."""
        if self._ended(request):
            self._faults, self._open_until = 0, None

    def failed(self, request: object) -> None:
        """The upstream did not answer as it should."""
        if self._ended(request):
            self._faults += 1
            if self._faults >= self._most:
                self._open()

    def busy(self, request: object, seconds: float) -> None:
        """The upstream wants no request for `seconds`: others are asked first."""
        self._ended(request)
        self._busy_until = self._monotonic() + seconds

    def left(self, request: object) -> None:
        """Nobody waited for the end: that says nothing."""
        self._ended(request)

    def _open(self) -> None:
        self._open_until = self._monotonic() + self._rest_seconds
        self._openings += 1
        self._trial, self._answers = None, False

    def _ended(self, request: object) -> bool:
        """Whether what `request` says counts."""
        if self._trial is request:
            self._trial = None
        return self._under_way.pop(request, None) == self._openings
