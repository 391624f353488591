"""Whose mirror this is: one base URL and one company, and who "me" is at each account."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from taplens.errors import ForeignMirrorError
from taplens.mirror.schema import meta


def check_base_url(connection: Connection, base_url: str) -> None:
    """Raise ForeignMirrorError if the mirror was made from another base URL."""
    _check(_fact(connection, "base_url"), base_url)


def check_company(connection: Connection, company: str | None) -> None:
    """Raise ForeignMirrorError if the mirror holds another company's workspaces.

    TAPD doesn't always tell the company: None agrees with everything.
    """
    if company:
        _check(_fact(connection, "company"), company)


def claim(connection: Connection, base_url: str, company: str | None) -> None:
    """Check both, and write down what the mirror didn't know yet (a write transaction)."""
    check_base_url(connection, base_url)
    check_company(connection, company)
    for name, value in (("base_url", base_url), ("company", company)):
        if value and _fact(connection, name) is None:
            _save(connection, name, value)


def save_nick(connection: Connection, account: str, nick: str) -> None:
    """Remember who the account's user is (a write transaction)."""
    if _fact(connection, f"nick:{account}") != nick:
        _save(connection, f"nick:{account}", nick)


def nick_of(connection: Connection, account: str) -> str | None:
    """The nick of the account's user, if it was ever told."""
    return _fact(connection, f"nick:{account}")


def reader(connection: Connection, account: str) -> str:
    """Who reads by `account`: the person behind a token, whatever token it is; else the account."""
    nick = nick_of(connection, account)
    return f"person:{nick}" if nick else account


def is_another_reader(connection: Connection, workspace_id: str, name: str) -> bool:
    """Remember that `name` reads a workspace (a write transaction).

    True where it never did before, and somebody else did.
    """
    known = (_fact(connection, f"readers:{workspace_id}") or "").split("\n")
    if name in known:
        return False
    _save(connection, f"readers:{workspace_id}", "\n".join([*filter(None, known), name]))
    return any(known)


def _check(found: str | None, wanted: str) -> None:
    if found is not None and found != wanted:
        raise ForeignMirrorError("mirror_foreign", found=found, wanted=wanted)


def _fact(connection: Connection, name: str) -> str | None:
    value: str | None = connection.scalar(select(meta.c.value).where(meta.c.name == name))
    return value


def _save(connection: Connection, name: str, value: str) -> None:
    connection.execute(delete(meta).where(meta.c.name == name))
    connection.execute(insert(meta).values(name=name, value=value))
