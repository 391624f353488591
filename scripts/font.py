"""Make the font of the charts: the part of Noto Sans CJK SC that TapLens ships.

    apt-get install fonts-noto-cjk unicode-data     # the sources, on Debian
    python scripts/font.py                          # writes src/taplens/charts/font/

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
TARGET = ROOT / "src" / "taplens" / "charts" / "font" / "TapLensSans-Regular.otf"
COLLECTION = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
UNIHAN = Path("/usr/share/unicode")
FACE = "Noto Sans CJK SC"
# A name of our own: an installed Noto of the reader's must not be taken for this one.
FAMILY = "TapLens Sans"

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
NAMES = "媗姵嬅孋尛彣惢昞晛晧晹暐曎槑瀞炘烎焮煐煕煥燄玬珗珘珮珣琁琍琞瑈瑠璸璿畇碁綝訢贇赩郉霂霙頔頫馡鱻龑㛃𡡗囍囧冇喺咲"


def characters() -> set[int]:
    """The code points that the font shall hold."""
    blocks = {point for first, last in BLOCKS for point in range(first, last + 1)}
    return blocks | set(_hanzi()) | set(map(ord, NAMES))


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


def subset(font: TTFont, points: set[int]) -> None:
    """Cut `font` to the glyphs of `points`, without hints, layout features and vertical metrics."""
    options = Options(
        layout_features=[],
        hinting=False,
        desubroutinize=False,
        notdef_outline=True,
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 7, 13, 14],
        name_languages=[0x409],
        drop_tables=["GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx", "DSIG"],
    )
    cutter = Subsetter(options)
    cutter.populate(unicodes=points)
    cutter.subset(font)


def rename(font: TTFont) -> None:
    """Give `font` its own name; copyright, trademark and licence stay as they are."""
    names = {1: FAMILY, 3: f"{FAMILY} Regular", 4: f"{FAMILY} Regular", 6: "TapLensSans-Regular"}
    for number, text in names.items():
        font["name"].setName(text, number, 3, 1, 0x409)
    top = font["CFF "].cff
    top.fontNames = [names[6]]
    top.topDictIndex[0].FullName = names[4]
    top.topDictIndex[0].FamilyName = FAMILY


def main() -> None:
    """Make the font where TapLens ships it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--collection", type=Path, default=COLLECTION, help="NotoSansCJK .ttc")
    font = face(parser.parse_args().collection)
    points = characters()
    subset(font, points)
    rename(font)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    font.save(TARGET)
    held = len(points & font.getBestCmap().keys())
    print(f"{TARGET.name}: {held} characters, {TARGET.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
