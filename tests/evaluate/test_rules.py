"""The rules' file: what it may hold, and what is told of what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taplens.errors import ConfigurationError
from taplens.evaluate.rules import DEFAULT, assigned, change, load, save


def test_a_file_that_is_not_there_means_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path / "rules.toml") == DEFAULT


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "规则.toml"
    told = {"title_length": "50", "shares.P0": "5-15", "required.precondition": "是",
            "vague": "没毛病，“好\\的”"}  # fmt: skip
    rules = assigned(DEFAULT, told, "here")
    save(rules, path)
    assert load(path) == rules
    assert (rules.title_length, rules.shares["P0"], rules.steps) == (50, (5, 15), 10)
    assert rules.required["precondition"]
    assert rules.vague == ("没毛病", "“好\\的”")


def test_a_change_keeps_comments_and_what_is_not_named(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    text = """# 测试组的规则
steps = 8  # 步骤多了就拆
vague = [
  "没毛病",  # 常见
]

[shares]
P0 = [5, 30]  # 冒烟
"""
    path.write_text(text, encoding="utf-8-sig")
    change(path, {"title_length": "50", "shares.P0": "5-25", "required.precondition": "yes"})
    written = path.read_text(encoding="utf-8")
    for kept in ("# 测试组的规则", "steps = 8  # 步骤多了就拆", '"没毛病",  # 常见', "# 冒烟"):
        assert kept in written
    found = load(path)
    assert (found.title_length, found.steps, found.vague) == (50, 8, ("没毛病",))
    assert (found.shares["P0"], found.required["precondition"]) == ((5, 25), True)
    assert found.shares["P1"] == DEFAULT.shares["P1"]


def test_a_change_that_is_refused_leaves_the_file(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text("steps = 8\n", encoding="utf-8")
    with pytest.raises(ConfigurationError):
        change(path, {"steps": "9", "shares.P0": "90-100"})
    assert path.read_text(encoding="utf-8") == "steps = 8\n"
    assert [one for one in tmp_path.iterdir() if one.suffix != ".lock"] == [path]


@settings(max_examples=40, deadline=None)
@given(
    st.fixed_dictionaries({}, optional={
        "title_length": st.integers(1, 500).map(str),
        "steps": st.integers(1, 200).map(str),
        "shares.P0": st.sampled_from(["0-40", "10-10", "5–30"]),
        "required.requirement": st.sampled_from(["yes", "否"]),
        "vague": st.lists(st.sampled_from(['没"毛病', "好\\的", "ok #1"])).map(",".join),
    }),
    st.sampled_from(["", "steps = 8\n[required]\ntitle = false\n"]),
)  # fmt: skip
def test_what_was_set_is_what_is_loaded(
    tmp_path_factory: pytest.TempPathFactory, told: dict[str, str], text: str
) -> None:
    path = tmp_path_factory.mktemp("home") / "rules.toml"
    path.write_text(text, encoding="utf-8")
    wanted = assigned(load(path), told, "here")
    assert change(path, told) == wanted == load(path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("title_length = 0", "title_length"),
        ('title_length = "40"', "1-500"),
        ("steps = true", "steps"),
        ("step = 3", "title_length | steps"),
        ("shares = 3", "P0"),
        ("[shares]\nP0 = [60, 50]", "[50, 60]"),
        ("[shares]\nP0 = [10, 120]", "0-100"),
        ("[shares]\nP0 = [50, 60]\nP1 = [60, 70]", "100%"),
        ("[shares]\nP0 = [0, 5]\nP1 = [0, 5]\nP2 = [0, 5]", "100%"),
        ("[required]\nname = true", "precondition"),
        ('[required]\ntitle = "yes"', "true | false"),
        ("vague = [3]", "vague"),
        ("vague = 3", "vague"),
        ("title_length = ", "TOML"),
    ],
)
def test_what_may_not_be_is_told_by_its_key(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    said = f"{caught.value.message('en')} {caught.value.mend('en')}"
    assert told in said
    assert str(path) in said


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError):
        load(path)


@pytest.mark.parametrize("setting", ["shares", "required", "shares.P0", "required.title", "steps"])
def test_a_setting_without_a_sensible_value_is_refused(setting: str) -> None:
    with pytest.raises(ConfigurationError):
        assigned(DEFAULT, {setting: "maybe"}, "here")
