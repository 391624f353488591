"""Whatever is sent to a described path, right or wrong, the server has no fault of its own."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error

from taplens.gateway import openapi
from tests.gateway.edges.conftest import Gateway

# One limit for dozens of requests over real HTTP to each path.
pytestmark = pytest.mark.timeout(60)
MODEL = "Qwen/QwQ-32B"
schema = schemathesis.openapi.from_dict(openapi.document("en"))


@schema.parametrize()
@settings(
    max_examples=12,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
    deadline=None,
)
def test_no_request_is_a_fault_of_the_server(case: Any, running_gateway: Gateway) -> None:
    if isinstance(case.body, dict) and isinstance(case.body.get("model"), str):
        case.body["model"] = MODEL  # else every request would end at the unknown model
    case.call_and_validate(
        base_url=running_gateway.url,
        headers={"Authorization": f"Bearer {running_gateway.key}"},
        checks=[not_a_server_error],
        timeout=5,
    )
