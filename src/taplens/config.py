"""The settings: read in one place, frozen; flag > environment > taplens.toml > default."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from taplens.errors import ConfigurationError

DEFAULT_API_BASE_URL = "https://api.tapd.cn"
DEFAULT_WEB_BASE_URL = "https://www.tapd.cn"


class _MalformedError(ValueError):
    """A raw value that isn't of its kind; `parameters` say what would be."""

    def __init__(self, kind: str, **parameters: object) -> None:
        super().__init__(kind)
        self.kind = kind
        self.parameters = parameters


class Secret:
    """A value that must not be printed: `repr` and `str` hide it, `reveal()` gives it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself; only for the header it is meant for."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def _text(raw: str) -> str:
    return raw.strip()


def _url(raw: str) -> str:
    url = raw.strip().rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _MalformedError("url")
    return url


def _ids(raw: str) -> tuple[str, ...]:
    ids = tuple(part.strip() for part in raw.replace("，", ",").split(",") if part.strip())
    if not all(part.isascii() and part.isdigit() for part in ids):
        raise _MalformedError("ids")
    return tuple(dict.fromkeys(ids))


def _names(raw: str) -> tuple[str, ...]:
    parts = (part.strip() for part in raw.replace("，", ",").split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


PSEUDONYMS = ("people", "phones", "mails", "secrets")


def _pseudonyms(raw: str) -> tuple[str, ...]:
    kinds = () if raw.strip() == "none" else _names(raw)
    if not set(kinds) <= set(PSEUDONYMS):
        raise _MalformedError("choice", allowed=", ".join((*PSEUDONYMS, "none")))
    return kinds


TOOLSETS = ("testing", "documents", "classic")  # beside the default one


def _toolsets(raw: str) -> tuple[str, ...]:
    names = tuple(name for name in _names(raw) if name != "default")
    if not set(names) <= set(TOOLSETS):
        raise _MalformedError("choice", allowed=", ".join(("default", *TOOLSETS)))
    return names


def _path(raw: str) -> Path:
    return Path(raw).expanduser()


def _folders(raw: str) -> tuple[Path, ...]:
    parts = raw.replace("，", ",").replace(os.pathsep, ",").split(",")
    return tuple(dict.fromkeys(_path(part.strip()) for part in parts if part.strip()))


def _number(low: int, high: int) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        try:
            value = int(raw.strip())
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise _MalformedError("number", low=low, high=high)
        return value

    return parse


_FLAGS = {"1": True, "true": True, "yes": True, "on": True}
_FLAGS |= {"0": False, "false": False, "no": False, "off": False}


def _flag(raw: str) -> bool:
    try:
        return _FLAGS[raw.strip().lower()]
    except KeyError:
        raise _MalformedError("flag") from None


def _setting(
    environment: str, parse: Callable[[str], Any], default: Any = None, about: str = ""
) -> Any:
    """A field of Settings with its environment name, its parser and what it is for."""
    metadata = {"environment": environment, "parse": parse, "about": about}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting. `taplens.toml` (in the home folder) uses the field names as its keys."""

    home: Path = _setting("TAPLENS_HOME", _path, Path(), "folder of the databases and taplens.toml")
    api_base_url: str = _setting(
        "TAPD_API_BASE_URL", _url, DEFAULT_API_BASE_URL, "address of the TAPD Open API"
    )
    web_base_url: str = _setting(
        "TAPD_BASE_URL", _url, DEFAULT_WEB_BASE_URL, "address of the TAPD pages, for links"
    )
    public_url: str = _setting(
        "TAPLENS_PUBLIC_URL",
        _url,
        "",
        "address by which clients reach `taplens serve`, where that isn't the one they name:"
        " behind a proxy",
    )
    access_token: Secret | None = _setting(
        "TAPD_ACCESS_TOKEN", Secret, None, "personal access token; wins over user and password"
    )
    api_user: str = _setting("TAPD_API_USER", _text, "", "API account")
    api_password: Secret | None = _setting(
        "TAPD_API_PASSWORD", Secret, None, "password of the API account"
    )
    workspace_ids: tuple[str, ...] = _setting(
        "TAPD_WORKSPACE_ID",
        _ids,
        (),
        "workspaces to mirror, comma-separated; the first is meant when a call names none",
    )
    user_nick: str = _setting(
        "CURRENT_USER_NICK", _text, "", 'who "me" is when the token doesn\'t tell'
    )
    database_url: str = _setting(
        "TAPLENS_DATABASE_URL", _text, "", "PostgreSQL URL of the mirror; empty: SQLite in the home"
    )
    requests_per_minute: int = _setting(
        "TAPLENS_REQUESTS_PER_MINUTE",
        _number(1, 1_000_000),
        60,
        "requests in any 60 s, shared by all of this user's processes on this machine",
    )
    budget_folder: Path | None = _setting(
        "TAPLENS_BUDGET_FOLDER",
        _path,
        None,
        "folder of budget.db, by which they share them; unset: the user's own, whatever the home",
    )
    requests_in_flight: int = _setting(
        "TAPLENS_REQUESTS_IN_FLIGHT", _number(1, 32), 4, "requests at the same time"
    )
    request_seconds: int = _setting(
        "TAPLENS_REQUEST_SECONDS",
        _number(1, 3600),
        120,
        "longest time for one request with its retries",
    )
    sync_seconds: int = _setting(
        "TAPLENS_SYNC_SECONDS", _number(5, 86_400), 300, "time between two refreshes of a server"
    )
    census_seconds: int = _setting(
        "TAPLENS_CENSUS_SECONDS",
        _number(60, 31_536_000),
        86_400,
        "time between two sweeps of all ids, which find what left no trace",
    )
    item_seconds: int = _setting(
        "TAPLENS_ITEM_SECONDS", _number(0, 86_400), 60, "age at which get_items reads an item anew"
    )
    history_days: int = _setting(
        "TAPLENS_HISTORY_DAYS", _number(0, 36_500), 0, "days of history to mirror; 0: all of it"
    )
    answer_tokens: int = _setting(
        "TAPLENS_ANSWER_TOKENS", _number(200, 100_000), 2_000, "token budget of one answer"
    )
    toolsets: tuple[str, ...] = _setting(
        "TAPLENS_TOOLSETS",
        _toolsets,
        (),
        "further sets of tools that are offered over MCP: testing, documents, classic",
    )
    document_folders: tuple[Path, ...] = _setting(
        "TAPLENS_DOCUMENT_FOLDERS",
        _folders,
        (),
        "folders whose documents tools may read beside those of the home, comma-separated",
    )
    embedder: str = _setting(
        "TAPLENS_EMBEDDER",
        _text,
        "builtin",
        "what makes vectors: builtin, provider/model, a model folder's path, or off",
    )
    agent_model: str = _setting(
        "TAPLENS_AGENT_MODEL",
        _text,
        "",
        "model that answers as `taplens`; empty: the first of the catalogue that is set up",
    )
    agent_steps: int = _setting(
        "TAPLENS_AGENT_STEPS", _number(1, 50), 8, "rounds of tool calls for one answer of `taplens`"
    )
    agent_tokens: int = _setting(
        "TAPLENS_AGENT_TOKENS",
        _number(2_000, 10_000_000),
        100_000,
        "tokens that one answer of `taplens` may take of its model, all rounds together",
    )
    agent_seconds: int = _setting(
        "TAPLENS_AGENT_SECONDS", _number(1, 3600), 180, "longest time for one answer of `taplens`"
    )
    agent_cents: int = _setting(
        "TAPLENS_AGENT_CENTS",
        _number(0, 1_000_000),
        0,
        "most that one answer of `taplens` may cost, in hundredths of the price's currency; 0: any",
    )
    egress_withheld: tuple[str, ...] = _setting(
        "TAPLENS_EGRESS_WITHHELD",
        _names,
        (),
        "fields that no model provider is sent, comma-separated; `provider:field`: only that one",
    )
    egress_pseudonyms: tuple[str, ...] = _setting(
        "TAPLENS_EGRESS_PSEUDONYMS",
        _pseudonyms,
        ("phones", "mails", "secrets"),
        "what providers are sent stand-ins for: people, phones, mails, secrets; none: nothing",
    )
    http_token: Secret | None = _setting(
        "TAPLENS_HTTP_TOKEN", Secret, None, "bearer token that HTTP clients must send"
    )
    stream_default: bool = _setting(
        "TAPLENS_STREAM_DEFAULT", _flag, False, "whether a chat without `stream` is streamed"
    )
    body_megabytes: int = _setting(
        "TAPLENS_BODY_MEGABYTES", _number(1, 1024), 16, "largest body of a chat request"
    )
    heartbeat_seconds: float = _setting(
        "TAPLENS_HEARTBEAT_SECONDS",
        _number(1, 3600),
        10,
        "silence after which a stream is kept alive by a comment",
    )
    client_seconds: float = _setting(
        "TAPLENS_CLIENT_SECONDS",
        _number(1, 3600),
        60,
        "time after which a client that takes nothing of its stream is given up",
    )
    shutdown_seconds: int = _setting(
        "TAPLENS_SHUTDOWN_SECONDS",
        _number(0, 3600),
        10,
        "time in which running answers may end when the server is stopped",
    )
    log_prompts: bool = _setting(
        "TAPLENS_LOG_PROMPTS", _flag, False, "whether chats are written to the log, word for word"
    )

    providers_file: Path | None = _setting(
        "TAPLENS_PROVIDERS", _path, None, "model providers: TOML; unset: providers.toml in the home"
    )
    servers_file: Path | None = _setting(
        "TAPLENS_SERVERS_FILE", _path, None, "MCP servers to list in the directory: JSON or TOML"
    )

    report_webhook: Secret | None = _setting(
        "TAPLENS_REPORT_WEBHOOK",
        Secret,
        None,
        "webhook of the WeCom, Feishu or DingTalk robot that `report --send` posts to",
    )
    report_webhook_secret: Secret | None = _setting(
        "TAPLENS_REPORT_WEBHOOK_SECRET", Secret, None, "secret by which that robot knows us"
    )
    report_webhook_kind: str = _setting(
        "TAPLENS_REPORT_WEBHOOK_KIND",
        _text,
        "",
        "wecom, feishu or dingtalk, where the webhook's host doesn't tell",
    )

    @property
    def mirror_path(self) -> Path:
        """The SQLite file of the mirror: a cache, may be deleted."""
        return self.home / "mirror.db"

    @property
    def snapshot_path(self) -> Path:
        """The folder of the columnar snapshots: disposable."""
        return self.home / "snapshot"

    @property
    def state_path(self) -> Path:
        """The SQLite file of what must not be lost."""
        return self.home / "state.db"

    @property
    def budget_path(self) -> Path:
        """The SQLite file of the request budget: one for all homes of a user of this machine."""
        return (self.budget_folder or default_budget_folder()) / "budget.db"

    @property
    def has_credentials(self) -> bool:
        """Whether a token or a user with a password is set."""
        return self.access_token is not None or bool(self.api_user and self.api_password)


