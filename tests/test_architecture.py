"""The house rules that a test can hold: imports point down, texts are complete, files are small."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from taplens import messages

SOURCE = Path(__file__).parent.parent / "src" / "taplens"
FILES = sorted(SOURCE.rglob("*.py"))

# From the ground up; a package may import those below it, and itself.
FLOORS = (
    ("messages",),
    ("errors", "clock", "proxy"),
    ("config", "filters", "charts", "tables", "documents"),
    ("tapd", "llm"),
    ("mirror",),
    ("search", "analysis", "egress"),
    ("reports", "evaluate", "descriptions"),
    ("tools",),
    ("agent",),
    ("mcp", "gateway"),
    ("serving",),
    ("cli",),
)
FLOOR = {name: height for height, names in enumerate(FLOORS) for name in names}
SANDBOX_MAY_USE = {"messages", "errors", "clock", "config", "sandbox"}


def _imports(path: Path) -> set[str]:
    """The dotted names below `taplens` that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        found |= {name.removeprefix("taplens.") for name in names if name.startswith("taplens.")}
    return found


def _package(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_down(path: Path) -> None:
    package = _package(path)
    for name in _imports(path):
        target = name.split(".")[0]
        if package == "sandbox":
            allowed = target in SANDBOX_MAY_USE or name.startswith("tapd.entities")
            assert allowed, f"the sandbox stands apart, but imports {name}"
        elif package in FLOOR and target in FLOOR:
            same = target == package
            assert same or FLOOR[target] < FLOOR[package], f"{package} imports {name}"
        elif target == "sandbox":
            assert package == "cli", f"{package} imports the sandbox"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_file_says_what_lives_there_and_stays_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "no docstring"
    assert text.count("\n") <= 500


def test_both_catalogues_hold_the_same_texts_with_the_same_parameters() -> None:
    english, chinese = messages.catalogue("en"), messages.catalogue("zh")
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        assert _parameters(text) == _parameters(chinese[key]), key


def _parameters(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)", text))


def _error_codes() -> set[str]:
    """The codes with which the errors of the tree are raised."""
    import taplens.errors

    classes = {
        name
        for name, value in vars(taplens.errors).items()
        if isinstance(value, type) and issubclass(value, taplens.errors.TapLensError)
    }
    codes = set()
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(getattr(node, "func", None), "id", "")
            if isinstance(node, ast.Call) and name in classes and node.args:
                code = node.args[0]
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    codes.add(code.value)
    return codes


def test_every_error_has_its_texts_and_its_mend() -> None:
    codes = _error_codes()
    assert len(codes) > 20
    for code in codes:
        assert messages.has(f"error.{code}"), code
        assert messages.has(f"error.{code}.mend"), code


HEAVY = (
    "sqlalchemy",
    "duckdb",
    "numpy",
    "matplotlib",
    "aiohttp",
    "pydantic",
    "mcp",
    "starlette",
    "uvicorn",
    "rich",
    "click",
    "rjieba",
    "xlsxwriter",
    "jinja2",
    "docx",
    "pypdfium2",
)


def test_importing_the_packages_loads_no_library() -> None:
    program = (
        "import sys, taplens, taplens.mirror, taplens.tapd, taplens.llm, taplens.sandbox\n"
        "import taplens.charts, taplens.tools.registry, taplens.reports\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, encoding="utf-8"
    )
    assert answer.stdout.strip() == "[]"
