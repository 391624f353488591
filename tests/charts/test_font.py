"""Letters come from the font that TapLens ships, on machines with no font at all, too."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from taplens.charts import Chart, Series, library, render
from taplens.charts.lettering import MISSING, cut, printable, width, wrapped
from tests.charts.conftest import SAMPLES, svg
from tests.spawning import clean_environment

MINORITIES = {
    "Mongolian": "ᠮᠣᠩᠭᠣᠯ",
    "Tibetan": "བོད་ཡིག",
    "Uyghur": "ئۇيغۇر",
    "Yi": "ꆈꌠꉙ",
    "emoji": "😀👨‍👩‍👧🇨🇳❤️",
    "rare hanzi": "𠮷𬴂䶮𠀀",
    "kept out": "a\u202eb\u200bc\x00\x1b[31m\ud800\U0010ffff",
}


@cache
def held() -> frozenset[int]:
    """The characters of our fonts."""
    from matplotlib.font_manager import get_font

    return frozenset(
        point
        for path in library.font_files()
        if "TapLens" in Path(path).name
        for point in get_font(path).get_charmap()
    )


def gb2312() -> str:
    """All 6,763 hanzi of GB 2312, and its signs."""
    rows = (*range(0xA1, 0xAA), *range(0xB0, 0xF8))
    return "".join(
        bytes((row, cell)).decode("gb2312", "ignore") for row in rows for cell in range(0xA1, 0xFF)
    )


def test_the_fonts_hold_what_chinese_teams_write() -> None:
    texts = {
        "GB 2312": gb2312(),
        "ASCII": "".join(map(chr, range(0x20, 0x7F))),
        "names": "喆堃祎玥翀赟媗昇旻炜婧烨煜焱淼骉鑫垚犇翾彧祺羿璟菡芃昶茜濛洺垯郉",
        "full-width": "ＡＢＣ１２３（）《》【】，。；：？！“”‘’…—～￥％＋－",
        "other scripts of China": "ᠮᠣᠩᠭᠣᠯ བོད་ཡིག ꆈꌠꉙ 김철수",
        "traditional": "缺陷測試關閉開發設計臺灣",
        "pinyin": "āáǎàēéěèǖǘǚǜ",
        "signs": "①②③→←↑↓≤≥≠±×÷√●○■□▲△★☆℃‰§°",
    }
    for name, text in texts.items():
        missing = [character for character in text if ord(character) not in held()]
        assert not missing, (name, missing[:20])


def test_the_fonts_and_their_licence_are_small_and_shipped_together() -> None:
    folder = files("taplens.charts") / "font"
    fonts = {
        path.name: len(path.read_bytes()) for path in folder.iterdir() if "TapLens" in path.name
    }
    assert len(fonts) == 4
    assert fonts["TapLensSans-Regular.otf"] < 3_500_000
    assert sum(fonts.values()) < 4_000_000
    licence = (folder / "OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert 'Reserved Font Name "Source"' in licence


PROGRAM = """
import sys
sys.path.insert(0, {bench!r})
import chart_samples
from taplens.charts import render
sys.stdout.buffer.write(render(chart_samples.trend(), format="svg", locale="zh"))
assert "matplotlib.pyplot" not in sys.modules
"""


def test_a_machine_without_fonts_draws_the_same_and_keeps_no_trace(tmp_path: Path) -> None:
    """Its home stays empty, and settings for matplotlib that lie about change nothing."""
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\nfont.family: None\n")
    hidden = ("MPL", "XDG_", "FONTCONFIG", "HOME", "USERPROFILE", "LOCALAPPDATA")
    kept = {k: v for k, v in clean_environment().items() if not k.startswith(hidden)}
    apart = {"HOME": str(home), "USERPROFILE": str(home), "PATH": "", "FONTCONFIG_PATH": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(bench=str(Path(__file__).parents[2] / "bench"))],
        env=kept | apart,
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    text = done.stdout.decode("utf-8")
    assert text == svg("trend")
    assert done.stderr == b""
    assert list(home.iterdir()) == []
    assert 'id="TapLensSans-Regular' in text
    assert 'id="DejaVuSans' not in text


def test_drawing_leaves_the_process_as_it_was() -> None:
    import matplotlib

    render(SAMPLES["trend"], format="svg")
    with matplotlib.rc_context({"font.size": 7.0, "text.usetex": True}):
        before, environment = dict(matplotlib.rcParams), dict(os.environ)
        assert render(SAMPLES["trend"], format="svg", locale="zh").decode() == svg("trend")
        assert dict(matplotlib.rcParams) == before
        assert dict(os.environ) == environment


@pytest.mark.parametrize("text", MINORITIES.values(), ids=MINORITIES)
def test_what_no_font_has_is_a_box_and_no_warning(text: str) -> None:
    chart = Chart(
        kind="ranking", title=text, x=[text, f"{text}二"], series=[Series(text, [1, 2])], unit=text
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for form in ("svg", "png"):
            assert render(chart, format=form, scale=1.0)  # type: ignore[arg-type]


def test_letters_that_join_and_stack_come_from_our_fonts() -> None:
    names = [MINORITIES[name] for name in ("Tibetan", "Mongolian", "Yi")]
    chart = Chart(kind="ranking", title="姓名", x=names, series=[Series("数量", [3, 2, 1])])
    text = render(chart, format="svg").decode("utf-8")
    for family in ("TapLensTibetan", "TapLensMongolian", "TapLensYi"):
        assert f'id="{family}-Regular' in text


def test_boxes_stand_for_letters_and_nothing_stands_for_marks() -> None:
    assert printable("ខ្ញុំ") == MISSING * 2  # Khmer: the signs around its letters are marks
    assert printable("𠀀野家") == f"{MISSING}野家"
    for name in ("Tibetan", "Mongolian", "Yi"):
        assert printable(MINORITIES[name]) == MINORITIES[name]
    assert printable(MINORITIES["Uyghur"]) == MINORITIES["Uyghur"]
    assert printable(MINORITIES["kept out"]).startswith("abc [31m")
    assert printable(" 一\t二\r\n三  ") == "一 二 三"


@given(st.text(max_size=60), st.floats(10, 200), st.floats(8, 30))
@example("ᠮᠣᠩ😀" * 20, 50.0, 12.0)
def test_a_text_is_cut_to_its_room(text: str, room: float, size: float) -> None:
    shown = cut(text, size, max(room, size * 1.2))
    assert width(shown, size) <= max(room, size * 1.2)
    whole = printable(text)
    assert shown == whole or shown.endswith("…")
    assert whole.startswith(shown.removesuffix("…"))


@given(st.text(alphabet="缺陷，。 abc12（）", max_size=80), st.integers(1, 4))
def test_lines_hold_the_text_in_order(text: str, lines: int) -> None:
    made = wrapped(text, 12, 100, lines)
    assert len(made) <= lines
    assert all(width(line, 12) <= 100 for line in made)
    joined = "".join(made).replace(" ", "")
    whole = printable(text).replace(" ", "")
    assert joined == whole or whole.startswith(joined.removesuffix("…"))


def test_a_line_does_not_begin_with_a_comma() -> None:
    lines = wrapped("登录页面，点击后闪退，偶发，需要重装", 10, 41, 9)
    assert not any(line.startswith("，") for line in lines)
