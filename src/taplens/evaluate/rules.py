"""The rules that test cases are judged by: a file in the home that a team edits."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from taplens.errors import ConfigurationError, ExportError
from taplens.evaluate.model import ELEMENTS
from taplens.filters import fold
from taplens.tables import exclusive, replacing

NAME = "rules.toml"  # in the home
_MOST_WORDS = 200
_FURTHER = ("P3", "P4")  # known to everybody, though no share is wanted of them
_VAGUE = (
    "功能正常", "跟现网一致", "与现网一致", "显示正常", "正常显示", "正常使用", "符合预期",
    "符合要求", "正确显示", "没有问题", "无异常", "works as expected",
    "works fine", "as before", "no problem", "looks good",
)  # fmt: skip

# What teams and TAPD call the priorities that the shares are of.
_PRIORITIES: Mapping[str, tuple[str, ...]] = {
    "P0": ("高", "High", "紧急", "Urgent"),
    "P1": ("中", "Medium", "Middle"),
    "P2": ("低", "Low"),
}

Share = tuple[int, int]  # percent, from and to, both included


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is asked of cases.

    `title_length` in characters, `steps` how many at most; `shares` of the priorities over all
    cases in percent; `priorities`: other words for these, such as TAPD's own; `required`: whether
    a case must have the element; `vague` are words that say nothing, in an expected result or a
    step.
    """

    title_length: int = 40
    steps: int = 10
    shares: Mapping[str, Share] = field(
        default_factory=lambda: {"P0": (10, 20), "P1": (60, 70), "P2": (10, 30)}
    )
    priorities: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _PRIORITIES)
    required: Mapping[str, bool] = field(
        default_factory=lambda: {
            "requirement": False, "title": True, "precondition": False, "steps": True,
            "expected": True, "priority": True,
        }
    )  # fmt: skip
    vague: tuple[str, ...] = _VAGUE

    def priority_of(self, text: str) -> str:
        """The name of a priority, by whichever of its words; what is none is told as it is."""
        word = fold(text.strip())
        names = (
            name
            for name in dict.fromkeys((*self.shares, *self.priorities))
            if word in map(fold, (name, *self.priorities.get(name, ())))
        )
        return next(names, text.strip().upper())

    def is_priority(self, text: str) -> bool:
        """Whether the rules know a priority."""
        known = {*self.shares, *self.priorities, *_FURTHER}
        return self.priority_of(text) in known


DEFAULT = Rules()


def path_of(home: Path) -> Path:
    """Where the rules of a home stand."""
    return home / NAME


def load(path: Path) -> Rules:
    """The rules of a file; DEFAULT where there is none, or for what it doesn't say.

    Raises ConfigurationError naming the key that is wrong, and what it may be.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # Windows' editor marks its files
    except FileNotFoundError:
        return DEFAULT
    except (OSError, UnicodeDecodeError) as fault:
        raise _unreadable(path, fault) from fault
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise _unreadable(path, fault) from fault
    return changed(DEFAULT, told, str(path))


def changed(rules: Rules, told: Mapping[str, Any], place: str) -> Rules:
    """`rules` with what `told` says, as the file has it. Raises ConfigurationError; see load."""
    known = [one.name for one in fields(Rules)]
    for key in told:
        if key not in known:
            raise _wrong(place, key, " | ".join(known))
    values = {name: _READERS[name](place, name, value) for name, value in told.items()}
    for name in ("shares", "required", "priorities"):  # what isn't said of these stays
        if name in values:
            values[name] = {**getattr(rules, name), **values[name]}
    found = replace(rules, **values)
    _check_sums(place, found.shares)
    return found


def assigned(rules: Rules, settings: Mapping[str, str], place: str) -> Rules:
    """`rules` with settings as a terminal gives them: `title_length` "50", `shares.P0` "5-15",
    `required.precondition` "yes", `vague` "正常,没问题". Raises ConfigurationError; see load.
    """
    told: dict[str, Any] = {}
    for key, text in settings.items():
        name, _, part = key.partition(".")
        if name in _PARTS:
            if not part:
                raise _wrong(place, key, f"{name}.{'title' if name == 'required' else 'P0'}")
            told.setdefault(name, {})[part] = _PARTS[name](place, key, text)
        elif name == "vague":
            told[name] = _words_of_text(place, key, text)
        else:
            told[key] = int(text) if text.strip().isdecimal() else text
    return changed(rules, told, place)


def change(path: Path, settings: Mapping[str, str]) -> Rules:
    """Change rules in a file, as `assigned` takes them; comments and what isn't named stay.

    Raises ConfigurationError, and ExportError where the file can't be written.
    """
    _ensure_folder(path)
    with exclusive(path):
        before = load(path)
        after = assigned(before, settings, str(path))
        try:
            text = _rewritten(path.read_text(encoding="utf-8-sig"), before, after)
        except FileNotFoundError:
            text = to_toml(after)
        _write(text, path)
    return after


def _rewritten(text: str, before: Rules, after: Rules) -> str:
    import tomlkit

    document = tomlkit.parse(text)
    for one in fields(Rules):
        held, wanted = getattr(before, one.name), getattr(after, one.name)
        if held == wanted:
            continue
        if isinstance(wanted, Mapping):
            told = {key: _plain(value) for key, value in wanted.items() if held.get(key) != value}
            document.setdefault(one.name, tomlkit.table()).update(told)
        else:
            document[one.name] = _plain(wanted)
    return tomlkit.dumps(document)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def save(rules: Rules, path: Path) -> None:
    """Write the rules to a file, which is whole or as it was. Raises ExportError."""
    _ensure_folder(path)
    with exclusive(path):
        _write(to_toml(rules), path)


def _ensure_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        detail = fault.strerror or str(fault)
        raise ExportError("export_not_written", path=path, detail=detail) from fault


def _write(text: str, path: Path) -> None:
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8")


def to_toml(rules: Rules) -> str:
    """The file, with what each key means."""
    shares = "\n".join(
        f"{_key(name)} = [{low}, {high}]" for name, (low, high) in rules.shares.items()
    )
    required = "\n".join(f"{name} = {str(value).lower()}" for name, value in rules.required.items())
    vague = "".join(f"  {_quoted(word)},\n" for word in rules.vague)
    priorities = "\n".join(
        f"{_key(name)} = [{', '.join(map(_quoted, words))}]"
        for name, words in rules.priorities.items()
    )
    return (
        "# The rules of `taplens evaluate`. `taplens rules reset` brings the defaults back.\n\n"
        f"# The most characters of a title.\ntitle_length = {rules.title_length}\n\n"
        f"# The most steps of a case.\nsteps = {rules.steps}\n\n"
        f"# Words that say nothing, in steps and expected results.\nvague = [\n{vague}]\n\n"
        "# The share of each priority over all cases, in percent, from and to.\n"
        f"[shares]\n{shares}\n\n"
        f"# Other words for these priorities, such as TAPD's own.\n[priorities]\n{priorities}\n\n"
        f"# What a case must have.\n[required]\n{required}\n"
    )


def _key(name: str) -> str:
    return name if name.isascii() and name.isalnum() else _quoted(name)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _whole(low: int, high: int) -> Callable[[str, str, Any], int]:
    def read(place: str, key: str, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise _wrong(place, key, f"{low}-{high}")
        return value

    return read


def _read_shares(place: str, key: str, value: Any) -> dict[str, Share]:
    if not isinstance(value, Mapping) or not value:
        raise _wrong(place, key, "P0 = [10, 20]")
    return {str(name): _share(place, f"{key}.{name}", told) for name, told in value.items()}


def _share(place: str, key: str, told: Any) -> Share:
    if not isinstance(told, list | tuple) or len(told) != 2:
        raise _wrong(place, key, "[10, 20]")
    low, high = (_whole(0, 100)(place, key, part) for part in told)
    if low > high:
        raise _wrong(place, key, f"[{high}, {low}]")
    return low, high


def _check_sums(place: str, shares: Mapping[str, Share]) -> None:
    """The least shares can't be more than all, nor the greatest less."""
    least, most = (sum(share[side] for share in shares.values()) for side in (0, 1))
    if least > 100 or most < 100:
        raise ConfigurationError("rules_shares", place=place, least=least, most=most)


