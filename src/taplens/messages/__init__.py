"""The texts for people, in Chinese and English, from one catalogue (en.toml, zh.toml)."""

from __future__ import annotations

import os
import sys
import tomllib
from functools import cache
from importlib.resources import files

LOCALES = ("zh", "en")


def text(key: str, locale: str | None = None, /, **parameters: object) -> str:
    """The catalogue's text for `key` in `locale` ("zh", "en"; the system's when None).

    `parameters` fill its `{names}`. Raises KeyError for an unknown key: a test holds every
    key that the code uses against both catalogues.
    """
    template = catalogue(locale or system_locale())[key]
    return template.format(**parameters) if parameters else template


def has(key: str) -> bool:
    """Whether the catalogue holds `key`."""
    return key in catalogue("en")


@cache
def catalogue(locale: str) -> dict[str, str]:
    """All texts of one locale, keyed by dotted names."""
    source = files(__package__).joinpath(f"{locale}.toml").read_text(encoding="utf-8")
    return dict(_flat(tomllib.loads(source), ""))


def system_locale() -> str:
    """ "zh" where the system (or `TAPLENS_LANG`) speaks Chinese, else "en"."""
    for name in ("TAPLENS_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "").lower()
        if value and value not in ("c", "posix", "c.utf-8", "c.utf8"):
            return "zh" if value.startswith(("zh", "chinese")) else "en"
    return "zh" if _windows_speaks_chinese() else "en"


def _windows_speaks_chinese() -> bool:
    if sys.platform != "win32":
        return False
    import ctypes

    primary_language = ctypes.windll.kernel32.GetUserDefaultUILanguage() & 0x3FF
    return bool(primary_language == 0x04)  # LANG_CHINESE


def _flat(table: dict[str, object], prefix: str) -> list[tuple[str, str]]:
    """Dotted keys; a table's own text stands under `text` in it."""
    rows: list[tuple[str, str]] = []
    for name, value in table.items():
        key = prefix if name == "text" else f"{prefix}.{name}" if prefix else name
        rows += _flat(value, key) if isinstance(value, dict) else [(key, str(value))]
    return rows
