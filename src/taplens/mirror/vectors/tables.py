"""The tables of the vectors: who made them, and those of each item."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text

# Apart from the mirror's own tables, which the first migration makes.
vectors = MetaData()

# Who made vectors. There are two while one takes the place of another, or where two processes
# have different settings.
embedder = Table(
    "embedder",
    vectors,
    Column("key", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),  # Embedder.name
    Column("dimensions", Integer, nullable=False),
    Column("kept_at", Integer, nullable=False),  # when it last was in use (UTC epoch seconds)
)

# What an item's chunks became, in their order: a byte a number, one vector after the other. An
# item without a text keeps an empty row, so that readers learn that its vectors are gone.
vector = Table(
    "vector",
    vectors,
    Column("embedder", Integer, primary_key=True),
    Column("item", Integer, primary_key=True),
    Column("stale", Boolean, nullable=False),  # the item's texts have changed since
    Column("revision", Integer, nullable=False),  # grows with every batch that is stored
    Column("digest", LargeBinary, nullable=False),  # of the chunks that were embedded
    Column("data", LargeBinary, nullable=False),
    Index("vector_by_revision", "embedder", "revision"),
    Index("vector_by_staleness", "embedder", "stale", "item"),
)
