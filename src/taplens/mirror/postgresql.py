"""How a PostgreSQL server is connected to: every wait bounded, no secret in what is shown."""

from __future__ import annotations

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError as UrlFault
from sqlalchemy.exc import NoSuchModuleError

from taplens.errors import ConfigurationError

# A network that is lost tells nobody: after 60 s without a sign of the other side, the client
# and the server each give the connection up, and with it the locks it holds.
_KEEPALIVES = {"idle": 30, "interval": 10, "count": 3}  # seconds, seconds, unanswered signs
_UNACKNOWLEDGED_MILLISECONDS = 60_000
# Between two statements of a transaction lie seconds of work at most.
_IDLE_SECONDS = 300
# Bounds what nothing else does; the longest of our own statements take minutes.
_STATEMENT_SECONDS = 3600
# What libpq takes as parameters of a URL and nobody may see.
_SECRETS = (
    "password",
    "sslpassword",
    "oauth_client_secret",
    "scram_client_key",
    "scram_server_key",
)


def parsed(url: str) -> URL:
    """The URL of a PostgreSQL server. Raises ConfigurationError for any other."""
    try:
        found = make_url(url)
        if found.get_backend_name() == "postgresql":
            return found.set(drivername="postgresql+psycopg")
    except (UrlFault, NoSuchModuleError) as fault:
        raise ConfigurationError("database_url") from fault
    raise ConfigurationError("database_url")


def place_of(url: URL) -> str:
    """The URL as it may be shown: without its secrets."""
    return url.difference_update_query(_SECRETS).render_as_string(hide_password=True)


def engine_of(url: URL, schema: str, *, busy_seconds: int) -> Engine:
    """An engine whose tables live in `schema`; a lock, and a connection, is waited for so long.

    What the URL says of a connection wins. Raises ConfigurationError without the driver.
    """
    options = _options(schema, busy_seconds)
    arguments: dict[str, str | int] = {
        "connect_timeout": busy_seconds,
        "keepalives": 1,
        **{f"keepalives_{name}": value for name, value in _KEEPALIVES.items()},
        "tcp_user_timeout": _UNACKNOWLEDGED_MILLISECONDS,
    }
    chosen = {name: value for name, value in arguments.items() if name not in url.query}
    chosen["options"] = " ".join((*url.normalized_query.get("options", ()), options))
    try:
        return create_engine(url, connect_args=chosen, pool_size=4, max_overflow=16)
    except ModuleNotFoundError as fault:
        raise ConfigurationError("database_url") from fault


def _options(schema: str, busy_seconds: int) -> str:
    """What the server is told at the beginning of a session."""
    told = {
        "search_path": schema,
        "lock_timeout": f"{busy_seconds}s",
        "statement_timeout": f"{_STATEMENT_SECONDS}s",
        "idle_in_transaction_session_timeout": f"{_IDLE_SECONDS}s",
        **{f"tcp_keepalives_{name}": value for name, value in _KEEPALIVES.items()},
    }
    return " ".join(f"-c{name}={value}" for name, value in told.items())
