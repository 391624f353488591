"""What `taplens doctor` examines, one function a subject."""

from __future__ import annotations

import asyncio
import platform
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any

from taplens import messages
from taplens.clock import Clock, iso_time
from taplens.config import Secret, describe
from taplens.errors import EmbeddingError, MirrorError, TapLensError

if TYPE_CHECKING:
    from taplens.config import Settings
    from taplens.mirror.health import DatabaseHealth
    from taplens.tapd import Client

_LIBRARIES = (
    "mcp",
    "pydantic",
    "sqlalchemy",
    "numpy",
    "aiohttp",
    "starlette",
    "uvicorn",
    "click",
    "rich",
)
_OLDEST_PYTHON = (3, 11)
_CLOCK_STARTS = 1_735_689_600  # 2025-01-01: before it, a clock was never set
_CLOCK_SLACK = 300
_FILES = ("mirror.db", "state.db")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing examined: what was found, and what to do where it is wrong."""

    name: str
    detail: str
    wrong: bool = False
    mend: str = ""

    def json_object(self) -> dict[str, Any]:
        """The finding for programs."""
        told = {"check": self.name, "ok": not self.wrong, "finding": self.detail}
        return told | ({"mend": self.mend} if self.mend else {})


def examine(load: Callable[[], Settings], clock: Clock | None = None) -> list[Finding]:
    """Everything, in an order in which the first fault tends to explain the later ones."""
    clock = clock or Clock()
    findings = [_python(), _libraries()]
    try:
        settings = load()
    except TapLensError as fault:
        return [*findings, _fault("settings", fault)]
    findings += _configured(settings)
    findings += _required(settings)
    findings.append(_home(settings))
    findings += _databases(settings)
    findings += _mirror(settings, clock)
    findings.append(asyncio.run(_asked("embedder", _embedder(settings))))
    findings += asyncio.run(_tapd(settings, clock))
    return findings


def _fault(name: str, fault: TapLensError) -> Finding:
    return Finding(name, fault.message(), True, fault.mend())


def _python() -> Finding:
    shown = f"{platform.python_implementation()} {platform.python_version()}, {sys.platform}"
    old = sys.version_info[:2] < _OLDEST_PYTHON
    return Finding("python", shown, old, messages.text("doctor.python.mend") if old else "")


def _libraries() -> Finding:
    missing = []
    shown = []
    for name in _LIBRARIES:
        try:
            shown.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        mend = messages.text("doctor.libraries.mend")
        return Finding("libraries", ", ".join(missing), True, mend)
    return Finding("libraries", ", ".join(shown))


def _configured(settings: Settings) -> Iterator[Finding]:
    """Every setting: its value, or for a secret only whether it is set."""
    for name, variable, _default, _about in describe():
        value = getattr(settings, name)
        if isinstance(value, Secret) or name == "database_url":
            value = messages.text("doctor.set") if value else messages.text("doctor.unset")
        elif value in (None, "", ()):
            value = messages.text("doctor.unset")
        elif isinstance(value, tuple):
            value = ", ".join(value)
        yield Finding(variable, str(value))


def _required(settings: Settings) -> Iterator[Finding]:
    from taplens.errors import ConfigurationError

    if not settings.has_credentials:
        yield _fault("credentials", ConfigurationError("credentials_missing"))
    if not settings.workspace_ids:
        yield _fault("workspaces", ConfigurationError("workspace_missing"))


def _home(settings: Settings) -> Finding:
    from taplens.errors import ReadOnlyMirrorError

    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.home):
            return Finding("home", str(settings.home))
    except OSError:
        return _fault("home", ReadOnlyMirrorError("mirror_read_only", place=str(settings.home)))


def _databases(settings: Settings) -> Iterator[Finding]:
    from taplens.mirror.health import databases

    for database in databases(settings):
        yield _database(database)


def _database(database: DatabaseHealth) -> Finding:
    from taplens.errors import CorruptMirrorError
    from taplens.mirror.health import WHOLE

    name = f"{database.name}.db"
    if not database.exists:
        return Finding(name, messages.text("doctor.database.new"))
    if database.fault is not None:
        return _fault(name, database.fault)
    if database.integrity not in ("", WHOLE):
        return _fault(name, CorruptMirrorError("mirror_corrupt", place=database.place))
    version = messages.text("doctor.database.version", version=database.version)
    return Finding(name, f"{database.place}, {version}")


def _mirror(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """What the mirror says: how fresh it is, who syncs, and whether the clock can be right."""
    from taplens.mirror.database import open_mirror
    from taplens.mirror.health import mirror_health

    newest = None
    if settings.database_url or settings.mirror_path.exists():
        try:
            database = open_mirror(settings)
            try:
                with database.read() as connection:
                    health = mirror_health(connection)
            finally:
                database.close()
        except MirrorError:
            return  # already told, as the database's own fault
        newest = health.newest
        yield _lease(health.lease_holder, health.lease_until, clock)
        for workspace_id, synced in health.synced.items():
            told = iso_time(synced) if synced else messages.text("doctor.synced.never")
            yield Finding(f"synced {workspace_id}", told)
    yield _clock(clock, newest)


def _lease(holder: str | None, until: float, clock: Clock) -> Finding:
    held = holder is not None and until > clock.seconds()
    return Finding("lease", str(holder) if held else messages.text("doctor.lease.free"))


def _clock(clock: Clock, newest: int | None) -> Finding:
    now = clock.now()
    shown = iso_time(now)
    if now < _CLOCK_STARTS or (newest is not None and newest > now + _CLOCK_SLACK):
        return Finding("clock", shown, True, messages.text("doctor.clock.mend"))
    return Finding("clock", shown)


async def _embedder(settings: Settings) -> str:
    """Whether what makes vectors makes one, and of how many numbers.

    Raises EmbeddingError where those that are there have another length.
    """
    from taplens.mirror.embedders.choosing import embedder_of
    from taplens.mirror.health import vector_length
    from taplens.mirror.vectors.embedding import SAMPLE

    embedder = embedder_of(settings)
    if embedder is None:
        return messages.text("doctor.embedder.off")
    try:
        vectors = await embedder.embed([SAMPLE], query=True)
    finally:
        await embedder.aclose()
    name, found = embedder.name, vectors.shape[1]
    known = await asyncio.to_thread(vector_length, settings, name)
    if known not in (0, found):
        raise EmbeddingError("embedding_dimensions", embedder=name, found=found, known=known)
    return messages.text("doctor.embedder", name=name, dimensions=found)


async def _tapd(settings: Settings, clock: Clock) -> list[Finding]:
    """Whether TAPD answers, knows the account, and shows the workspaces."""
    if not settings.has_credentials:
        return []
    from taplens.tapd import Client

    findings = []
    async with Client(settings, clock=clock) as client:
        findings.append(await _asked("TAPD", _account(client, settings)))
        if findings[0].wrong:
            return findings
        if settings.access_token and not settings.workspace_ids:
            findings.append(await _asked("your workspaces", _own_workspaces(client)))
        for workspace_id in settings.workspace_ids:
            name = f"workspace {workspace_id}"
            findings.append(await _asked(name, _workspace(client, workspace_id)))
    return findings


async def _asked(name: str, question: Awaitable[str]) -> Finding:
    try:
        return Finding(name, await question)
    except TapLensError as fault:
        return _fault(name, fault)


async def _account(client: Client, settings: Settings) -> str:
    if settings.access_token:
        nick = str((await client.user_info()).get("nick") or "?")
    else:  # only a token is bound to a person; this answer holds the password: not to be shown
        await client.get("quickstart/testauth")
        nick = settings.api_user
    return messages.text("doctor.tapd", url=settings.api_base_url, nick=nick)


async def _own_workspaces(client: Client) -> str:
    """What TAPD_WORKSPACE_ID could be set to."""
    nick = str((await client.user_info()).get("nick") or "")
    rows = await client.workspaces_of(nick)
    return "; ".join(f"{row.get('id')} {row.get('name')}" for row in rows)


async def _workspace(client: Client, workspace_id: str) -> str:
    found = await client.workspace_info(workspace_id)
    return str(found.get("name") or workspace_id)
