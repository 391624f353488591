"""What becomes of requests decides about their upstream: circuits, through the router."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from taplens.clock import Clock
from taplens.errors import (
    ModelOverloadedError,
    ModelProtocolError,
    ModelRequestError,
    ModelUnreachableError,
)
from taplens.gateway.admission import Windows
from taplens.gateway.breaker import FAULTS, REST_SECONDS
from taplens.gateway.metrics import Metrics
from taplens.gateway.router import Router
from taplens.llm.entries import Model, Provider, Upstream

if TYPE_CHECKING:
    from taplens.gateway.router import Attempt

A, B = (Upstream(Provider(name=name), "Qwen/QwQ-32B", weight) for name, weight in
        (("a", 10**9), ("b", 1)))  # fmt: skip
ALONE, TEAM = Model(name="alone", upstreams=(A,)), Model(name="team", upstreams=(A, B))
CUT = ModelProtocolError("model_answer_cut")
RESET = ModelUnreachableError("model_no_connection", detail="ConnectionResetError")
REFUSED = ModelRequestError("model_request_refused", detail="参数错误")


class World:
    """A router whose time stands still until it is moved on."""

    def __init__(self) -> None:
        self.now = 1000.0
        clock = Clock(monotonic=lambda: self.now)
        self.router = Router(Windows(clock), Metrics(), clock)
        self.asked: list[str] = []

    async def begun(self, model: Model = ALONE) -> Attempt:
        """An attempt whose answer has begun."""

        async def ask(attempt: Attempt) -> None:
            self.asked.append(attempt.upstream.provider.name)
            attempt.answered()

        return (await self.router.first(model, 1, ask))[0]

    def held(self, model: Model = ALONE) -> Held:
        """A request whose upstream says nothing yet."""
        return Held(self, model)

    async def break_down(self) -> None:
        """Let the circuit of `a` open."""
        for _ in range(FAULTS):
            (await self.begun()).failed(CUT)

    def rest(self) -> None:
        self.now += REST_SECONDS


class Held:
    """A request that waits for what the test lets happen to it."""

    def __init__(self, world: World, model: Model) -> None:
        self._world = world
        self.outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sent = asyncio.Event()
        self.task = asyncio.create_task(world.router.first(model, 1, self._ask))

    async def _ask(self, attempt: Attempt) -> None:
        self._world.asked.append(attempt.upstream.provider.name)
        self.sent.set()
        await self.outcome
        attempt.answered()

    async def answers(self) -> Attempt:
        self.outcome.set_result(None)
        return (await self.task)[0]


@pytest.fixture
def world() -> World:
    return World()


async def test_an_upstream_that_always_breaks_after_its_first_event_is_left_alone(
    world: World,
) -> None:
    await world.break_down()
    assert world.router.open_circuits() == 1
    with pytest.raises(ModelOverloadedError) as caught:
        await world.begun()
    assert caught.value.code == "model_resting"
    assert caught.value.retry_after == REST_SECONDS


async def test_a_trial_that_breaks_in_the_middle_opens_the_circuit_again(world: World) -> None:
    await world.break_down()
    world.rest()
    (await world.begun()).failed(CUT)
    assert world.router.open_circuits() == 1


async def test_an_answer_that_came_to_its_end_closes_the_circuit(world: World) -> None:
    await world.break_down()
    world.rest()
    (await world.begun()).completed()
    for _ in range(FAULTS - 1):
        (await world.begun()).failed(CUT)
    assert world.router.open_circuits() == 0


async def test_an_abandoned_stream_counts_neither_way(world: World) -> None:
    for _ in range(FAULTS - 1):
        (await world.begun()).failed(CUT)
    for _ in range(FAULTS):
        (await world.begun()).left()
    assert world.router.open_circuits() == 0
    (await world.begun()).failed(CUT)
    assert world.router.open_circuits() == 1


async def test_a_fault_beside_a_completed_answer_is_counted(world: World) -> None:
    attempts = [await world.begun() for _ in range(FAULTS + 1)]
    attempts.pop().completed()
    for attempt in attempts:
        attempt.failed(CUT)
        attempt.completed()  # only the first end counts
    assert world.router.open_circuits() == 1


async def test_a_refused_request_is_no_fault_of_its_upstream(world: World) -> None:
    for _ in range(FAULTS):
        (await world.begun()).failed(REFUSED)
    assert world.router.open_circuits() == 0


async def test_one_trial_goes_at_a_time_until_its_answer_begins(world: World) -> None:
    await world.break_down()
    world.rest()
    trial = world.held()
    await trial.sent.wait()
    with pytest.raises(ModelOverloadedError):
        await world.begun()
    begun = await trial.answers()
    others = [await world.begun() for _ in range(3)]  # its body is not read yet
    begun.completed()
    for other in others:
        other.completed()
    assert world.router.open_circuits() == 0


async def test_a_trial_that_is_given_up_leaves_the_turn_to_the_next(world: World) -> None:
    await world.break_down()
    world.rest()
    trial = world.held()
    await trial.sent.wait()
    trial.task.cancel()
    await asyncio.wait({trial.task})
    (await world.begun()).completed()


async def test_a_late_end_of_an_earlier_request_ends_nobody_elses_trial(world: World) -> None:
    early, late = await world.begun(), await world.begun()
    await world.break_down()
    world.rest()
    trial = world.held()
    await trial.sent.wait()
    early.left()
    late.completed()  # it began before the circuit opened: that was then
    with pytest.raises(ModelOverloadedError):
        await world.begun()
    (await trial.answers()).completed()
    await world.begun()


async def test_a_circuit_that_opens_during_failover_is_seen(world: World) -> None:
    broken = [await world.begun(Model(name="b", upstreams=(B,))) for _ in range(FAULTS)]
    first = world.held(TEAM)
    await first.sent.wait()
    for attempt in broken:
        attempt.failed(CUT)
    first.outcome.set_exception(CUT)
    with pytest.raises(ModelProtocolError):
        await first.task
    assert world.asked[FAULTS:] == ["a"]


async def test_a_connection_torn_before_the_answer_is_tried_once_more(world: World) -> None:
    faults = [RESET]

    async def ask(attempt: Attempt) -> str:
        world.asked.append(attempt.upstream.provider.name)
        if faults:
            raise faults.pop()
        return "好"

    assert (await world.router.first(ALONE, 1, ask))[1] == "好"
    faults += [RESET, RESET]
    with pytest.raises(ModelUnreachableError):
        await world.router.first(ALONE, 1, ask)
    assert world.asked == ["a"] * 4
    faults += [RESET, RESET]
    await world.router.first(TEAM, 1, ask)
    assert world.asked[4:] == ["a", "b", "b"]


@pytest.mark.parametrize("fault", [CUT, RESET])
async def test_nothing_is_asked_again_once_an_answer_has_begun(
    world: World, fault: ModelProtocolError | ModelUnreachableError
) -> None:
    async def ask(attempt: Attempt) -> None:
        world.asked.append(attempt.upstream.provider.name)
        attempt.answered()
        raise fault

    with pytest.raises(type(fault)):
        await world.router.first(ALONE, 1, ask)
    assert world.asked == ["a"]


async def test_an_upstream_that_does_well_leaves_nothing_behind(world: World) -> None:
    for _ in range(3):
        (await world.begun()).completed()
    assert not world.router._breakers