def _read_priorities(place: str, key: str, value: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        raise _wrong(place, key, 'P0 = ["高", "High"]')
    return {str(name): _read_words(place, f"{key}.{name}", told) for name, told in value.items()}


def _read_required(place: str, key: str, value: Any) -> dict[str, bool]:
    if not isinstance(value, Mapping):
        raise _wrong(place, key, "title = true")
    for name, told in value.items():
        if name not in ELEMENTS:
            raise _wrong(place, f"{key}.{name}", " | ".join(ELEMENTS))
        if not isinstance(told, bool):
            raise _wrong(place, f"{key}.{name}", "true | false")
    return dict(value)


def _read_words(place: str, key: str, value: Any) -> tuple[str, ...]:
    words = value if isinstance(value, list) else [None]
    told = [one.strip() for one in words if isinstance(one, str) and one.strip()]
    if len(words) > _MOST_WORDS or len(told) < len(words):
        raise _wrong(place, key, f'["…", "…"] (0-{_MOST_WORDS})')
    return tuple(dict.fromkeys(told))


def _words_of_text(_place: str, _key: str, text: str) -> list[str]:
    return [word.strip() for word in text.replace("，", ",").split(",") if word.strip()]


def _share_of_text(place: str, key: str, text: str) -> list[int]:
    low, _, high = text.replace("–", "-").replace("~", "-").partition("-")
    if not (low.strip().isdecimal() and high.strip().isdecimal()):
        raise _wrong(place, key, "10-20")
    return [int(low), int(high)]


def _yes(place: str, key: str, text: str) -> bool:
    word = text.strip().lower()
    if word not in _YES and word not in _NO:
        raise _wrong(place, key, "yes | no")
    return word in _YES


def _wrong(place: str, key: str, wanted: str) -> ConfigurationError:
    return ConfigurationError("rules_value", place=place, key=key[:60], wanted=wanted)


def _unreadable(path: Path, fault: Exception) -> ConfigurationError:
    return ConfigurationError("rules_unreadable", path=path, detail=str(fault)[:200])


_YES, _NO = ("yes", "true", "1", "on", "是"), ("no", "false", "0", "off", "否")
_PARTS: dict[str, Callable[[str, str, str], Any]] = {
    "shares": _share_of_text,
    "required": _yes,
    "priorities": _words_of_text,
}
_READERS: dict[str, Callable[[str, str, Any], Any]] = {
    "title_length": _whole(1, 500),
    "steps": _whole(1, 200),
    "shares": _read_shares,
    "required": _read_required,
    "priorities": _read_priorities,
    "vague": _read_words,
}
