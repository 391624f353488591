"""The scripted provider of the gateway's tests."""

from tests.gateway.conftest import provider, shared_provider

__all__ = ["provider", "shared_provider"]
