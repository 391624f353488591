"""List the Makefile's targets with their comments."""

from __future__ import annotations

import re
from pathlib import Path

MAKEFILE = Path(__file__).resolve().parent.parent / "Makefile"


def main() -> None:
    """Print one line a target."""
    for line in MAKEFILE.read_text(encoding="utf-8").splitlines():
        match = re.match(r"([a-z-]+):.*?## (.+)", line)
        if match:
            print(f"make {match[1]:<11} {match[2]}")


if __name__ == "__main__":
    main()
