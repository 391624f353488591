"""The tables of the mirror (a cache, may be rebuilt) and of the state (may not be lost)."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)

from taplens.mirror.fields import COLUMN_FIELDS, TYPE_CODES

mirror = MetaData()
state = MetaData()

_COLUMN_TYPES = {
    "text": Text,
    "term": Integer,
    "reference": Integer,
    "person": Integer,
    "instant": BigInteger,
    "date": Text,
    "number": Float,
}

# Facts about the mirror itself: version, base_url, company.
meta = Table("meta", mirror, Column("name", Text, primary_key=True), Column("value", Text))

workspace = Table(
    "workspace",
    mirror,
    Column("key", Integer, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("category", Text),
    Column("status", Text),
    Column("company", Text),
    Column("task_type", Text),  # work-item type id of tasks, where tasks are kept as stories
    Column("payload", Text, nullable=False),  # JSON as TAPD sent it
    Column("synced_at", BigInteger),  # start of the last complete cycle
    Column("answerable_at", BigInteger),  # when the items were first complete
    Column("census_at", BigInteger),
)

# The dictionary of coded texts: people, statuses, modules, ids of what is pointed to...
term = Table(
    "term",
    mirror,
    Column("key", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False, unique=True),  # at most 800 characters
)

_IS_ITERATION = text(f"type = {TYPE_CODES['iteration']}")
item = Table(
    "item",
    mirror,
    Column("key", Integer, primary_key=True, autoincrement=False),
    Column("workspace", Integer, nullable=False),
    Column("type", SmallInteger, nullable=False),  # fields.TYPE_CODES
    Column("removed", SmallInteger),  # fields.REMOVAL_CODES; null: present
    Column("is_open", Boolean, nullable=False),  # not in an end state of its workflow
    Column("status_label", Integer),  # term: the team's own word for the status
    Column("number", BigInteger, nullable=False),  # the short id
    Column("account", Integer, nullable=False),  # term: the account that last saw it
    Column("fetched_at", BigInteger, nullable=False),
    *(Column(field.name, _COLUMN_TYPES[field.kind]) for field in COLUMN_FIELDS),
    Column("id", Text, nullable=False),  # the long id
    # No index begins with the workspace: with few of them SQLite would take such an index for
    # selective and look up nearly every row through it, at twice the cost of a scan.
    Index("item_by_id", "id", "workspace", "type", unique=True),
    Index("item_by_number", "number", "workspace"),
    Index("item_by_created", "created"),
    Index("item_by_modified", "modified"),
    # The iterations alone: few, and asked for by nearly every question.
    Index(
        "item_iterations", "workspace", sqlite_where=_IS_ITERATION, postgresql_where=_IS_ITERATION
    ),
    # What most questions are about, narrow: a scan of it costs a quarter of the table's.
    Index(
        "item_facets",
        "status_label",
        "type",
        "workspace",
        "removed",
        "is_open",
        "priority",
        "severity",
        "iteration",
        "status",
        "module",
        "version",
        "created",
        "modified",
    ),
)

# Values of multi-valued and custom fields: `field` is Field.code, or custom_field.key (>= 1000).
item_value = Table(
    "item_value",
    mirror,
    Column("item", Integer, primary_key=True),
    Column("field", Integer, primary_key=True),
    Column("term", Integer, primary_key=True),
    Column("number", Float),  # of numeric fields
    Column("instant", BigInteger),  # of datetime fields
    # With the values, so that no condition or grouping needs the table itself.
    Index("item_value_by_term", "field", "term", "item", "number", "instant"),
    sqlite_with_rowid=False,
)

raw = Table(
    "raw",
    mirror,
    Column("item", Integer, primary_key=True, autoincrement=False),
    Column("payload", LargeBinary, nullable=False),  # Zstandard of the row's JSON
)

custom_field = Table(
    "custom_field",
    mirror,
    Column("key", Integer, primary_key=True, autoincrement=False),  # from CUSTOM_FIELD_BASE up
    Column("workspace", Integer, nullable=False),
    Column("type", SmallInteger, nullable=False),
    Column("name", Text, nullable=False),  # custom_field_one
    Column("label", Text, nullable=False),  # 客户
    Column("kind", Text, nullable=False),  # TAPD's type: select, text, float, user_chooser...
    Column("enabled", Boolean, nullable=False),
    Index("custom_field_by_name", "workspace", "type", "name", unique=True),
)

# What TAPD says of fields: labels of system fields, and options of all.
field_label = Table(
    "field_label",
    mirror,
    Column("workspace", Integer, primary_key=True),
    Column("type", SmallInteger, primary_key=True),
    Column("name", Text, primary_key=True),  # TAPD's field name
    Column("label", Text, nullable=False),
    Column("html_type", Text),
)
field_option = Table(
    "field_option",
    mirror,
    Column("workspace", Integer, primary_key=True),
    Column("type", SmallInteger, primary_key=True),
    Column("name", Text, primary_key=True),  # TAPD's field name
    Column("position", Integer, primary_key=True),
    Column("value", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("parent", Text),
)

workflow_status = Table(
    "workflow_status",
    mirror,
    Column("workspace", Integer, primary_key=True),
    Column("type", SmallInteger, primary_key=True),
    Column("workitem_type", Text, primary_key=True),  # id, "" where the system has one workflow
    Column("status", Text, primary_key=True),
    Column("label", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("is_first", Boolean, nullable=False),
    Column("is_end", Boolean, nullable=False),
)
workflow_transition = Table(
    "workflow_transition",
    mirror,
    Column("workspace", Integer, primary_key=True),
    Column("type", SmallInteger, primary_key=True),
    Column("workitem_type", Text, primary_key=True),
    Column("previous", Text, primary_key=True),
    Column("next", Text, primary_key=True),
    Column("payload", Text, nullable=False),
)

# Small named things: member, role, category, tcase_category, module, version, label,
# workitem_type. Iterations are items.
reference = Table(
    "reference",
    mirror,
    Column("workspace", Integer, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("parent", Text),
    Column("payload", Text, nullable=False),
)

comment = Table(
    "comment",
    mirror,
    Column("workspace", Integer, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("type", SmallInteger),  # of the item it stands under; null: of something not mirrored
    Column("item_id", Text, nullable=False),
    Column("entry_type", Text, nullable=False),
    Column("author", Integer),
    Column("created", BigInteger),
    Column("modified", BigInteger),
    Column("title", Text),
    Column("description", Text),  # HTML
    Column("reply_id", Text),
    Column("root_id", Text),
    Column("removed", SmallInteger),
    Column("fetched_at", BigInteger, nullable=False),
    Column("account", Integer, nullable=False),
    Index("comment_by_item", "workspace", "type", "item_id"),
)

# One row a changed field; `position` tells the fields of one TAPD change row apart.
change = Table(
    "change",
    mirror,
    Column("workspace", Integer, primary_key=True),
    Column("type", SmallInteger, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("item_id", Text, nullable=False),
    Column("author", Integer),
    Column("created", BigInteger, nullable=False),
    Column("field", Integer, nullable=False),  # term
    Column("old", Text),
    Column("new", Text),
    Column("kind", Integer),  # term: TAPD's change_type
    Column("note", Text),  # TAPD's comment or memo
    Index("change_by_item", "workspace", "type", "item_id"),
    Index("change_by_created", "workspace", "created"),
)

# Derived from `change`: how long an item stood in each status. An item without rows has had
# its status since it was created, as far back as the history reaches.
status_interval = Table(
    "status_interval",
    mirror,
    Column("workspace", Integer, primary_key=True),
    Column("type", SmallInteger, primary_key=True),
    Column("item_id", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("status", Integer, nullable=False),  # term: the code
    Column("began", BigInteger, nullable=False),
    Column("ended", BigInteger),  # null: still
    Column("author", Integer),  # who moved it there
)

relation = Table(
    "relation",
    mirror,
    Column("workspace", Integer, primary_key=True),
    Column("kind", Text, primary_key=True),  # story_bug, story_tcase
    Column("source", Text, primary_key=True),  # story id
    Column("target", Text, primary_key=True),
    Index("relation_by_target", "workspace", "kind", "target"),
)

# Tombstones, also of items that were gone before the mirror began.
removal = Table(
    "removal",
    mirror,
    Column("workspace", Integer, primary_key=True),
    Column("type", SmallInteger, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("kind", SmallInteger, nullable=False),
    Column("title", Text),
    Column("actor", Text),
    Column("removed_at", BigInteger),
    Column("moved_to", Text),
    # Whether a recycle bin held it when it was last read: what was emptied from the bin, or isn't
    # shown to another account, stays gone.
    Column("listed", Boolean, nullable=False),
)

# How far each stream of rows has been read.
stream = Table(
    "stream",
    mirror,
    Column("workspace", Integer, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("complete", Boolean, nullable=False),  # the first full read is done
    Column("watermark", BigInteger),  # rows modified before it are all here
    Column("history_from", BigInteger),  # of change streams: rows since then are all here
    Column("position", Text),  # JSON: where an unfinished read goes on
    Column("read_at", BigInteger),
)

# At which version of the mirror an item changed last (see versions.py); none: before any was told.
touched = Table(
    "touched",
    mirror,
    Column("item", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    Index("touched_by_version", "version"),
)

# The versions that the mirror went through, the newest ones (see versions.py).
items_version = Table(
    "items_version",
    mirror,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("token", Text, nullable=False),
)

lease = Table(
    "lease",
    mirror,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("expires_at", Float, nullable=False),
)

# The state: what can't be fetched again.
state_meta = Table("meta", state, Column("name", Text, primary_key=True), Column("value", Text))
sync_run = Table(
    "sync_run",
    state,
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("base_url", Text, nullable=False),
    Column("workspaces", Text, nullable=False),
    Column("kind", Text, nullable=False),  # full, incremental, census, verify
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("requests", Integer),
    Column("rows", Integer),
    Column("outcome", Text),  # ok, or the code of the error
)

# Keys that this server gave out. The secret itself is kept nowhere.
api_key = Table(
    "api_key",
    state,
    Column("id", Text, primary_key=True),  # the public part of the key
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False),  # SHA-256 of the whole key, hexadecimal
    Column("models", Text),  # JSON list of names and patterns; null: all
    Column("rpm", Integer),
    Column("tpm", Integer),
    Column("budget_tokens", BigInteger),  # a month
    Column("budget_cost", BigInteger),  # a month, in billionths of the currency
    Column("budget_currency", Text),
    Column("mcp", Boolean, nullable=False),  # whether it opens MCP, too
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)

# The ledger: one row a day (in the workspace's zone) for each combination of its key columns.
usage = Table(
    "usage",
    state,
    Column("day", Text, primary_key=True),  # YYYY-MM-DD
    Column("key", Text, primary_key=True),  # api_key.id, "operator", or "local": no key was needed
    Column("model", Text, primary_key=True),  # as the client named it
    Column("provider", Text, primary_key=True),
    Column("currency", Text, primary_key=True),  # "": the price is not known
    Column("estimated", Boolean, primary_key=True),  # the provider did not say how much it was
    Column("requests", BigInteger, nullable=False),
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("completion_tokens", BigInteger, nullable=False),
    Column("cost", BigInteger, nullable=False),  # in billionths of the currency: sums stay exact
)

# What went to which model provider: one row a request, never a text.
egress = Table(
    "egress",
    state,
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("answer", Text, nullable=False),  # the same for all requests of one answer
    Column("principal", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("fields", Text, nullable=False),  # JSON list of names
    Column("item_ids", Text, nullable=False),  # JSON list
    Column("size", BigInteger, nullable=False),  # bytes of the request
    Column("stand_ins", Integer, nullable=False),  # how many values were replaced
    Index("egress_by_time", "at"),
)
