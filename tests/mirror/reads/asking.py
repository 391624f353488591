"""Short forms of the questions that the tests put to a mirror."""

from __future__ import annotations

import atexit
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from taplens.analysis.counts import Counted, count_items
from taplens.errors import FilterError
from taplens.filters import parse
from taplens.mirror.database import Database
from taplens.mirror.reads_find import Found, find_items
from taplens.mirror.scope import Scope
from taplens.mirror.snapshot.keeping import Snapshots
from tests.mirror.reads.builders import SCOPE


def found(team: Database, where: str, scope: Scope = SCOPE, **page: Any) -> Found:
    with team.read() as connection:
        return find_items(connection, parse(where), scope, **page)


def ids(team: Database, where: str, scope: Scope = SCOPE) -> list[str]:
    """`type:number` of what is found, in order."""
    return [f"{row.type}:{row.number}" for row in found(team, where, scope).rows]


@cache
def snapshots(team: Database) -> Snapshots:
    """The snapshots of a mirror, in a folder that goes with this process."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    return Snapshots(team, Path(folder.name))


def counted(team: Database, where: str, *by: str, scope: Scope = SCOPE, **page: Any) -> Counted:
    return snapshots(team).ask(
        lambda source: count_items(source, parse(where), scope, by=by, **page)
    )


def groups(team: Database, where: str, *by: str, scope: Scope = SCOPE) -> dict[Any, int]:
    """Labels (one, or a tuple of them) -> count."""
    result = counted(team, where, *by, scope=scope)
    return {
        group.labels[0] if len(by) == 1 else group.labels: group.count for group in result.groups
    }


def refused(team: Database, where: str, scope: Scope = SCOPE) -> FilterError:
    with pytest.raises(FilterError) as caught:
        found(team, where, scope)
    return caught.value
