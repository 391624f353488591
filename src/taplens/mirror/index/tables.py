"""The tables of the index: what was indexed, as text, and what it is found by."""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table

# Apart from the mirror's own tables, which the first migration makes.
index = MetaData()

# The plain text of an item as it was indexed: what a later change takes out of the index again,
# and what passages are shown from.
document = Table(
    "document",
    index,
    Column("item", Integer, primary_key=True, autoincrement=False),
    Column("text", LargeBinary, nullable=False),  # documents.Document.packed
)
