"""Fixtures that all parts share: a sandbox that answers as TAPD does, over real HTTP."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from taplens.config import Settings

if TYPE_CHECKING:
    from taplens.sandbox import RunningSandbox

SandboxFactory = Callable[..., "RunningSandbox"]
TODAY = date(2026, 3, 31)

# The limit of a whole test bounds its examples; a slow machine is no fault of one of them.
settings.register_profile("taplens", deadline=None, database=None)
settings.load_profile("taplens")


@pytest.fixture(scope="session", autouse=True)
def budgets_apart() -> Iterator[None]:
    """No test uses the request budget of who runs it: each home has one of its own here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            Settings,
            "budget_path",
            property(lambda self: (self.budget_folder or self.home) / "budget.db"),
        )
        yield


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[RunningSandbox]:
    """One sandbox of 200 items for all tests: its world must not be changed."""
    from taplens.sandbox import SandboxOptions, running

    with running(SandboxOptions(items=200, seed=7, today=TODAY)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared_sandbox: RunningSandbox) -> Iterator[RunningSandbox]:
    """The shared sandbox with an empty request log; faults set on it are cleared at the end."""
    shared_sandbox.clear_requests()
    yield shared_sandbox
    shared_sandbox.clear_faults()


@pytest.fixture
def start_sandbox() -> Iterator[SandboxFactory]:
    """Starts sandboxes of the test's own, whose worlds it may change: options as keywords."""
    from taplens.sandbox import SandboxOptions, running

    with contextlib.ExitStack() as stack:

        def start(**options: Any) -> RunningSandbox:
            chosen = SandboxOptions(**{"items": 20, "seed": 7, "today": TODAY} | options)
            return stack.enter_context(running(chosen))

        yield start
