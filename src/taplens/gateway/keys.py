"""The keys that a server hands out: how they are made, recognised, and what they may do."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from taplens.config import Secret

if TYPE_CHECKING:
    from taplens.llm.entries import Model

PREFIX = "tl"
_SECRET_BYTES = 32
_ID_BYTES = 5
_NO_DIGEST = bytes(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key without its secret. None of a limit means that there is none.

    `models` are names or patterns (`deepseek-ai/*`); `rpm` and `tpm` are per minute;
    `budget_tokens` and `budget_cost` (billionths of `budget_currency`) per calendar month in the
    workspace's zone; times are UTC epoch seconds. `mcp`: it also opens the whole mirror: MCP where
    that asks for a key, and the models that answer from it.
    """

    id: str
    name: str
    models: tuple[str, ...] | None = None
    rpm: int | None = None
    tpm: int | None = None
    budget_tokens: int | None = None
    budget_cost: int | None = None
    budget_currency: str | None = None
    mcp: bool = False
    created_at: int = 0
    revoked_at: int | None = None

    def may_use(self, model: str) -> bool:
        """Whether this key may ask for `model`, as the client names it."""
        return self.models is None or any(fnmatchcase(model, name) for name in self.models)

    def may_ask(self, model: Model) -> bool:
        """Whether it may use `model`, and have the mirror's data where that answers from it."""
        return self.may_use(model.name) and (self.mcp or not model.reads_mirror)

    @property
    def has_budget(self) -> bool:
        """Whether anything is to be counted against a month."""
        return self.budget_tokens is not None or self.budget_cost is not None


OPERATOR = Key(id="operator", name="TAPLENS_HTTP_TOKEN", mcp=True)
LOCAL = Key(id="local", name="no key needed", mcp=True)


def new_id() -> str:
    """A fresh public id."""
    return secrets.token_hex(_ID_BYTES)


def new_secret(key_id: str) -> Secret:
    """A fresh key with the public id `key_id`; it is shown once and kept nowhere."""
    return Secret(f"{PREFIX}-{key_id}-{secrets.token_urlsafe(_SECRET_BYTES)}")


def digest(token: bytes) -> bytes:
    """What is stored of a key. The secret is random and long: a plain hash can't be reversed."""
    return hashlib.sha256(token).digest()


class Keyring:
    """The keys that are valid now, in memory; `replace` brings in what the database says."""

    def __init__(self, operator: Secret | None = None) -> None:
        self._operator = digest(operator.reveal().encode("utf-8")) if operator else None
        self._keys: dict[bytes, tuple[Key, bytes]] = {}

    def replace(self, rows: Iterable[tuple[Key, bytes]]) -> None:
        """Know exactly these keys (with their digests) from now on; revoked ones are left out."""
        self._keys = {key.id.encode(): (key, known) for key, known in rows if not key.revoked_at}

    @property
    def is_empty(self) -> bool:
        """Whether there is neither a key nor the operator's token."""
        return not self._keys and self._operator is None

    @property
    def keys(self) -> list[Key]:
        """The valid keys."""
        return [key for key, _ in self._keys.values()]

    def find(self, token: bytes) -> Key | None:
        """The key that `token` is, compared in constant time."""
        given = digest(token)
        if self._operator is not None and hmac.compare_digest(given, self._operator):
            return OPERATOR
        prefix, _, rest = token.partition(b"-")
        key, known = self._keys.get(rest.partition(b"-")[0], (None, _NO_DIGEST))
        same = hmac.compare_digest(given, known)
        return key if same and prefix == PREFIX.encode() else None
