"""Write requirements.lock and requirements-dev.lock: pinned, hashed, for every platform.

Needs `uv` beside the running Python or on the PATH, and a package index.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# No index and no path of this machine may stand in the files.
OPTIONS = (
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-header",
    "--no-annotate",
    "--quiet",
)


def main() -> None:
    """Compile both files; extra arguments (such as --upgrade) go to uv."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    name = project["project"]["name"]
    runtime = project["project"]["dependencies"]
    extras = [one for many in project["project"]["optional-dependencies"].values() for one in many]
    group = [one for one in project["dependency-groups"]["dev"] if not one.startswith(name)]
    write("requirements.lock", runtime)
    write("requirements-dev.lock", runtime + extras + group)


def write(target: str, requirements: list[str]) -> None:
    """Compile `requirements` into the file `target`, keeping its pins where they still fit."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        sys.exit("uv is needed: pip install uv")
    command = [uv, "pip", "compile", *OPTIONS, "-o", target, *sys.argv[1:], "-"]
    subprocess.run(command, cwd=ROOT, input="\n".join(requirements).encode(), check=True)
    print(target)


if __name__ == "__main__":
    main()
