"""The team's words for what is kept in codes: statuses, options, named things."""

from __future__ import annotations

from functools import cached_property

from taplens.mirror.catalogue import Catalogue
from taplens.mirror.fields import BY_NAME

# Which named things a reference points to, by the field's name.
_NAMED = {"category": ("category", "tcase_category"), "workitem_type": ("workitem_type",)}


class Labels:
    """Words for values, from what the workspaces say of themselves."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._options: dict[str, dict[tuple[int, str, str], str]] = {}
        self._named: dict[str, dict[tuple[int, str], str]] = {}

    def option(self, workspace: int, item_type: str, name: str, value: str) -> str:
        """The label of an option of the TAPD field `name`; the value itself where none is."""
        if name not in self._options:
            self._options[name] = {
                (option.workspace, option.type, option.value): option.label
                for option in self.catalogue.options([name])
            }
        return self._options[name].get((workspace, item_type, value), value)

    def priority(self, workspace: int, item_type: str, value: str) -> str:
        """The label of a priority, which is kept by its label or, where none was sent, its code."""
        name = BY_NAME["priority"].sources.get(item_type, "priority")
        label = self.option(workspace, item_type, name, value)
        return self.option(workspace, item_type, "priority_label", label)

    def status(self, workspace: int, item_type: str, workitem_type: str, key: str) -> str:
        """The team's word for a status key in one workflow; the key where nobody named it."""
        for kind in (workitem_type, ""):
            label = self._statuses.get((workspace, item_type, kind, key))
            if label is not None:
                return label
        return key

    def reference(self, workspace: int, field: str, target: str) -> str | None:
        """The name of what a reference field points to; None where it isn't known."""
        if field == "iteration":
            return self._iterations.get((workspace, target))
        if field not in self._named:
            self._named[field] = {
                (named.workspace, named.id): named.name
                for kind in _NAMED.get(field, ())
                for named in self.catalogue.named(kind)
            }
        return self._named[field].get((workspace, target))

    def field(self, workspace: int, item_type: str, name: str) -> str:
        """The label of a TAPD field of `item_type`; its name where TAPD tells none."""
        for label in self.catalogue.labels.get((item_type, name), ()):
            return label
        return self._customs.get((workspace, item_type, name), name)

    @cached_property
    def _statuses(self) -> dict[tuple[int, str, str, str], str]:
        found: dict[tuple[int, str, str, str], str] = {}
        for status in self.catalogue.statuses:
            place = (status.workspace, status.type, status.workitem_type, status.key)
            found[place] = status.label
            # A work-item type whose own map isn't known speaks as the others do.
            found.setdefault((status.workspace, status.type, "", status.key), status.label)
        return found

    @cached_property
    def _iterations(self) -> dict[tuple[int, str], str]:
        return {(entry.workspace, entry.id): entry.name for entry in self.catalogue.iterations}

    @cached_property
    def _customs(self) -> dict[tuple[int, str, str], str]:
        return {
            (custom.workspace, custom.type, custom.name): custom.label
            for custom in self.catalogue.customs
        }
