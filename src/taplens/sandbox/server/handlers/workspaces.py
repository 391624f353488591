"""Workspaces: one, those of a person, those of a company, and the conversion of short ids."""

from __future__ import annotations

from typing import Any

from taplens.sandbox.server import ids
from taplens.sandbox.server.call import Call
from taplens.sandbox.server.envelope import Result
from taplens.sandbox.server.listing import presented, wrapped
from taplens.sandbox.server.site import Endpoint, Site, company_of, no_workspace
from taplens.sandbox.shapes import complete

_SUB_COLUMNS = (
    "id", "name", "pretty_name", "category", "status", "description", "begin_date", "end_date",
    "external_on", "creator",
)  # fmt: skip


def info(site: Site, call: Call, endpoint: Endpoint) -> Result:
    """One workspace, as a wrapped object."""
    row = site.visible_workspace(call, company=True)
    return Result({endpoint.wrapper: complete("workspace", row)})


def of_person(site: Site, call: Call, endpoint: Endpoint) -> Result:
    """The workspaces a nick takes part in, of one company or of all; no paging."""
    nick = call.need("nick")
    found = [
        row for row in _visible(site, call, call.get("company_id"))
        if any(member["user"] == nick for member in site.members(row))
    ]  # fmt: skip
    return Result(list(wrapped(presented(site, call, "workspace", found), endpoint.wrapper)))


def of_company(site: Site, call: Call, endpoint: Endpoint) -> Result:
    """All projects of a company, the company itself among them; no paging."""
    company = call.need("company_id")
    found = _visible(site, call, company)
    if not found:
        raise no_workspace(company)
    categories = call.every("category")
    chosen = [
        _project(site, row) for row in found if not categories or row["category"] in categories
    ]
    return Result(list(wrapped(presented(site, call, "workspace", chosen), endpoint.wrapper)))


def below(site: Site, call: Call, endpoint: Endpoint) -> Result:
    """The projects below a workspace, with the few columns TAPD sends here."""
    parent = call.get("workspace_id")
    rows = [
        complete("workspace", row)
        for row in _visible(site, call, "")
        if row["id"] != parent and parent in (row.get("parent_id"), company_of(row))
    ]
    thin = [{name: row[name] for name in _SUB_COLUMNS} | {"template_id": "0"} for row in rows]
    return Result(list(wrapped(thin, endpoint.wrapper)))


def long_ids(site: Site, call: Call, _endpoint: Endpoint) -> Result:
    """Short ids to long ones and back, with those that name nothing."""
    workspace_id, entity = call.get("workspace_id"), call.get("entity_type")
    company = company_of(site.workspace(workspace_id) or {})
    answer: dict[str, list[Any]] = {
        "valid_id_map": [], "invalid_long_ids": [], "invalid_short_ids": [],
    }  # fmt: skip
    for parameter in ("short_ids", "long_ids"):
        for sent in filter(None, call.get(parameter).split(";")):
            long = ids.canonical(sent, workspace_id)
            if parameter == "short_ids":
                long = ids.long_id(workspace_id, sent)
            if site.store.get(entity, workspace_id, long) is None:
                answer[f"invalid_{parameter}"].append(sent)
                continue
            answer["valid_id_map"].append({
                "short_id": long[-9:].lstrip("0"), "long_id": long, "entity_type": entity,
                "workspace_id": workspace_id, "company_id": company,
            })  # fmt: skip
    return Result(answer)


def _visible(site: Site, call: Call, company: str) -> list[dict[str, Any]]:
    return [
        row for row in site.store.workspaces()
        if site.sees(call, row) and (not company or company in (row["id"], company_of(row)))
    ]  # fmt: skip


def _project(site: Site, row: dict[str, Any]) -> dict[str, Any]:
    """A row as the list of a company's projects has it."""
    members = len(site.members(row))
    parent = row.get("parent_id") or company_of(row)
    return row | {"parent_id": parent, "creator_id": "0", "member_count": members}
