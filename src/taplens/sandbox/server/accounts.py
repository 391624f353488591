"""Who may ask: the sandbox's accounts, both kinds of credentials, and their refusals."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest

from taplens.sandbox.server.envelope import Refusal


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may ask.

    `login` is user, password and token at once; `nick` the person the token belongs to;
    `workspaces` the ids this account sees (None: all). `personal` says that a token, not an
    API account, was shown: only then TAPD knows a user.
    """

    login: str
    nick: str
    workspaces: frozenset[str] | None = None
    personal: bool = False

    @property
    def name(self) -> str:
        """How the request log names the account."""
        return f"{'token' if self.personal else 'user'}:{self.login}"


class Accounts:
    """All accounts of one sandbox."""

    def __init__(self, accounts: Mapping[str, Account]) -> None:
        self._accounts = accounts

    def authenticate(self, authorization: str, query_token: str) -> Account:
        """The account that shows these credentials.

        `authorization` is the header's value, `query_token` the parameter `access_token`. A
        refused token is 422 and anything else 401 with a header, as TAPD does it. Raises
        Refusal.
        """
        scheme, _, credentials = authorization.partition(" ")
        if scheme.lower() == "bearer" or (not authorization and query_token):
            return self._by_token(credentials.strip() if authorization else query_token)
        if scheme.lower() == "basic":
            return self._by_password(credentials.strip())
        raise _unauthorized()

    def _by_token(self, token: str) -> Account:
        account = self._accounts.get(token)
        if account is None:
            raise invalid_token()
        return Account(account.login, account.nick, account.workspaces, personal=True)

    def _by_password(self, encoded: str) -> Account:
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise _unauthorized() from None
        account = self._accounts.get(user)
        if account is None or not compare_digest(password.encode(), account.login.encode()):
            raise _unauthorized()
        return account


def invalid_token() -> Refusal:
    """How TAPD refuses a token: 422, not 401, and without `WWW-Authenticate`."""
    return Refusal(422, "The access token provided is invalid")


def _unauthorized() -> Refusal:
    return Refusal(401, "401 Unauthorized", {"WWW-Authenticate": "Basic realm='TAPD API'"})
