"""Make the fonts of the charts: the part of Noto Sans CJK SC that TapLens ships, and three more.

    apt-get install fonts-noto-cjk fonts-noto-core unicode-data     # the sources, on Debian
    python scripts/font.py                                          # into src/taplens/charts/font/

Needs fontTools, which comes with matplotlib. The same sources give the same bytes.
"""

from __future__ import annotations

import argparse
import bz2
import sys
from collections.abc import Iterator
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "src" / "taplens" / "charts" / "font"
COLLECTION = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
UNIHAN = Path("/usr/share/unicode")
FACE = "Noto Sans CJK SC"
CORE = Path("/usr/share/fonts/truetype/noto")
# Names of our own: an installed Noto of the reader's must not be taken for one of these.
SANS = "TapLens Sans"
# Scripts in which people of China write their names, whole: family, and the file it is made of.
SCRIPTS = {
    "TapLens Mongolian": "NotoSansMongolian-Regular.ttf",
    "TapLens Tibetan": "NotoSerifTibetan-Regular.ttf",
    "TapLens Yi": "NotoSansYi-Regular.ttf",
}

# Blocks that stand whole in the font, as far as Noto Sans CJK has them.
BLOCKS = (
    (0x0020, 0x007E),  # ASCII
    (0x00A0, 0x017F),  # Latin-1, Latin Extended-A: names and pinyin
    (0x01CD, 0x01DC),  # pinyin's third tones
    (0x02C6, 0x02CB),  # accents standing alone
    (0x0391, 0x03C9),  # Greek
    (0x0401, 0x0451),  # Cyrillic
    (0x2010, 0x2027),  # dashes, quotation marks, ellipsis
    (0x2030, 0x203B),
    (0x20A0, 0x20BF),  # currencies
    (0x2100, 0x2122),
    (0x2150, 0x218B),  # Roman numerals
    (0x2190, 0x21FF),  # arrows
    (0x2200, 0x22FF),  # mathematics
    (0x2312, 0x2312),  # arc: the last sign of GB 2312
    (0x2460, 0x24FF),  # numbers in circles
    (0x2500, 0x26FF),  # boxes, stars, marks
    (0x2700, 0x27BF),
    (0x3000, 0x303F),  # Chinese punctuation
    (0x3040, 0x30FF),  # kana
    (0x3100, 0x312F),  # bopomofo
    (0x3200, 0x33FF),  # enclosed characters, units
    (0xFE10, 0xFE4F),  # vertical and compatibility forms
    (0xFF01, 0xFFEE),  # full-width and half-width forms
)
# Unihan's tables of hanzi: 通用规范汉字表 (8,105, its third level being characters of names and
# places), GB 2312, and GB/T 12345, the same in traditional forms.
HANZI = ("kTGH", "kGB0", "kGB1")
# Met in the names of people, and in no table above.
NAMES = (
    "媗姵嬅孋尛彣惢昞晛晧晹暐曎槑瀞炘烎焮煐煕煥燄玬珗珘珮珣琁"
    "琍琞瑈瑠璸璿畇碁綝訢贇赩郉霂霙頔頫馡鱻龑㛃𡡗囍囧冇喺咲㐂𠮷"
)


def characters() -> set[int]:
    """The code points that the font shall hold."""
    blocks = {point for first, last in BLOCKS for point in range(first, last + 1)}
    return blocks | set(_hanzi()) | set(map(ord, NAMES)) | set(_hangul())


def _hangul() -> Iterator[int]:
    """The 2,350 syllables of KS X 1001, in which the Koreans of China write."""
    for row in range(0xB0, 0xC9):
        for cell in range(0xA1, 0xFF):
            yield ord(bytes((row, cell)).decode("euc_kr"))


def _hanzi() -> Iterator[int]:
    for name in ("Unihan_OtherMappings.txt.bz2", "Unihan_DictionaryLikeData.txt.bz2"):
        for line in bz2.decompress((UNIHAN / name).read_bytes()).decode("utf-8").splitlines():
            columns = line.split("\t")
            if len(columns) == 3 and columns[1] in HANZI:
                yield int(columns[0].removeprefix("U+"), 16)


def face(collection: Path) -> TTFont:
    """The simplified Chinese face of the collection."""
    for font in TTCollection(str(collection)).fonts:
        if font["name"].getDebugName(4) == FACE:
            font.recalcTimestamp = False
            return font
    sys.exit(f"{collection} holds no {FACE}.")


def subset(font: TTFont, points: set[int], *, shaped: bool) -> None:
    """Cut `font` to the glyphs of `points`, without hints and vertical metrics.

    `shaped` keeps how letters join and stack, which hanzi don't.
    """
    layout = [] if shaped else ["GSUB", "GPOS", "GDEF", "BASE"]
    options = Options(
        layout_features=["*"] if shaped else [],
        hinting=False,
        notdef_outline=True,
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 7, 13, 14],
        name_languages=[0x409],
        drop_tables=["VORG", "vhea", "vmtx", "DSIG", *layout],
    )
    cutter = Subsetter(options)
    cutter.populate(unicodes=points)
    cutter.subset(font)


def rename(font: TTFont, family: str) -> None:
    """Give `font` a name of ours; copyright, trademark and licence stay as they are."""
    compact = family.replace(" ", "") + "-Regular"
    full = f"{family} Regular"
    for number, text in {1: family, 3: full, 4: full, 6: compact}.items():
        font["name"].setName(text, number, 3, 1, 0x409)
    if "CFF " in font:
        top = font["CFF "].cff
        top.fontNames = [compact]
        top.topDictIndex[0].FullName = full
        top.topDictIndex[0].FamilyName = family


def made(font: TTFont, family: str, points: set[int], *, shaped: bool) -> None:
    """Cut, rename and write one font."""
    subset(font, points, shaped=shaped)
    rename(font, family)
    ending = "otf" if "CFF " in font else "ttf"
    path = TARGET / f"{family.replace(' ', '')}-Regular.{ending}"
    font.save(path)
    held = len(points & font.getBestCmap().keys())
    print(f"{path.name}: {held} characters, {path.stat().st_size / 1e6:.2f} MB")


def main() -> None:
    """Make the fonts where TapLens ships them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--collection", type=Path, default=COLLECTION, help="NotoSansCJK .ttc")
    parser.add_argument("--core", type=Path, default=CORE, help="folder of the other Noto fonts")
    options = parser.parse_args()
    TARGET.mkdir(parents=True, exist_ok=True)
    made(face(options.collection), SANS, characters(), shaped=False)
    for family, name in SCRIPTS.items():
        font = TTFont(options.core / name, recalcTimestamp=False)
        made(font, family, set(font.getBestCmap()), shaped=True)


if __name__ == "__main__":
    main()
