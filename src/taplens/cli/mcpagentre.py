"""What an installation of MCPAgentRE is configured with, in our terms; its files are never run."""

from __future__ import annotations

import filecmp
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from taplens.errors import ConfigurationError

DATA_FILE = "local_data/msg_from_fetcher.json"
_MOST_BYTES = 64 * 1024
_LINE = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?([A-Z_]+)[ \t]*=[ \t]*(['"]?)(.*?)\2[ \t]*(?:#.*)?$"""
)
_MASKED = "***"
# api.txt's names, and the settings that they are here.
_SETTINGS = {
    "API_USER": "api_user",
    "API_PASSWORD": "api_password",
    "WORKSPACE_ID": "workspace_ids",
}


@dataclass(frozen=True, slots=True)
class _Provider:
    """A model provider there: the variables of its key, address and model, and its model else."""

    name: str
    key: str
    address: str
    model: str
    usual_model: str


# In the order in which the original asked them.
_PROVIDERS = (
    _Provider("siliconflow", "SF_KEY", "", "SF_MODEL", ""),
    _Provider("deepseek", "DS_KEY", "DS_EP", "DS_MODEL", "deepseek-chat"),
)


@dataclass(slots=True)
class Imported:
    """What was found: `settings` for taplens.toml, `providers` for providers.toml, the data file
    (None: there is none), and notes as keys of texts with what fills them.
    """

    settings: dict[str, str] = field(default_factory=dict)
    providers: dict[str, dict[str, str]] = field(default_factory=dict)
    data_file: Path | None = None
    notes: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def note(self, key: str, **parameters: str) -> None:
        """Remember something that is to be told."""
        self.notes.append((key, parameters))

    def shown(self) -> dict[str, Any]:
        """Everything, the password masked."""
        secret = {"api_password": _MASKED} if "api_password" in self.settings else {}
        data = {"data_file": DATA_FILE} if self.data_file else {}
        return {"settings": self.settings | secret, "providers": self.providers} | data


def read(folder: Path, environment: Mapping[str, str] | None = None) -> Imported:
    """What stands in api.txt and .env of `folder`, and in the environment (the process's own if
    None).

    Raises ConfigurationError where the folder has nothing of an installation, or api.txt can't be
    read.
    """
    found = Imported()
    account = _read_lines(folder / "api.txt")
    for name, setting in _SETTINGS.items():
        if value := account.get(name, "").strip():
            found.settings[setting] = value
    workspaces = found.settings.get("workspace_ids", "")
    if workspaces and not re.fullmatch(r"[\d,，\s]+", workspaces):
        raise ConfigurationError("mcpagentre_workspace", path=folder / "api.txt")
    file = folder / DATA_FILE
    found.data_file = file if file.is_file() else None
    _take_providers(found, _read_lines(folder / ".env"), environment)
    if not found.settings and not found.providers and not found.data_file:
        raise ConfigurationError("mcpagentre_nothing", folder=folder)
    return found


def _take_providers(
    found: Imported, file: Mapping[str, str], environment: Mapping[str, str] | None
) -> None:
    """The providers whose keys are known, each key by the name of its variable alone."""
    set_ = os.environ if environment is None else environment
    known = {**file, **{name: value for name, value in set_.items() if value.strip()}}
    for one in _PROVIDERS:
        if not known.get(one.key, "").strip():
            continue
        if not set_.get(one.key, "").strip():
            found.note("key_unset", name=one.key)
        table = {"api_key_env": one.key}
        address = known.get(one.address, "").strip().rstrip("/")
        if address and urlsplit(address).scheme in ("http", "https"):
            table["base_url"] = address
        elif address:
            found.note("address", name=one.address)
        found.providers[one.name] = table
        model = known.get(one.model, "").strip() or one.usual_model
        if model and "agent_model" not in found.settings:
            found.settings["agent_model"] = f"{one.name}/{model}"


def write(found: Imported, home: Path, *, force: bool = False) -> Iterator[Path]:
    """Write what was found into the home, file by file; each is told once it is whole.

    What stands there already in another way is kept, unless `force`: raises ConfigurationError
    before anything is written. Raises ExportError where a file can't be written.
    """
    files: dict[str, Mapping[str, Any]] = {"taplens.toml": found.settings}
    if found.providers:
        files["providers.toml"] = {"providers": found.providers}
    texts = {
        home / name: _merged(home / name, told, force=force) for name, told in files.items() if told
    }
    target = home / DATA_FILE
    if found.data_file and target.exists() and not force:
        if not filecmp.cmp(found.data_file, target, shallow=False):
            raise ConfigurationError("file_exists", path=target)
        found.data_file = None  # it is there already
    for path, text in texts.items():
        _replace(path, text)
        yield path
    if found.data_file:
        _copy(found.data_file, target)
        yield target


def _merged(path: Path, told: Mapping[str, Any], *, force: bool) -> str:
    """The text of a TOML file with `told` in it, its other lines as they are."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
        document = tomlkit.parse(text)
    except (OSError, UnicodeDecodeError, TOMLKitError) as fault:
        raise ConfigurationError("settings_file", path=path, detail=str(fault)[:200]) from fault
    _put(document, told, path, force=force)
    return tomlkit.dumps(document)


def _put(table: Any, told: Mapping[str, Any], path: Path, *, force: bool) -> None:
    for name, value in told.items():
        if isinstance(value, Mapping):
            _put(table.setdefault(name, {}), value, path, force=force)
        elif str(table.get(name, value)) != str(value) and not force:
            raise ConfigurationError("mcpagentre_there", path=path, name=name)
        else:
            table[name] = value


def _replace(path: Path, text: str) -> None:
    """Write a file that only its owner may read: it can hold a password."""
    from taplens.tables import replacing

    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as target:
        target.touch(mode=0o600)
        target.write_text(text, encoding="utf-8", newline="\n")


def _copy(source: Path, target: Path) -> None:
    from taplens.tables import replacing

    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as path:
        shutil.copyfile(source, path)


def _read_lines(path: Path) -> dict[str, str]:
    """The lines NAME = 'value' of a file, as text; {} where there is none."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ConfigurationError("mcpagentre_file", path=path, detail=f"> {_MOST_BYTES} bytes")
        data = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as fault:
        detail = fault.strerror or str(fault)
        raise ConfigurationError("mcpagentre_file", path=path, detail=detail) from fault
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", "replace")
    matches = filter(None, map(_LINE.match, text.splitlines()))
    return {match[1]: match[3] for match in matches}
