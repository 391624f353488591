"""Accounts, members and roles."""

from __future__ import annotations

from typing import Any

from taplens.sandbox.server.call import Call
from taplens.sandbox.server.envelope import Refusal, Result
from taplens.sandbox.server.listing import presented, rows_where, wrapped
from taplens.sandbox.server.site import Endpoint, Site, company_of
from taplens.sandbox.server.workflow import end_states


def user_info(site: Site, call: Call, _endpoint: Endpoint) -> Result:
    """Whose token it is: a flat object with what the doc page and live answers hold together."""
    nick = call.account.nick if call.account else ""
    member, company = _membership(site, nick)
    return Result({
        "id": member.get("user_id", ""),
        "nick": nick,
        "name": member.get("name", nick),
        "email": member.get("email", ""),
        "avatar": "",
        "enabled": "1",
        "status_id": "1",
        "status_name": "在职",
        "current_company_id": company,
    })  # fmt: skip


def test_authentication(_site: Site, call: Call, _endpoint: Endpoint) -> Result:
    """The connection test of API accounts; TAPD echoes the password, the sandbox a mask."""
    login = call.account.login if call.account else ""
    return Result({"api_user": login, "api_password": "******", "request_ip": "127.0.0.1"})


def roles(site: Site, call: Call, _endpoint: Endpoint) -> Result:
    """Role id -> role name, in the workspace's language."""
    found = site.store.select("role", call.get("workspace_id"), order="id ASC")
    return Result({row["id"]: row["name"] for row in found})


def members(site: Site, call: Call, endpoint: Endpoint) -> Result:
    """All members of a workspace or company, without paging; `user` picks some nicks."""
    picked = call.every("user")
    everyone = site.members(site.visible_workspace(call, company=True))
    chosen = [row for row in everyone if not picked or row["user"] in picked]
    return Result(list(wrapped(presented(site, call, "user", chosen), endpoint.wrapper)))


def todo(site: Site, call: Call, endpoint: Endpoint) -> Result:
    """Open items in a person's hands: `user`, else the owner of the token."""
    nick = call.get("user") or (call.account.nick if call.account else "")
    if not nick:
        raise Refusal(422, "user is required")
    workspace_id = call.get("workspace_id")
    ended = sorted(end_states(site, workspace_id, endpoint.entity))
    owner = "current_owner" if endpoint.entity == "bug" else "owner"
    marks = ",".join("?" * len(ended))
    where = (
        f"instr(';' || COALESCE(json_extract(payload, '$.{owner}'), ''), ?) > 0"
        f" AND status NOT IN ({marks})"
    )
    return rows_where(site, call, endpoint, [where], [f";{nick};", *ended])


def _membership(site: Site, nick: str) -> tuple[dict[str, Any], str]:
    """The first member row of a person and the id of the company it is in."""
    for workspace in site.store.workspaces():
        member = site.store.get("user", workspace["id"], nick)
        if member is not None:
            return member, company_of(workspace)
    return {}, ""
