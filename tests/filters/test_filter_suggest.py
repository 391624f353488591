"""The nearest names come first, in Chinese too, and importing the language costs little."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from taplens.filters import fold, nearest

NAMES = [
    "status",
    "severity",
    "created",
    "completed",
    "custom_field_one",
    "处理人",
    "创建人",
    "创建时间",
    "严重程度",
]


def test_typing_errors_find_their_name() -> None:
    assert nearest("statsu", NAMES)[0] == "status"
    assert nearest("creatd", NAMES)[0] == "created"
    assert nearest("custom field one", NAMES)[0] == "custom_field_one"
    assert nearest("customfield", NAMES)[0] == "custom_field_one"


def test_chinese_labels_find_their_nearest() -> None:
    assert nearest("处理者", NAMES)[0] == "处理人"
    assert nearest("创建日期", NAMES)[0] in ("创建人", "创建时间")
    assert nearest("创建", NAMES)[:2] == ["创建人", "创建时间"]
    assert nearest("当前处理人", NAMES)[0] == "处理人"
    assert nearest("测试", ["待测试", "测试中", "已关闭"]) == ["测试中", "待测试"]


def test_case_and_width_make_no_difference() -> None:
    assert nearest("ＳＴＡＴＵＳ", NAMES)[0] == "status"
    assert fold("Ａbc：") == "abc:"


def test_what_is_like_nothing_finds_nothing() -> None:
    assert nearest("zzzz", NAMES) == []
    assert nearest("  ", NAMES) == []
    assert nearest("status", NAMES, limit=0) == []
    assert nearest("status", ["", "状态", "status", "status"]) == ["status"]


@given(st.text(), st.lists(st.text()), st.integers(-1, 5))
def test_suggestions_are_candidates_each_once_and_no_more_than_asked(
    name: str, candidates: list[str], limit: int
) -> None:
    found = nearest(name, candidates, limit)
    assert len(found) == len(set(found)) <= max(limit, 0)
    assert set(found) <= set(candidates)


def test_many_long_candidates_are_compared_quickly() -> None:
    assert len(nearest("长" * 5000, [f"{number}" + "长" * 5000 for number in range(500)])) == 3


def test_importing_the_language_takes_less_than_the_ground_it_stands_on(tmp_path: Path) -> None:
    program = (
        "import time; begun = time.process_time(); import taplens.errors, taplens.clock;"
        "ground = time.process_time(); import taplens.filters, sys;"
        "print((time.process_time() - ground) / (ground - begun));"
        "assert not {'difflib', 'sqlalchemy', 'aiohttp', 'pydantic'} & set(sys.modules)"
    )
    # As installed: with the bytecode that the first of the runs leaves.
    environment = os.environ | {"PYTHONPYCACHEPREFIX": str(tmp_path), "PYTHONDONTWRITEBYTECODE": ""}
    command = [sys.executable, "-c", program]
    runs = [
        subprocess.run(command, env=environment, capture_output=True, check=True) for _ in range(6)
    ]
    assert min(float(run.stdout) for run in runs) < 1.0
