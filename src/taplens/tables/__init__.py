"""Tables as files for other programs: CSV and Excel workbooks, whole or not at all."""

from taplens.tables.locking import exclusive
from taplens.tables.saving import (
    STANDARD_OUTPUT,
    Destination,
    Saved,
    check,
    check_path,
    replacing,
    save,
)
from taplens.tables.table import Cell, Link, Table

__all__ = [
    "STANDARD_OUTPUT",
    "Cell",
    "Destination",
    "Link",
    "Saved",
    "Table",
    "check",
    "check_path",
    "exclusive",
    "replacing",
    "save",
]
