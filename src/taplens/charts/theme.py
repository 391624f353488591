"""How charts look: colours of both themes, and the patterns that tell series apart without them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ThemeName = Literal["light", "dark"]
Dash = str | tuple[int, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as #rrggbb: the paper, texts on it (`ink`, `muted`, `words`), the grid, the series.

    The series' colours are those of Okabe and Ito (Color Universal Design, 2008) made darker or
    lighter until each stands out from the paper by 3:1, as WCAG 2.2 (1.4.11) asks of graphics, and
    any two of the first six differ for who sees no red or no green. Texts stand out by 4.5:1
    (1.4.3) and never take a series' colour.
    """

    paper: str
    ink: str
    muted: str
    grid: str
    words: str
    series: tuple[str, ...]


THEMES: dict[ThemeName, Theme] = {
    "light": Theme(
        paper="#ffffff",
        ink="#1c2127",
        muted="#5a636d",
        grid="#e3e6ea",
        words="#00629b",
        series=(
            "#0068a8", "#b33c00", "#00967a", "#852a68", "#ba8900", "#3b9cda", "#666666", "#5f3a00",
        ),
    ),
    "dark": Theme(
        paper="#15191e",
        ink="#e8ebee",
        muted="#a3acb6",
        grid="#30363d",
        words="#7cc4f0",
        series=(
            "#56b4e9", "#e8741e", "#1fbf95", "#d878b4", "#f0c93a", "#2f6fb0", "#a8a8a8", "#c49a6c",
        ),
    ),
}  # fmt: skip

MOST_SERIES = 8  # told apart in one picture: more colours and patterns nobody can tell apart
DASHES: tuple[Dash, ...] = (
    "solid", (0, (6, 2.2)), (0, (1.6, 1.6)), (0, (8, 2, 1.6, 2)),
    (0, (3.5, 1.5)), (0, (10, 3)), (0, (8, 1.6, 1.6, 1.6, 1.6, 1.6)), (0, (1, 3)),
)  # fmt: skip
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
HATCHES = ("", "////", "..", "\\\\\\\\", "xxx", "---", "++", "|||")
