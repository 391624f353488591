"""How figures and times of a report are said, in its language."""

from __future__ import annotations

from dataclasses import dataclass

from taplens import messages
from taplens.reports.model import Figure, Number, Report


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one language."""

    lang: str

    def text(self, key: str, /, **parameters: object) -> str:
        """A text of the catalogue, under `report.`."""
        return messages.text(f"report.{key}", self.lang, **parameters)

    def number(self, value: Number, unit: str = "") -> str:
        """A number with its unit; a dash for none."""
        if value is None:
            return self.text("missing")
        shown = f"{value:,}" if isinstance(value, int) else f"{value:,.10g}"
        return self.text(f"unit.{unit}", value=shown) if unit else shown

    def value(self, figure: Figure) -> str:
        """What a figure is now."""
        return self.number(figure.value, figure.unit)

    def before(self, figure: Figure) -> str:
        """What it was in the period before."""
        return self.number(figure.before, figure.unit)

    def change(self, figure: Figure) -> str:
        """How much it moved, with a sign and an arrow; "" where that can't be said."""
        moved = figure.change
        if moved is None:
            return ""
        if not moved:
            return "="
        arrow = "↑" if moved > 0 else "↓"
        return f"{arrow} {self.number(abs(moved), _points(figure.unit))}"

    def period(self, report: Report) -> str:
        """The days of a report."""
        return f"{report.since} – {report.until}"

    def compared(self, report: Report) -> str:
        """The days before."""
        return f"{report.before_since} – {report.before_until}"

    def facts(self, report: Report) -> list[tuple[str, str]]:
        """What there is to know of a report before its figures: pairs of a label and a text."""
        names = [
            f"{name} ({one})" if name != one else one for one, name in report.workspaces.items()
        ]
        told: list[tuple[str, str | None]] = [
            ("workspace", ", ".join(names)),
            ("period", self.period(report)),
            ("compared", self.compared(report)),
            ("where", report.where or self.text("word.everything")),
            ("as_of", report.as_of and _minutes(report.as_of)),
            ("history_from", report.history_from and _minutes(report.history_from)),
        ]
        return [(self.text(f"word.{name}"), text) for name, text in told if text]


def _points(unit: str) -> str:
    """The unit of a difference: of shares in percent it is points, which are told bare."""
    return "" if unit in ("percent", "each") else unit


def _minutes(time: str) -> str:
    """An ISO 8601 time to the minute, without the offset."""
    return time[:16].replace("T", " ")


def one_line(text: object) -> str:
    """`text` on one line."""
    return " ".join(str(text).split())


_MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_{}[]<>#!|~&$"})


def markdown(text: object) -> str:
    """`text` as Markdown that says just that: no mark, link, picture or tag of its own."""
    return one_line(text).translate(_MARKS)
