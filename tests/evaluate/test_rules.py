"""The rules' file: what it may hold, and what is told of what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from taplens.errors import ConfigurationError
from taplens.evaluate.rules import DEFAULT, assigned, load, save


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