def load(
    flags: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """The settings of this process.

    `flags` are field names with values already parsed (None means not given); `environment`
    defaults to the process's own. Raises ConfigurationError naming the setting and its place.
    """
    env = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    home = (flags or {}).get("home") or (
        _path(env["TAPLENS_HOME"]) if env.get("TAPLENS_HOME") else default_home()
    )
    values |= _from_file(Path(home) / "taplens.toml")
    values |= _from_environment(env)
    values |= {name: value for name, value in (flags or {}).items() if value is not None}
    return Settings(**values | {"home": Path(home)})


def default_home() -> Path:
    """The folder of the databases where none is set: the platform's own for user data."""
    from platformdirs import user_data_path

    return user_data_path("taplens", appauthor=False)


def default_budget_folder() -> Path:
    """The folder of the request budget where none is set: the platform's own for a user's caches.

    The folder for what lives as long as a session would do better where there is one, but not
    all processes of a user are told of it.
    """
    from platformdirs import user_cache_path

    return user_cache_path("taplens", appauthor=False)


def describe() -> list[tuple[str, str, Any, str]]:
    """(field, environment name, default, what for) of every setting, for the reference page."""
    return [
        (f.name, f.metadata["environment"], f.default, f.metadata["about"])
        for f in fields(Settings)
    ]


def _from_environment(env: Mapping[str, str]) -> dict[str, Any]:
    found = {}
    for f in fields(Settings):
        raw = env.get(f.metadata["environment"], "")
        if raw.strip():
            found[f.name] = _parsed(f, raw, f.metadata["environment"])
    return found


def _from_file(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise ConfigurationError("settings_file", path=str(path), detail=str(fault)) from fault
    known = {f.name: f for f in fields(Settings) if f.name != "home"}
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise ConfigurationError("settings_unknown", path=str(path), names=", ".join(unknown))
    return {
        name: _parsed(known[name], _toml_text(value), f"{path}: {name}")
        for name, value in table.items()
    }


def _toml_text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _parsed(setting: Any, raw: str, place: str) -> Any:
    try:
        return setting.metadata["parse"](raw.strip())
    except _MalformedError as fault:
        code = f"setting_{fault.kind}"
        raise ConfigurationError(code, place=place, **fault.parameters) from fault
