"""Make the virtual environment `.venv` of this checkout, with exactly the locked packages.

    python scripts/environment.py          what TapLens needs to run
    python scripts/environment.py --dev    and what its tests and checks need

Does nothing where it is up to date. Needs nothing but Python and a package index.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
OLDEST = (3, 11)


def ensure(*, dev: bool = False) -> Path:
    """The Python of an environment that is up to date; exits with a message where it can't be."""
    if sys.version_info < OLDEST:
        sys.exit("Python 3.11 or newer is needed. / 需要 Python 3.11 或更新版本。")
    lock = ROOT / ("requirements-dev.lock" if dev else "requirements.lock")
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = VENV / f"taplens-{lock.stem}.stamp"
    wanted = _digest(lock, ROOT / "pyproject.toml")
    if python.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    if not python.exists():
        _run(sys.executable, "-m", "venv", str(VENV))
    print(f"Installing {lock.name} into .venv ...", file=sys.stderr, flush=True)
    _pip(python, "--require-hashes", "-r", str(lock))
    # The build backend is among the locked development packages: then no index is asked for it.
    _pip(python, "--no-deps", *(["--no-build-isolation"] if dev else []), "-e", str(ROOT))
    stamp.write_text(wanted, encoding="utf-8")
    return python


def _digest(*paths: Path) -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


def _pip(python: Path, *arguments: str) -> None:
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input")
    _run(str(python), "-m", "pip", "install", *quiet, *arguments)


def _run(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, stdout=sys.stderr, check=False)
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    ensure(dev="--dev" in sys.argv[1:])
