"""What a sandbox can be told before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """How to build and run one sandbox.

    `items` is the number of stories and bugs of the first workspace; `seed` and `today` decide
    everything that is generated (`today` None: yesterday in the workspace's zone);
    `latency` delays every answer (seconds); without `ranges` the change logs refuse time ranges,
    so that only single days can be asked; with `provider` the chat API answers under `/v1`.
    """

    items: int = 300
    seed: int = 1
    today: date | None = None
    latency: float = 0.0
    ranges: bool = True
    provider: bool = False
