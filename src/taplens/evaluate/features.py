"""What kind of feature a requirement is, and its telling words: by a table that a team edits."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from taplens.errors import ConfigurationError
from taplens.evaluate.model import Requirement

NAME = "features.toml"  # here, and in the home
MOST_KEYWORDS = 8
_MOST_KINDS, _MOST_WORDS, _LONGEST = 200, 200, 40
_MOST_BYTES = 1_000_000
_LEAST = 0.3  # of the surest kind's weight another must have more
_TITLE = 3  # times that a title's words count
_DESCRIBED = 4_000  # characters of a text that count

Table = Mapping[str, tuple[str, ...]]  # kind of feature -> the words that tell it


@dataclass(frozen=True, slots=True)
class Features:
    """The kinds of features that a requirement is of, the surest first, and its keywords: the
    words of the table that it has, then those that tell it from the other requirements.
    """

    kinds: tuple[str, ...]
    keywords: tuple[str, ...]


def path_of(home: Path) -> Path:
    """Where a team keeps its own table; it needn't exist."""
    return home / NAME


def table(home: Path) -> Table:
    """The team's table, else the one shipped. Raises ConfigurationError for one that is wrong."""
    path = path_of(home)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _wrong(path, f"≤ {_MOST_BYTES} bytes")
        told = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        told = tomllib.loads(_shipped())
    except (OSError, ValueError, RecursionError) as fault:
        raise _wrong(path, str(fault)[:200]) from fault
    if len(told) > _MOST_KINDS:
        raise _wrong(path, f"≤ {_MOST_KINDS}")
    return {kind: _words(path, kind, words) for kind, words in told.items()}


def ensure_team_file(home: Path) -> Path:
    """The team's table, made as the one shipped where there is none.

    Raises ConfigurationError where it can't be made.
    """
    path = path_of(home)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(_shipped())
    except FileExistsError:
        pass
    except OSError as fault:
        raise ConfigurationError("file_not_written", path=path, detail=fault.strerror) from fault
    return path


def features(
    requirements: Sequence[Requirement], kinds: Table, stop: frozenset[str]
) -> list[Features]:
    """The features of each requirement, by its words, each weighed by how often it stands there
    and how few of the requirements have it: what all of them say tells none of them.

    `stop` are words (folded) that are no keywords; see analysis.words.
    """
    from taplens.analysis.words.segment import folded, is_word, words

    texts = [folded(_text(one)) for one in requirements]
    patterns = {kind: _pattern(map(folded, told)) for kind, told in kinds.items()}
    hits = [
        {kind: Counter(pattern.findall(text)) for kind, pattern in patterns.items()}
        for text in texts
    ]
    held = _held(sum(one.values(), Counter[str]()) for one in hits)
    said = [
        Counter(word for word in words(text) if is_word(word) and word not in stop)
        for text in texts
    ]
    spread = _held(said)
    return [
        _of(
            {kind: _weighed(count, held, len(texts)) for kind, count in one.items()},
            _weighed(count, spread, len(texts)),
        )
        for one, count in zip(hits, said, strict=True)
    ]


def _of(by_kind: Mapping[str, Mapping[str, float]], rare: Mapping[str, float]) -> Features:
    """The features by the weights of a requirement's words, of each kind and of all."""
    weights = {kind: sum(told.values()) for kind, told in by_kind.items()}
    best = max(weights.values(), default=0.0)
    kinds = [kind for kind in _heaviest(weights) if weights[kind] > best * _LEAST]
    known = _heaviest({word: by_kind[kind][word] for kind in kinds for word in by_kind[kind]})
    keywords = dict.fromkeys([*known[: MOST_KEYWORDS // 2], *_heaviest(rare), *known])
    return Features(tuple(kinds), tuple(keywords)[:MOST_KEYWORDS])


def _held(counts: Iterable[Counter[str]]) -> Counter[str]:
    """How many of the requirements have each word."""
    return Counter(word for count in counts for word in count)


def _weighed(count: Counter[str], held: Mapping[str, int], total: int) -> dict[str, float]:
    from taplens.analysis.words.keywords import tf_idf

    return {word: tf_idf(often, held[word], total + 1) for word, often in count.items()}


def _heaviest(weights: Mapping[str, float]) -> list[str]:
    return sorted(weights, key=lambda name: (-weights[name], name))


def _text(one: Requirement) -> str:
    body = "\n".join((one.description, one.acceptance_criteria))[:_DESCRIBED]
    return "\n".join((*[one.title] * _TITLE, body))


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Finds words: Latin ones whole, Chinese ones wherever they stand."""
    longest = sorted(set(words), key=len, reverse=True)
    told = (
        rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])" if word.isascii() else re.escape(word)
        for word in longest
    )
    return re.compile("|".join(told))


def _words(path: Path, kind: str, words: Any) -> tuple[str, ...]:
    told = words if isinstance(words, list) else [None]
    found = [one.strip() for one in told if isinstance(one, str) and one.strip()]
    long = any(len(one) > _LONGEST for one in found)
    if not found or len(found) < len(told) or len(found) > _MOST_WORDS or long:
        raise _wrong(path, f'{kind[:40]} = ["…", "…"] (1-{_MOST_WORDS}, ≤ {_LONGEST})')
    return tuple(found)


def _shipped() -> str:
    return files(__package__).joinpath(NAME).read_text(encoding="utf-8")


def _wrong(path: Path, wanted: str) -> ConfigurationError:
    return ConfigurationError("features_wrong", path=path, wanted=wanted)
