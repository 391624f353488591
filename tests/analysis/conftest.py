"""A mirror of the shared sandbox, and contexts that ask it: those of the tools' tests."""

from tests.mirror.conftest import connect_sqlite
from tests.tools.conftest import ask, context, keeper, mirrored

__all__ = ["ask", "connect_sqlite", "context", "keeper", "mirrored"]
