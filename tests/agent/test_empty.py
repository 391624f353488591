"""A workspace without items is answered with nothing, never with an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taplens.agent.direct.answerer import Direct
from taplens.config import Secret, Settings
from taplens.mirror import Keeper
from taplens.mirror.database import open_mirror
from taplens.mirror.landing.metadata import ensure_workspace
from taplens.mirror.schema import workspace
from tests.agent.conftest import CLOCK, FIRST, NOW

if TYPE_CHECKING:
    from pathlib import Path

QUESTIONS = [
    "缺陷有多少？", "未关闭的缺陷有哪些", "Open bugs by owner", "最近30天缺陷趋势",
    "缺陷的修复时长", "未关闭的缺陷什么时候能做完？", "本月和上月新增缺陷对比",
    "最老的5个未关闭缺陷", "缺陷的高频词", "bugs about 支付", "缺陷1000001",
    "bugs similar to 1000001", "本迭代燃尽图", "上个迭代的缺陷",
]  # fmt: skip


@pytest.fixture
def empty(tmp_path: Path) -> Settings:
    """A mirror of a workspace that has nothing, complete."""
    settings = Settings(home=tmp_path, workspace_ids=(FIRST,), access_token=Secret("demo"))
    database = open_mirror(settings)
    with database.write() as connection:
        ensure_workspace(connection, {"id": FIRST, "name": "空项目"})
        connection.execute(workspace.update().values(answerable_at=NOW, synced_at=NOW))
    database.close()
    return settings


async def test_an_empty_workspace_has_nothing_to_tell(empty: Settings) -> None:
    async with Keeper(empty, clock=CLOCK) as keeper:

        async def opened() -> Keeper:
            return keeper

        direct = Direct(opened, CLOCK)
        for question in QUESTIONS:
            answered = await direct.ask([question])
            assert answered.text, question
            assert answered.basis.item_ids == ()
        counted = await direct.ask(["缺陷有多少？"])
        assert counted.text.startswith("共 **0** 个缺陷。")
