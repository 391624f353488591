"""Times the mirror's reads on 100,000 generated items: counts by field pairs, and finds.

Run: python bench/mirror_reads.py [--items 100000] [--rounds 7] [--home FOLDER] [--json]
With --home the mirror is kept there and used again.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from taplens.analysis.counts import count_items
from taplens.config import Settings
from taplens.filters import parse
from taplens.mirror.database import Database, open_mirror
from taplens.mirror.fields import FIELDS
from taplens.mirror.landing import Place
from taplens.mirror.landing.items import land_items
from taplens.mirror.landing.metadata import (
    ensure_workspace,
    land_custom_fields,
    land_field_info,
    land_references,
    land_statuses,
)
from taplens.mirror.reads_find import find_items
from taplens.mirror.reads_items import get_items
from taplens.mirror.scope import Scope
from taplens.mirror.snapshot.keeping import Snapshots

WORKSPACE = "58210347"
NOW = 1_774_000_000  # 2026-03-20
SEED = 20_260_320
PAGE = 2_000
SHARES = {"story": 40, "bug": 40, "task": 15, "tcase": 5}

PEOPLE = [f"成员{number:02}" for number in range(60)]
MODULES = [f"模块{number}" for number in range(25)]
VERSIONS = [f"{major}.{minor}.0" for major in range(1, 6) for minor in range(8)]
LABELS = ["阻塞", "待讨论", "有风险", "非常棒", "三方依赖", "等待转测", "开发受阻", "提高优先级"]
WORDS = [
    "登录",
    "导出",
    "订单",
    "支付",
    "报表",
    "超时",
    "闪退",
    "权限",
    "iOS",
    "Android",
    "CSV",
    "列表",
]
STATUSES = {
    "story": {"planning": "规划中", "status_2": "设计中", "developing": "实现中",
              "status_3": "测试中", "resolved": "已实现", "rejected": "已拒绝"},
    "bug": {"new": "新", "in_progress": "接受/处理", "status_3": "测试中", "resolved": "已解决",
            "verified": "已验证", "reopened": "重新打开", "rejected": "已拒绝", "closed": "已关闭"},
}  # fmt: skip
ENDS = {"story": ["resolved", "rejected"], "bug": ["closed", "rejected"]}
TASK_STATUSES = ["open", "progressing", "done"]
PRIORITIES = {
    "urgent": "紧急",
    "high": "高",
    "medium": "中",
    "low": "低",
    "insignificant": "无关紧要",
}
SEVERITIES = {"fatal": "致命", "serious": "严重", "normal": "一般", "prompt": "提示",
              "advice": "建议"}  # fmt: skip
SELECTS = {
    "resolution": ["fixed", "ignore", "duplicated", "hold"],
    "platform": ["PC", "其他"], "os": ["All", "Linux", "Windows XP"],
    "testphase": ["单元测试", "集成测试", "系统测试"], "frequency": ["可重现", "随机重现"],
    "source": ["需求", "设计", "编码"], "bugtype": ["功能错误", "界面优化", "性能问题"],
}  # fmt: skip
# label, TAPD's type, options
CUSTOMS: list[tuple[str, str, list[str]]] = [
    ("客户", "select", ["ACME", "环宇", "北辰", "Globex", "云帆", "南风"]),
    ("渠道", "radio", ["线上", "线下", "合作方"]),
    ("环境", "select", [f"环境{number}" for number in range(12)]),
    ("影响面", "select", ["全部用户", "部分用户", "内部"]),
    ("机型", "multi_select", [f"机型{number}" for number in range(20)]),
    ("根因", "select", [f"根因{number}" for number in range(40)]),
    ("评审人", "user_chooser", []),
    ("上线日", "dateinput", []),
    ("复现时间", "datetime", []),
    ("耗时", "float", []),
    ("工单号", "text", []),
    ("备注", "text", []),
]
CUSTOM_NAMES = [
    "custom_field_one", "custom_field_two", "custom_field_three", "custom_field_four",
    "custom_field_five", *(f"custom_field_{number}" for number in range(9, 16)),
]  # fmt: skip


def generate(database: Database, items: int, seed: int = SEED) -> None:
    """Fill an empty mirror with `items` items of one workspace, the same for the same seed."""
    chance = random.Random(seed)
    with database.write() as connection:
        key = ensure_workspace(connection, {"id": WORKSPACE, "name": "环宇商城"})
    place_of = place_maker(database, key)
    with place_of() as place:
        _land_metadata(place)
        land_items(place, "iteration", [_iteration(number) for number in range(52)])
    counts = {kind: items * share // 100 for kind, share in SHARES.items()}
    number = 0
    for kind, count in counts.items():
        for start in range(0, count, PAGE):
            size = min(PAGE, count - start)
            with place_of() as place:
                land_items(
                    place, kind, [_row(chance, kind, number + step + 1) for step in range(size)]
                )
            number += size


def place_maker(database: Database, key: int) -> Callable[[], Any]:
    @contextlib.contextmanager
    def make() -> Iterator[Place]:
        with database.write() as connection:
            yield Place(connection, database.terms, key, WORKSPACE, "user:demo", NOW)

    return make


def _land_metadata(place: Place) -> None:
    maps = {(kind, ""): labels for kind, labels in STATUSES.items()}
    land_statuses(place, maps, {(kind, ""): ends for kind, ends in ENDS.items()}, {})
    members = [{"user": nick, "name": nick, "role_id": []} for nick in PEOPLE]
    land_references(place, "member", members, name="user")
    for kind, names in (("module", MODULES), ("version", VERSIONS), ("label", LABELS)):
        rows = [{"id": str(place_), "name": name} for place_, name in enumerate(names)]
        land_references(place, kind, rows)
    land_field_info(place, "bug", {
        "priority": {"label": "优先级", "options": _options(PRIORITIES)},
        "severity": {"label": "严重程度", "options": _options(SEVERITIES)},
        **{name: {"label": name, "options": _options({text: text for text in texts})}
           for name, texts in SELECTS.items()},
    })  # fmt: skip
    for kind in ("story", "bug", "task"):
        land_custom_fields(place, kind, [
            {"custom_field": name, "name": label, "type": html_type, "enabled": "1",
             "options": "|".join(options)}
            for name, (label, html_type, options) in zip(CUSTOM_NAMES, CUSTOMS, strict=True)
        ])  # fmt: skip


def _options(labels: dict[str, str]) -> list[tuple[str, str, None]]:
    return [(value, label, None) for value, label in labels.items()]


def _id(number: int) -> str:
    return f"11{WORKSPACE}{1_000_000 + number:09}"


def _iteration(number: int) -> dict[str, Any]:
    begin = date(2024, 4, 1) + timedelta(days=14 * number)
    return {
        "id": _id(number), "name": f"迭代 {number}", "startdate": begin.isoformat(),
        "enddate": (begin + timedelta(days=13)).isoformat(), "status": "open",
        "created": f"{begin} 09:00:00", "modified": f"{begin} 09:00:00",
    }  # fmt: skip


def _row(chance: random.Random, kind: str, number: int) -> dict[str, Any]:
    def maybe(share: float, value: Callable[[], Any]) -> Any:
        return value() if chance.random() < share else ""

    created = NOW - chance.randrange(720 * 86_400)
    modified = min(created + chance.randrange(60 * 86_400), NOW)
    title = f"{chance.choice(WORDS)}{chance.choice(WORDS)} {chance.choice(WORDS)} #{number}"
    row = {
        "id": _id(number), "created": _time(created), "modified": _time(modified),
        "creator": chance.choice(PEOPLE), "name": title,
        "iteration_id": maybe(0.7, lambda: _id(chance.randrange(52))),
        "owner": maybe(0.9, lambda: _people(chance)), "cc": maybe(0.2, lambda: _people(chance)),
        "label": maybe(0.25, lambda: "|".join(chance.sample(LABELS, chance.choice((1, 1, 2))))),
        "begin": maybe(0.6, lambda: _day(created)), "due": maybe(0.6, lambda: _day(modified)),
        "effort": maybe(0.5, lambda: str(chance.randrange(1, 40))),
        "module": maybe(0.7, lambda: chance.choice(MODULES)),
        "version": maybe(0.5, lambda: chance.choice(VERSIONS)),
        "priority_label": maybe(0.8, lambda: chance.choice(list(PRIORITIES))),
        "description": f"<p>{title}</p>" * 8,
    }  # fmt: skip
    _OF_TYPE[kind](chance, row)
    if kind != "tcase":
        row |= _customs(chance, number)
    return {name: value for name, value in row.items() if value != ""}


def _story(chance: random.Random, row: dict[str, Any]) -> None:
    row["status"] = chance.choice(list(STATUSES["story"]))
    row["developer"] = _people(chance)
    row["category_id"] = chance.choice(["-1", _id(900)])
    row["source"] = chance.choice(SELECTS["source"])


def _bug(chance: random.Random, row: dict[str, Any]) -> None:
    row |= {
        "title": row.pop("name"), "reporter": row.pop("creator"),
        "current_owner": row.pop("owner"), "version_report": row.pop("version"),
        "status": chance.choice(list(STATUSES["bug"])),
        "severity": chance.choice(list(SEVERITIES)), "de": _people(chance), "te": _people(chance),
        "fixer": chance.choice(PEOPLE), "closer": chance.choice(["", *PEOPLE]),
        "lastmodify": chance.choice(PEOPLE), "resolved": row["modified"],
        **{name: chance.choice(["", *texts]) for name, texts in SELECTS.items()},
    }  # fmt: skip


def _task(chance: random.Random, row: dict[str, Any]) -> None:
    row["status"] = chance.choice(TASK_STATUSES)
    row["progress"] = str(chance.randrange(0, 101, 10))
    row["story_id"] = _id(chance.randrange(1, 1_000))


def _tcase(chance: random.Random, row: dict[str, Any]) -> None:
    row |= {"status": "normal", "type": "功能测试", "priority": chance.choice("高中低"),
            "priority_label": ""}  # fmt: skip


_OF_TYPE = {"story": _story, "bug": _bug, "task": _task, "tcase": _tcase}


def _customs(chance: random.Random, number: int) -> dict[str, str]:
    found = {}
    for name, (_, html_type, options) in zip(CUSTOM_NAMES, CUSTOMS, strict=True):
        if chance.random() < 0.6:
            found[name] = _custom(chance, html_type, options, number)
    return found


def _custom(chance: random.Random, html_type: str, options: list[str], number: int) -> str:
    if html_type == "multi_select":
        return "|".join(chance.sample(options, chance.choice((1, 1, 2, 3))))
    if options:
        return chance.choice(options)
    made = {
        "user_chooser": lambda: _people(chance),
        "dateinput": lambda: _day(NOW - chance.randrange(300 * 86_400)),
        "datetime": lambda: _time(NOW - chance.randrange(300 * 86_400)),
        "float": lambda: f"{chance.randrange(200) / 4}",
        "text": lambda: f"T-{number}" if chance.random() < 0.5 else chance.choice(WORDS),
    }
    return made[html_type]()


def _people(chance: random.Random) -> str:
    """A list of one person mostly, as teams fill them in: 1.3 on average."""
    count = chance.choices((1, 2, 3), (75, 20, 5))[0]
    return ";".join(chance.sample(PEOPLE, count)) + ";"


def _time(instant: int) -> str:
    from taplens.clock import tapd_time

    return tapd_time(instant)


def _day(instant: int) -> str:
    return _time(instant)[:10]


def pairs(seed: int = SEED) -> list[tuple[str, str]]:
    """Twelve random pairs of fields to count by: ten of TAPD's own, two of custom fields."""
    chance = random.Random(seed)
    own = [entry.name for entry in FIELDS if entry.kind != "text"] + ["type", "open"]
    custom = [label for label, html_type, _ in CUSTOMS if html_type != "text"]
    chosen = [tuple(chance.sample(own, 2)) for _ in range(10)]
    return [*chosen, *(tuple(chance.sample(custom, 2)) for _ in range(2))]  # type: ignore[misc]


