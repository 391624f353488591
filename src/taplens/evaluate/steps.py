"""The steps of a case, as its text has them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBER = re.compile(
    r"\s*(?:步骤|step)?\s*[（(\[【]?(?P<number>\d{1,3})[)）\]】.、．:：]\s*(?!\d)", re.IGNORECASE
)
_ACT = "点击|输入|选择|打开|进入|提交|切换|返回|勾选|填写|关闭|保存|刷新|登录"
# What joins a second action to a step: a word of order, or 并, 同时 before a verb of doing.
_JOINED = re.compile(rf"(?:然后|接着|随后|(?:并且?|同时|再次?)(?:{_ACT})|\bthen\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Step:
    """A step: its number as it is written (None: none), and its text."""

    number: int | None
    text: str

    @property
    def is_joined(self) -> bool:
        """Whether it holds more than one action."""
        return _JOINED.search(self.text) is not None


def steps_of(text: str) -> list[Step]:
    """The steps of `text`: a numbered line begins one, which lines without a number go on with;
    without any numbers each line is one.
    """
    found: list[Step] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        match = _NUMBER.match(line)
        if match:
            found.append(Step(int(match["number"]), line[match.end() :].strip()))
        elif found and found[-1].number is not None:
            found[-1] = Step(found[-1].number, f"{found[-1].text} {line}".strip())
        else:
            found.append(Step(None, line))
    return found


def is_in_order(steps: list[Step]) -> bool:
    """Whether the numbers are 1, 2, 3…; a single step needs none."""
    numbers = [step.number for step in steps]
    return numbers in (list(range(1, len(steps) + 1)), [None])
