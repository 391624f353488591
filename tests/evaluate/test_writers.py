"""Files that several processes change: no change is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from taplens.errors import ExportError
from taplens.evaluate.knowledge import Knowledge
from taplens.evaluate.model import Requirement
from taplens.evaluate.rules import change, load, path_of
from taplens.tables import exclusive, locking

ADDING = """
import sys
from pathlib import Path
from taplens.evaluate.knowledge import Knowledge
from taplens.evaluate.model import Requirement
from taplens.evaluate.rules import change, path_of
home, name = Path(sys.argv[1]), sys.argv[2]
kept = Knowledge(home)
for number in range(20):
    kept.add(Requirement(id="", title=f"{name} 需求 {number}"))
change(path_of(home), {f"shares.{name}": "0-5"})
"""


def test_what_two_processes_add_is_all_there(tmp_path: Path) -> None:
    asked = [sys.executable, "-c", ADDING, str(tmp_path)]
    running = [subprocess.Popen([*asked, name]) for name in ("X", "Y")]
    assert [one.wait(timeout=20) for one in running] == [0, 0]
    held = Knowledge(tmp_path).all()
    assert len({one.id for one in held}) == len({one.title for one in held}) == 40
    assert {"X", "Y"} <= load(path_of(tmp_path)).shares.keys()


def test_who_waits_too_long_is_told_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locking, "SECONDS", 0.05)
    kept = Knowledge(tmp_path)
    kept.add(Requirement(id="R1", title="登录"))
    with exclusive(kept.path), pytest.raises(ExportError) as caught:
        kept.clear()
    assert caught.value.code == "file_busy"
    assert len(kept.all()) == 1


def test_a_change_that_fails_lets_the_next_one_in(tmp_path: Path) -> None:
    for _ in range(3):
        with pytest.raises(Exception, match="title_length"):
            change(path_of(tmp_path), {"title_length": "0"})
    assert change(path_of(tmp_path), {"title_length": "50"}).title_length == 50
