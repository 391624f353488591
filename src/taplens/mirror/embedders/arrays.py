"""Vectors as arrays: their lengths made 1, and how they are kept in a byte a number."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
Bytes: TypeAlias = NDArray[np.int8]

_TOP = 127


def normalized(vectors: NDArray[Any]) -> Floats:
    """Each row with the length 1; rows of zeros stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    found: Floats = (vectors / np.where(lengths, lengths, 1.0)).astype(np.float32)
    return found


def packed(vectors: Floats) -> Bytes:
    """Each number in a byte, by the largest of its row. The length is lost: it is 1 anyhow."""
    largest = np.abs(vectors).max(axis=1, keepdims=True, initial=0.0)
    return np.rint(vectors * (_TOP / np.where(largest, largest, 1.0))).astype(np.int8)


def unpacked(data: bytes, dimensions: int) -> Bytes:
    """The rows that were stored as `data`."""
    return np.frombuffer(data, np.int8).reshape(-1, dimensions)
