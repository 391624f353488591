"""What tells when an item came to its end where its history doesn't."""

from __future__ import annotations

# SQL over the snapshot's `item`: the first of TAPD's fields that is set, null where none is.
ENDED_AT = "COALESCE(closed, completed, resolved, reject_time)"
