"""What the endpoints stand on: the generated world, its rows, and the table of endpoints' form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from taplens.sandbox.server.call import Call
from taplens.sandbox.server.envelope import Refusal, Result
from taplens.sandbox.server.kept import KeptPages
from taplens.sandbox.store import Store
from taplens.sandbox.world import World
from taplens.tapd.entities import PAGE_CAP


@dataclass(frozen=True, slots=True)
class Site:
    """One sandbox's data as the endpoints read it."""

    world: World
    kept: KeptPages = field(default_factory=KeptPages)

    @property
    def store(self) -> Store:
        """The rows."""
        return self.world.store

    def workspace(self, workspace_id: str) -> dict[str, Any] | None:
        """The row of a workspace (or company), None where there is none."""
        return next((row for row in self.store.workspaces() if row["id"] == workspace_id), None)

    def members(self, workspace: dict[str, Any]) -> list[dict[str, Any]]:
        """The member rows of a workspace; a company's are those of all its workspaces."""
        if workspace.get("category") != "organization":
            return self.store.select("user", workspace["id"], order="rowid")
        everyone: dict[str, dict[str, Any]] = {}
        for row in self.store.workspaces():
            if company_of(row) == workspace["id"]:
                everyone |= {one["user"]: one for one in self.store.select("user", row["id"])}
        return list(everyone.values())

    def visible_workspace(self, call: Call, *, company: bool) -> dict[str, Any]:
        """The workspace the call names.

        `company` allows the id of a company. A workspace that doesn't exist and one that the
        account may not see are refused alike: TAPD doesn't tell which. Raises Refusal (422
        without a workspace_id, else 404).
        """
        workspace_id = call.need("workspace_id")
        row = self.workspace(workspace_id)
        if row is None or not self.sees(call, row) or "forbidden" in call.conditions:
            raise no_workspace(workspace_id)
        if row.get("category") == "organization" and not company:
            raise no_workspace(workspace_id)
        return row

    def sees(self, call: Call, workspace: dict[str, Any]) -> bool:
        """Whether the caller may see a workspace; companies are visible to all."""
        workspace_id = workspace["id"]
        allowed = call.account.workspaces if call.account else frozenset[str]()
        return workspace_id not in call.hidden_workspaces and (
            allowed is None
            or workspace_id in allowed
            or workspace.get("category") == "organization"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One GET path as data.

    `scope` says which id `workspace_id` must be: "workspace", "company" (either kind) or ""
    (not asked for). `need` are required parameters, of `need_any` one is enough. `personal`
    marks paths that only a personal token may use. `entity` and `wrapper` are what the
    handler serves: rows of the store, each under the wrapper key (None: bare).
    """

    path: str
    handler: Callable[[Site, Call, Endpoint], Result]
    entity: str = ""
    wrapper: str | None = None
    scope: str = "workspace"
    need: tuple[str, ...] = ()
    need_any: tuple[str, ...] = ()
    personal: bool = False
    paged: bool = True
    page_cap: int = PAGE_CAP

    def answer(self, site: Site, call: Call) -> Result:
        """The result for one call, after the checks every endpoint shares. Raises Refusal."""
        if self.personal and not (call.account and call.account.personal):
            raise Refusal(403, f"{self.path} needs a user's access token")
        if self.scope:
            site.visible_workspace(call, company=self.scope == "company")
        for parameter in self.need:
            call.need(parameter)
        if self.need_any and not any(call.get(parameter) for parameter in self.need_any):
            raise Refusal(422, f"one of {', '.join(self.need_any)} is required")
        return self.handler(site, call, self)


def company_of(workspace: dict[str, Any]) -> str:
    """The company a workspace belongs to; recorded rows carry a leading space."""
    return str(workspace.get("company_id") or "").strip()


def no_workspace(workspace_id: str) -> Refusal:
    """The refusal of a workspace that is missing or hidden."""
    return Refusal(404, f"workspace {workspace_id} not existed")
