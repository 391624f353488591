"""The words of a workspace: its people, statuses and so on, and ours for what all have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from taplens.agent.checks.demand import Demand
from taplens.agent.checks.lexicon import folded, lexicon, places, stands_alone, words

if TYPE_CHECKING:
    from taplens.mirror.reads_describe import WorkspaceDescription
    from taplens.tools.context import ToolContext

# What a field's name says of whose words are meant.
_DIMENSIONS = {
    "owner": "person", "creator": "person", "developer": "person", "tester": "person",
    "负责人": "person", "处理人": "person", "创建人": "person", "reopened_by": "person",
    "状态": "status", "优先级": "priority", "严重程度": "severity", "类型": "type",
    "metric": "metric", "priority_label": "priority",
}  # fmt: skip
_MEANT = ("type", "state", "priority", "severity")
_ME = ("me", "我", "我的", "my", "你", "您", "you", "your", "i")


class Mention(NamedTuple):
    """A word of the vocabulary where it stands, and what it may mean there."""

    start: int
    end: int
    meanings: tuple[Demand, ...]


class Vocabulary:
    """Demands by dimension and word. Words of several dimensions mean all of them."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, Demand]] = {}
        self.people: set[str] = set()
        self.workspaces: tuple[str, ...] = ()  # the first is meant where a call names none
        for dimension, names in lexicon()["dimensions"].items():
            for told in names.values():
                self.add(dimension, told)

    def add(self, dimension: str, names: Iterable[Any]) -> None:
        """`names` are all words for one thing."""
        told = tuple(dict.fromkeys(folded(str(name)) for name in names if name))
        if not told:
            return
        if dimension == "person":
            self.people |= {str(name) for name in names if name}
        known = self._known.setdefault(dimension, {})
        earlier = [known[word].words for word in told if word in known]
        merged = tuple(dict.fromkeys((*told, *(word for some in earlier for word in some))))
        demand = Demand(dimension, merged)
        known |= dict.fromkeys(merged, demand)

    def demand(self, column: str, value: Any) -> Demand:
        """What a sentence must tell that is about `value` of the field `column`."""
        name = str(column)
        dimension = _DIMENSIONS.get(name, _DIMENSIONS.get(name.casefold(), name))
        if value is None or value == "":
            nobody = words("unowned") if dimension == "person" else ()
            return Demand(dimension, (*words("none"), *nobody))
        word = folded(str(value))
        if dimension == "person" and word in ("me", "我"):
            return Demand(dimension, _ME)
        return self._known.get(dimension, {}).get(word) or Demand(dimension, (word,))

    def mentions(self, text: str) -> list[Mention]:
        """The vocabulary's words in the folded `text`; the longest where several overlap."""
        found = sorted(self._places(text), key=lambda one: (one[0], -one[1]))
        kept: list[Mention] = []
        for start, end, demand in found:
            if kept and (start, end) == kept[-1][:2]:
                kept[-1] = Mention(start, end, (*kept[-1].meanings, demand))
            elif not kept or start >= kept[-1].end:
                kept.append(Mention(start, end, (demand,)))
        return kept

    def _places(self, text: str) -> Iterator[tuple[int, int, Demand]]:
        loose = frozenset(words("loose"))
        for known in self._known.values():
            for word, demand in known.items():
                for start, end in places(word, text):
                    is_loose = word in loose or len(word) == 1
                    if not is_loose or stands_alone(text, start, end):
                        yield start, end, demand


async def vocabulary_of(context: ToolContext) -> Vocabulary:
    """The vocabulary of the caller's workspaces, as the mirror has it.

    On an empty mirror that means a sync. Raises MirrorError, TapdError, ConfigurationError.
    """
    from taplens.mirror.reads_describe import describe_workspace
    from taplens.tools.freshness import scope_of

    found = Vocabulary()
    found.workspaces = context.workspaces
    scope = await scope_of(context, context.chosen(context.workspaces))
    for workspace in context.workspaces:
        _take(found, await context.read(describe_workspace, scope, workspace))
    return found


def _take(found: Vocabulary, described: WorkspaceDescription) -> None:
    found.add("workspace", (described.name, described.id))
    for person in described.people:
        found.add("person", (person.nick, person.name))
    for workflow in described.workflows:
        for status in workflow.statuses:
            found.add("status", (status.label, status.key))
    for iteration in described.iterations:
        found.add("iteration", (iteration.name,))
    for dimension, names in (
        ("module", described.modules),
        ("version", described.versions),
        ("label", described.labels),
    ):
        for name in names:
            if not _says_more(name):
                found.add(dimension, (name,))
    for field in described.fields:
        if field.name in ("priority", "severity"):
            for option in field.options:
                found.add(field.name, option)


def _says_more(name: str) -> bool:
    """Whether a name is made of words that mean something themselves, as a label 紧急需求 is: where
    it stands in a sentence nobody can tell which is meant.
    """
    dimensions = lexicon()["dimensions"]
    known = (word for kind in _MEANT for told in dimensions[kind].values() for word in told)
    return any(len(word) > 1 and word in folded(name) for word in known)
