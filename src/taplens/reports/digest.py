"""A report in short, as lines for a chat: what must be said first, whole lines or none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from taplens.reports.model import Figure, Item, Report
from taplens.reports.wording import Wording, one_line

_TOLD = ("counts", "quality")
# Chat robots know no escapes, and some take <@all> for a call to everybody: marks become their
# full-width forms, which look alike and mean nothing.
_PLAIN = str.maketrans("<>[]*_`#@~|&", "＜＞［］＊＿｀＃＠～｜＆")


def digest(report: Report, most_bytes: int) -> str:
    """The report as the Markdown that all three robots understand, in at most `most_bytes`."""
    return _fitting(list(_lines(report)), most_bytes)


def plain(text: object) -> str:
    """A text of other people's on one line, without marks that a robot would heed."""
    return one_line(text).translate(_PLAIN)


def _lines(report: Report) -> Iterator[str]:
    say = Wording(report.lang)
    yield f"**{plain(report.title)} {say.period(report)}**"
    for label, text in say.facts(report):
        if label != say.text("word.period"):
            yield f"{plain(label)}: {plain(text)}"
    for warning in report.warnings:
        yield f"⚠ {plain(warning)}"
    if report.prose is not None:
        yield from map(plain, report.prose.summary)
    for name in _TOLD:
        if (section := report.section(name)) is not None and section.figures:
            yield f"**{plain(section.title)}**"
            yield from (_figure(say, one) for one in section.figures)
    for section in report.sections:
        if section.name == "risks":
            yield f"**{plain(section.title)}**"
            yield from (_figure(say, listing.count) for listing in section.listings)
        if section.items:
            yield f"**{plain(section.title)}**"
            yield from (_item(say, item) for item in section.items)


def _figure(say: Wording, one: Figure) -> str:
    change = say.change(one)
    was = f" ({change}, {say.text('word.was', value=say.before(one))})" if change else ""
    return f"- {plain(one.label)}: {say.value(one)}{was}"


def _item(say: Wording, one: Item) -> str:
    name = f"{say.text(f'one.{one.type}')} {one.number or one.id}"
    why = f" — {plain(', '.join(one.reasons))}" if one.reasons else ""
    return f"- [{name}]({one.link}) {plain(one.title)}{why}"


def _fitting(lines: Sequence[str], most: int) -> str:
    """As many lines as fit, from the first on; an ellipsis where some don't."""
    whole = "\n".join(lines)
    if len(whole.encode()) <= most:
        return whole
    room, kept = most - len("\n…".encode()), []
    for line in lines:
        room -= len(line.encode()) + 1
        if room < 0:
            break
        kept.append(line)
    return "\n".join([*kept, "…"])
