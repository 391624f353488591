"""Taking out of a question's vector what the compared vectors have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from taplens.mirror.embedders.arrays import normalized

if TYPE_CHECKING:
    from taplens.mirror.embedders.arrays import Bytes, Floats

_SAMPLE = 5_000  # rows that what texts have in common is learned from
# How much of it every dimension is said to have at least: 1 to 3 did equally well. The more, the
# fewer rows there are to learn from.
_EVENNESS, _MANY = 2.0, 2_000


def inverse_moments(rows: Bytes | Floats) -> Floats:
    """The inverse of the second moments of `rows` (one vector each), made a little even.

    A vector multiplied by it has less of what most rows say most, so its rare parts come out.
    """
    step = max(1, len(rows) // _SAMPLE)
    dimensions = rows.shape[1]
    sample = normalized(rows[::step].astype(np.float32))
    moments = sample.T @ sample / max(1, len(sample))
    even = np.eye(dimensions, dtype=np.float32) * (np.trace(moments) / dimensions)
    if not even.any():
        return np.eye(dimensions, dtype=np.float32)
    evenness = _EVENNESS * (1 + _MANY / len(sample))
    found: Floats = np.linalg.inv(moments + evenness * even).astype(np.float32)
    return found
