"""The bodies with which the provider refuses, as its reference documents them for each status."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_LIMITED = (
    "Request was rejected due to rate limiting. If you want more, please contact "
    "contact@siliconflow.cn. Details:{} limit reached."
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal: HTTP `status`, JSON `body` (an object or a bare string), further headers."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):  # noqa: N818 - an answer of the protocol, not a fault of the program
    """Raised while a request is read, to answer with `refusal`."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.status)
        self.refusal = refusal


def coded(status: int, code: int, message: str) -> Refusal:
    """The form `{code, message, data}`."""
    return Refusal(status, {"code": code, "message": message, "data": None})


def rate_limited(limit: str) -> Refusal:
    """429; `limit` is RPM, TPM, RPD or TPD. This body has no `code`."""
    return Refusal(429, {"message": _LIMITED.format(limit), "data": None})


def bad_parameter(message: str) -> Refused:
    """400 for a parameter that is missing or out of its range."""
    return Refused(coded(400, 20015, message))


# What each kind of refusal answers; 403, 405, 413, 415, 500 and 502 are not documented and take the
# form of 400.
REFUSALS: dict[str, Refusal] = {
    "400": coded(400, 20015, "The parameter is invalid. Please check again."),
    "20012": coded(400, 20012, "Model does not exist. Please check it carefully."),
    "20015": coded(400, 20015, "The parameter is invalid. Please check again."),
    "401": Refusal(401, "Invalid token"),
    "403": coded(403, 30001, "Sorry, your account balance is insufficient"),
    "404": Refusal(404, "404 page not found"),
    "405": coded(405, 20015, "Method not allowed"),
    "413": coded(413, 20015, "The request body is too large"),
    "415": coded(415, 20015, "The request body must be application/json"),
    "429": rate_limited("TPM"),
    "429-rpm": rate_limited("RPM"),
    "500": coded(500, 50000, "An unknown error occurred"),
    "502": coded(502, 50502, "Bad gateway"),
    "503": coded(503, 50505, "Model service overloaded. Please try again later."),
    "504": Refusal(504, "504 Gateway Timeout"),
}
