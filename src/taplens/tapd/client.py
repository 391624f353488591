"""The TAPD client: lists, counts, pages, and thin readers of the metadata."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from taplens.clock import Clock
from taplens.config import Settings
from taplens.errors import ProtocolError, ServerFaultError
from taplens.tapd.budget import RequestBudget
from taplens.tapd.entities import LIFE_TIME, RELATED_BUG, REMOVED, STORY_TCASE, Entity
from taplens.tapd.envelope import mapping_of, wrapped_row, wrapped_rows
from taplens.tapd.paging import Page, check_depth, read_pages
from taplens.tapd.transport import Transport, Usage, account_of, attempt_seconds
from taplens.tapd.values import parse_options

Row = dict[str, Any]

RELATION_BATCH = 200  # ids a request: about 4 KB of URL
SMALLEST_PART = 25  # a page that is too large is halved down to this many rows
_BUDGET_MARGIN_SECONDS = 5.0
_ENABLED_TYPE = "3"


class Client:
    """Reads from TAPD for one account; an async context manager.

    One pooled session, opened at the first request. Every method raises a TapdError when TAPD's
    answer isn't what it promises; none returns a partial answer.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        budget: RequestBudget | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        clock = clock or Clock()
        self.account: str = account_of(settings)
        self._settings = settings
        self._budget = budget or budget_of(settings, clock, sleep)
        self._transport = Transport(settings, self._budget, clock=clock, sleep=sleep)

    @property
    def usage(self) -> Usage:
        """What this client has cost so far."""
        return self._transport.usage

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes the session and the budget's file."""
        await self._transport.aclose()
        await self._budget.aclose()

    async def get(self, path: str, **parameters: object) -> Any:
        """The checked `data` of GET `path`; parameters that are None are left out."""
        return await self._transport.get(path, parameters)

    async def rows(
        self,
        entity: Entity,
        *,
        workspace_id: str,
        page: int = 1,
        limit: int | None = None,
        **parameters: object,
    ) -> list[Row]:
        """One page of `entity`'s list, out of the wrappers, ids as strings.

        `limit` defaults to the entity's page cap. A page too large for TAPD (502) is read in
        halves. Raises RejectedError("too_deep") beyond page * limit = 20000.
        """
        size = limit or entity.page_cap
        check_depth(page, size)
        query = {"workspace_id": workspace_id, "page": page, "limit": size, **parameters}
        can_halve = size % 2 == 0 and size // 2 >= SMALLEST_PART
        try:
            data = await self._transport.get(entity.path, query, divisible=can_halve)
        except ServerFaultError as fault:
            if not can_halve or fault.parameters.get("status") != 502:
                raise
            return await self._halves(entity, workspace_id, page, size // 2, parameters)
        return wrapped_rows(data, entity.wrapper, entity.path)

    async def _halves(
        self, entity: Entity, workspace_id: str, page: int, half: int, parameters: Row
    ) -> list[Row]:
        """Page `page` of 2 * `half` rows, read as its two pages of `half` rows."""
        found: list[Row] = []
        for number in (2 * page - 1, 2 * page):
            part = await self.rows(
                entity, workspace_id=workspace_id, page=number, limit=half, **parameters
            )
            found += part
            if len(part) < half:
                break
        return found

    async def count(self, entity: Entity, *, workspace_id: str, **parameters: object) -> int:
        """How many rows of `entity` match, by its count path."""
        path = entity.count_path
        if path is None:
            raise ValueError(f"{entity.name} has no count path")
        data = await self.get(path, workspace_id=workspace_id, **parameters)
        number = data.get("count") if isinstance(data, dict) else None
        if not str(number).isdecimal():
            raise ProtocolError("count_missing", path=path)
        return int(str(number))

    def pages(
        self,
        entity: Entity,
        *,
        workspace_id: str,
        total: int | None = None,
        start_page: int = 1,
        limit: int | None = None,
        **parameters: object,
    ) -> AsyncGenerator[Page, None]:
        """The pages of `entity`'s list, in order, `requests_in_flight` of them at once.

        `total` is the count where it is known; without it reading ends at the first page that
        isn't full. Give an `order` that doesn't move while reading (`id desc`).
        """
        size = limit or entity.page_cap

        def fetch(page: int) -> Awaitable[list[Row]]:
            return self.rows(entity, workspace_id=workspace_id, page=page, limit=size, **parameters)

        in_flight = self._settings.requests_in_flight
        return read_pages(
            fetch, limit=size, total=total, start_page=start_page, in_flight=in_flight
        )

    # Account and workspaces.

    async def user_info(self) -> Row:
        """The person behind a personal token: `nick`, `name`, …; API accounts are refused."""
        return wrapped_row(await self.get("users/info"), None, "users/info")

    async def workspace_info(self, workspace_id: str) -> Row:
        """The Workspace row of one workspace."""
        path = "workspaces/get_workspace_info"
        row = wrapped_row(await self.get(path, workspace_id=workspace_id), "Workspace", path)
        return _trimmed(row)

    async def workspaces_of(self, nick: str, company_id: str | None = None) -> list[Row]:
        """The workspaces `nick` takes part in, without the company itself."""
        path = "workspaces/user_participant_projects"
        data = await self.get(path, nick=nick, company_id=company_id)
        rows = wrapped_rows(data, "Workspace", path)
        return [_trimmed(row) for row in rows if row.get("category") != "organization"]

    async def users(self, workspace_id: str) -> list[Row]:
        """The members: `user` is the nick that every people column uses."""
        path = "workspaces/users"
        return wrapped_rows(await self.get(path, workspace_id=workspace_id), "UserWorkspace", path)

    async def roles(self, workspace_id: str) -> dict[str, str]:
        """Role id → name."""
        return await self._texts("roles", workspace_id=workspace_id)

    # Workflows: per system ("story", "bug") and work-item type.

    async def status_map(
        self, workspace_id: str, system: str, workitem_type_id: str | None = None
    ) -> dict[str, str]:
        """Status key → the team's own word."""
        return await self._workflow("status_map", workspace_id, system, workitem_type_id)

    async def first_step(
        self, workspace_id: str, system: str, workitem_type_id: str | None = None
    ) -> dict[str, str]:
        """The status where items begin, as a map of one."""
        return await self._workflow("first_step", workspace_id, system, workitem_type_id)

    async def last_steps(
        self, workspace_id: str, system: str, workitem_type_id: str | None = None
    ) -> dict[str, str]:
        """The end states: status key → label."""
        return await self._workflow("last_steps", workspace_id, system, workitem_type_id)

    async def all_last_steps(self, workspace_id: str, system: str) -> dict[str, dict[str, str]]:
        """The end states of every work-item type: type id → (status key → label)."""
        path = "workflows/all_last_steps"
        data = await self.get(
            path, workspace_id=workspace_id, system=system, group_key="workitem_type_id"
        )
        return {key: _text_map(steps, path) for key, steps in mapping_of(data, path).items()}

    async def transitions(
        self, workspace_id: str, system: str, workitem_type_id: str | None = None
    ) -> list[Row]:
        """Every transition, with `StepPrevious` and `StepNext`."""
        path = "workflows/all_transitions"
        data = await self.get(
            path, workspace_id=workspace_id, system=system, workitem_type_id=workitem_type_id
        )
        return wrapped_rows(data, None, path)

    async def _workflow(
        self, name: str, workspace_id: str, system: str, workitem_type_id: str | None
    ) -> dict[str, str]:
        return await self._texts(
            f"workflows/{name}",
            workspace_id=workspace_id,
            system=system,
            workitem_type_id=workitem_type_id,
        )

    # Fields.

    async def custom_fields(self, workspace_id: str, entity: Entity) -> list[Row]:
        """The custom-field settings of `entity`, disabled ones too."""
        path = f"{entity.path}/custom_fields_settings"
        data = await self.get(path, workspace_id=workspace_id)
        return wrapped_rows(data, "CustomFieldConfig", path)

    async def fields_info(self, workspace_id: str, entity: Entity) -> dict[str, Row]:
        """Field name → its row with `label`, `html_type` and, as a list of Option, `options`."""
        path = f"{entity.path}/get_fields_info"
        fields = mapping_of(await self.get(path, workspace_id=workspace_id), path)
        if not all(isinstance(field, dict) for field in fields.values()):
            raise ProtocolError("data_not_a_map", path=path, found="fields")
        return {
            name: field | {"options": parse_options(field.get("options"))}
            for name, field in fields.items()
        }

    async def field_labels(self, workspace_id: str, entity: Entity) -> dict[str, str]:
        """Field name → label, of stories and bugs. TAPD spells the path so."""
        return await self._texts(f"{entity.path}/get_fields_lable", workspace_id=workspace_id)

    # What hangs between items.

    async def related_bugs(self, workspace_id: str, story_ids: Iterable[str]) -> list[Row]:
        """story_id, bug_id of every link of these stories; in batches of 200 ids."""
        return await self._batched(RELATED_BUG, workspace_id, "story_id", list(story_ids))

    async def story_tcases(self, workspace_id: str, story_ids: Iterable[str]) -> list[Row]:
        """story_id, tcase_id, test_plan_id of every link of these stories; in batches."""
        return await self._batched(STORY_TCASE, workspace_id, "story_id", list(story_ids))

    async def removed(self, workspace_id: str, kind: str, **parameters: object) -> list[Row]:
        """The recycle bin of `kind` (story, task, bug).

        Without parameters: deleted items. `is_archived=1` gives archived stories instead;
        `include_all=1` adds moved and merged bugs; `deleted` (stories) and `modified` take days.
        """
        return await self._all(REMOVED[kind], workspace_id, **parameters)

    async def life_times(self, workspace_id: str, entity: Entity, item_id: str) -> list[Row]:
        """TAPD's own reckoning of one item's time in each state."""
        return await self._all(LIFE_TIME, workspace_id, entity_type=entity.name, entity_id=item_id)

    async def _batched(
        self, entity: Entity, workspace_id: str, name: str, ids: Sequence[str]
    ) -> list[Row]:
        batches = [ids[at : at + RELATION_BATCH] for at in range(0, len(ids), RELATION_BATCH)]
        found = await asyncio.gather(
            *(self._all(entity, workspace_id, **{name: batch}) for batch in batches)
        )
        return [row for rows in found for row in rows]

    async def _all(self, entity: Entity, workspace_id: str, **parameters: object) -> list[Row]:
        """Every row of a list without a count, whether TAPD pages it or gives it whole.

        The reference is silent on which: a list given whole is shorter or longer than a page, or
        its second page repeats the first.
        """
        found: list[Row] = []
        page = 1
        while True:
            query: dict[str, Any] = {"page": page, **parameters}
            rows = await self.rows(entity, workspace_id=workspace_id, **query)
            if found and rows and rows[0] == found[0]:
                return found
            found += rows
            if len(rows) != entity.page_cap:
                return found
            page += 1

    async def _texts(self, path: str, **parameters: object) -> dict[str, str]:
        return _text_map(await self.get(path, **parameters), path)


def budget_of(
    settings: Settings, clock: Clock, sleep: Callable[[float], Awaitable[object]]
) -> RequestBudget:
    """The budget that all of this user's processes share for this account and base URL."""
    return RequestBudget(
        settings.budget_path,
        f"{account_of(settings)} {settings.api_base_url}",
        settings.requests_per_minute,
        hold_seconds=attempt_seconds(settings) + _BUDGET_MARGIN_SECONDS,
        fallback=settings.home / settings.budget_path.name,
        clock=clock,
        sleep=sleep,
    )


def task_type_id(workitem_types: Iterable[Mapping[str, Any]]) -> str | None:
    """The work-item type that stands for tasks where a workspace keeps its tasks as stories.

    Such a workspace has an enabled type whose English name is TASK; its tasks are read from the
    stories with this `workitem_type_id`. None where tasks are tasks.
    """
    for row in workitem_types:
        if row.get("english_name") == "TASK" and str(row.get("status")) == _ENABLED_TYPE:
            return str(row["id"])
    return None


def _text_map(data: Any, path: str) -> dict[str, str]:
    return {str(key): str(value) for key, value in mapping_of(data, path).items()}


def _trimmed(row: Row) -> Row:
    """The row with its company id without the blanks that TAPD sometimes puts before it."""
    company = row.get("company_id")
    return row | {"company_id": company.strip()} if isinstance(company, str) else row
