"""How long a provider may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long to wait, in seconds.

    `connect`: for a connection, once the host's address is known; `first_byte`: from the request
    to the first byte of the answer's body (a model may think for minutes before a whole answer);
    `between`: for each byte after that; `total`: for the whole answer. Comment lines are bytes,
    for they are how a provider with a queue says that it is alive: where nothing else ever
    comes, only `total` ends the answer.
    """

    connect: float = 10.0
    first_byte: float = 300.0
    between: float = 120.0
    total: float = 3600.0
