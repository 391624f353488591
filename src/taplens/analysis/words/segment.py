"""From a text to its words: written as in the index, Chinese by a dictionary, the rest as it is."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from functools import cache
from importlib.resources import files

from taplens.mirror.index.habits import ENDS
from taplens.mirror.index.tokens import LONGEST, Letters
from taplens.mirror.index.tokens import folded as written_with

_JOINTS = "_.-"  # they hold a word together: ORDER-1024, test_login, v2.3.1
_HAN = r"\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_OTHERS = re.compile(rf"[^{_HAN}\s]+")
_OTHER_WORD = re.compile(rf"[^{_HAN}\s{_JOINTS}]+(?:[{_JOINTS}]+[^{_HAN}\s{_JOINTS}]+)*")
_NUMBER = re.compile(rf"[\d{_JOINTS}]+")
_LOCK = threading.Lock()


def folded(text: str) -> str:
    """`text` narrow, without case, simplified: as the index has it, but that marks within words
    stay and that each piece of a sentence stands on a line of its own.
    """
    return written_with(text, _letters())


def words(text: str) -> list[str]:
    """The words of a folded text, Chinese ones first; what `is_word` denies is among them."""
    return _cutter()(_OTHERS.sub("\n", text)) + _OTHER_WORD.findall(text)


def is_word(word: str) -> bool:
    """Whether something says more than a single character or a number does."""
    return 1 < len(word) <= LONGEST and not word.isspace() and not _NUMBER.fullmatch(word)


@cache
def _letters() -> Letters:
    return Letters(dict.fromkeys(ENDS, "\n") | {mark: mark for mark in _JOINTS})


def _cutter() -> Callable[[str], list[str]]:
    with _LOCK:  # two threads would both read the dictionary
        return _made()


@cache
def _made() -> Callable[[str], list[str]]:
    """The segmenter, which now also knows the words of software teams.

    It is the library's own: its import reads the dictionary anyway, in a tenth of a second.
    """
    import rjieba

    terms = files(__package__).joinpath("terms.txt").read_text(encoding="utf-8")
    for line in terms.splitlines():
        for term in [] if line.startswith("#") else line.split():
            rjieba.add_word(term, None, None)
    return rjieba.cut
