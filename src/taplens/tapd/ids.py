"""TAPD's ids: the long form that the API speaks, the short number that people see.

A long id is a two-digit prefix, the workspace id and a nine-digit sequence. The prefix is `11` in
the cloud and `10` elsewhere; workspace ids of fewer than 8 digits are padded to 8 by the server
but not by TAPD's own client. So ids are compared by their short number, never by their length.
"""

from __future__ import annotations

from taplens.errors import ArgumentError

SEQUENCE_DIGITS = 9
WORKSPACE_DIGITS = 8
CLOUD_HOST = "api.tapd.cn"


def expand_id(short_or_long: str | int, workspace_id: str, base_url: str) -> str:
    """The long id of an item that is named by its short number or already by its long id.

    At most nine digits are a short number; `base_url` tells the cloud (prefix 11) from other
    installations (prefix 10), by the rule of TAPD's own client. A leading `#` is dropped.
    Raises ArgumentError for anything but digits.
    """
    digits = str(short_or_long).strip().removeprefix("#")
    if not (digits.isascii() and digits.isdigit()):
        raise ArgumentError("item_id_malformed", id=short_or_long)
    if len(digits) > SEQUENCE_DIGITS:
        return digits
    prefix = "11" if CLOUD_HOST in base_url else "10"
    return f"{prefix}{workspace_id.zfill(WORKSPACE_DIGITS)}{digits.zfill(SEQUENCE_DIGITS)}"


def short_number(long_id: str | int, workspace_id: str) -> int:
    """The number that people see: the id without prefix, workspace id and leading zeros.

    Takes any two-digit prefix and the workspace id padded or not; of an id that doesn't hold
    the workspace id, the last nine digits count. Raises ArgumentError for anything but digits.
    """
    digits = str(long_id).strip()
    if not (digits.isascii() and digits.isdigit()):
        raise ArgumentError("item_id_malformed", id=long_id)
    for workspace in (workspace_id.zfill(WORKSPACE_DIGITS), workspace_id):
        sequence = digits[2 + len(workspace) :]
        if digits[2:].startswith(workspace) and len(sequence) >= SEQUENCE_DIGITS:
            return int(sequence)
    return int(digits[-SEQUENCE_DIGITS:])


def alternative_ids(long_id: str, workspace_id: str) -> tuple[str, ...]:
    """Every long id that may mean the same item: both prefixes, the workspace padded or not."""
    sequence = str(short_number(long_id, workspace_id)).zfill(SEQUENCE_DIGITS)
    workspaces = dict.fromkeys((workspace_id.zfill(WORKSPACE_DIGITS), workspace_id))
    return tuple(f"{prefix}{ws}{sequence}" for prefix in ("11", "10") for ws in workspaces)
