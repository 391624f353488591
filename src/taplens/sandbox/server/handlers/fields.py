"""The fields of items: custom-field settings, labels, kinds of editors, options."""

from __future__ import annotations

from taplens.sandbox.server.call import Call
from taplens.sandbox.server.envelope import Result
from taplens.sandbox.server.listing import presented, wrapped
from taplens.sandbox.server.site import Endpoint, Site


def custom_settings(site: Site, call: Call, endpoint: Endpoint) -> Result:
    """The custom fields of one entity, all at once."""
    found = site.store.select(
        "custom_field", call.get("workspace_id"),
        "json_extract(payload, '$.entry_type') = ?", (endpoint.entity,), "id ASC",
    )  # fmt: skip
    return Result(list(wrapped(presented(site, call, "custom_field", found), endpoint.wrapper)))


def fields_info(site: Site, call: Call, endpoint: Endpoint) -> Result:
    """Field -> label, editor and options; `options` is `[]` where there are none."""
    row = site.store.get("field_info", call.get("workspace_id"), endpoint.entity)
    return Result(row["fields"] if row else {})


def labels(site: Site, call: Call, endpoint: Endpoint) -> Result:
    """Field -> label."""
    row = site.store.get("field_info", call.get("workspace_id"), endpoint.entity)
    fields = row["fields"] if row else {}
    return Result({name: info["label"] for name, info in fields.items()})
