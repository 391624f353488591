"""Reading whole columns at once: as one JSON array a column, a third of the cost of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, select

from taplens.mirror.dialects import gathered


def read_columns(
    connection: Connection,
    where: ColumnElement[bool],
    columns: Sequence[ColumnElement[Any]],
) -> list[list[Any]]:
    """The values of each column, of all rows that fulfil `where`, in one order for all.

    Of 100,000 items that takes 20 ms on SQLite, where handing over the rows takes 70 ms, and
    grouping by two columns 90 ms.
    """
    arrays = [gathered(column, connection.dialect.name) for column in columns]
    row = connection.execute(select(*arrays).where(where)).one()
    return [orjson.loads(array or "[]") for array in row]