FINDS = [
    "type:bug status:测试中 sort:-created",
    "type:story module:模块7 sort:due",
    "owner:成员07 priority:紧急 sort:-modified",
    "客户:ACME is:open sort:-created",
    "severity:致命 created:>2026-01-01 sort:priority",
    'iteration:"迭代 40" -label:阻塞 sort:客户',
    "version:3.2.0 effort:>10 sort:-effort",
    "type:bug 支付 sort:-created",
    "type:task csv sort:due",
    "机型:机型3 耗时:>20 sort:-耗时",
    "is:open label:有风险 sort:iteration,-created",
    "fixer:成员11 due:2026-03 sort:status",
]


def timed(rounds: int, call: Callable[[], Any]) -> float:
    """The median of `rounds` warm calls, in milliseconds."""
    call()
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        call()
        times.append((time.perf_counter() - started) * 1_000)
    return statistics.median(times)


def measure(database: Database, home: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Warm medians in milliseconds of every count and find."""
    scope = Scope((WORKSPACE,), NOW, PEOPLE[0])
    everything = parse("")
    snapshots = Snapshots(database, home / "snapshot")
    counts = {
        " × ".join(pair): timed(
            rounds,
            lambda pair=pair: snapshots.ask(
                lambda source: count_items(source, everything, scope, by=pair, limit=50)
            ),
        )
        for pair in pairs()
    }
    with database.read() as connection:
        finds = {
            text: timed(
                rounds,
                lambda text=text: find_items(connection, parse(text), scope, limit=50),
            )
            for text in FINDS
        }
        ids = [(None, str(1_000_000 + number)) for number in range(100, 105)]
        gets = {
            "five items": timed(
                rounds, lambda: get_items(connection, ids, scope, web_base_url="https://x.test")
            )
        }
    return {"count": counts, "find": finds, "get": gets}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        home = options.home or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        fresh = not (home / "mirror.db").exists()
        database = stack.enter_context(contextlib.closing(open_mirror(Settings(home=home))))
        if fresh:
            generate(database, options.items)
        figures = measure(database, home, options.rounds)
    if options.json:
        json.dump(figures, sys.stdout, ensure_ascii=False, indent=2)
        return
    for name, times in figures.items():
        for what, milliseconds in times.items():
            print(f"{name:6} {milliseconds:8.1f} ms  {what}")
        print(f"{name:6} {max(times.values()):8.1f} ms  worst")


if __name__ == "__main__":
    main()
