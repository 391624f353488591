"""The mirror: a workspace in SQL, kept in step with TAPD, and the reads that answer from it.

Names are loaded when they are used: importing the package must not load the database layer.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taplens.mirror.database import Database as Database
    from taplens.mirror.database import open_mirror as open_mirror
    from taplens.mirror.database import open_state as open_state
    from taplens.mirror.keeper import Keeper as Keeper
    from taplens.mirror.sync.progress import Progress as Progress
    from taplens.mirror.sync.progress import ProgressEvent as ProgressEvent
    from taplens.mirror.sync.progress import SyncReport as SyncReport

_HOMES = {
    "Database": "database",
    "Keeper": "keeper",
    "Progress": "sync.progress",
    "ProgressEvent": "sync.progress",
    "SyncReport": "sync.progress",
    "open_mirror": "database",
    "open_state": "database",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"taplens.mirror.{_HOMES[name]}"), name)
