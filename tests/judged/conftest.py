"""The corpus and the whole judged set on it, made once: tests only read them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench"
sys.path.insert(0, str(BENCH))

from judged.corpus import Corpus, generated  # noqa: E402
from judged.judged_set import Question, judged_set  # noqa: E402


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    return generated()


@pytest.fixture(scope="session")
def questions(corpus: Corpus) -> list[Question]:
    return judged_set(corpus)
