"""The built-in embedder puts texts near that mean the same, without any download."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.mirror.embedders.builtin import DIMENSIONS, BuiltinEmbedder, vectors_of


def cosine(one: str, other: str) -> float:
    first, second = vectors_of([one, other])
    return float(first @ second)


@pytest.mark.parametrize(
    ("asked", "meant", "other"),
    [
        ("登录崩溃", "登录页闪退", "登录页按钮颜色不对"),
        ("login crash", "登录时闪退", "导出的文件乱码"),
        ("登陆失败", "登录失败", "注册失败"),
        ("付款没反应", "点击支付无响应", "点击分享后图片模糊"),
        ("超时 支付", "支付超时", "支付成功页样式错位"),
        ("pasword reset", "password reset", "order export"),
        ("帐号被锁", "账号锁定", "订单锁定"),
        ("搜尋沒有結果", "搜索无结果", "收藏夹为空"),
        ("ＡＰＰ卡死", "app 没响应", "app 图标更新"),
        ("slow report export", "报表导出很慢", "报表列表新增筛选"),
    ],
)
def test_what_means_the_same_is_nearer_than_what_shares_a_word(
    asked: str, meant: str, other: str
) -> None:
    assert cosine(asked, meant) > cosine(asked, other)


@given(st.lists(st.text(max_size=40), max_size=5))
def test_any_text_has_a_vector_of_length_one_or_none_at_all(texts: list[str]) -> None:
    vectors = vectors_of(texts)
    assert vectors.shape == (len(texts), DIMENSIONS)
    assert vectors.dtype == np.float32
    lengths = np.linalg.norm(vectors, axis=1)
    assert all(abs(length - 1) < 1e-4 or length == 0 for length in lengths.tolist())


@pytest.mark.parametrize("text", ["", "  ", "——！？", "\x00\x1b", "\ud800", "🎊", "闪"])
def test_a_text_that_says_nothing_or_one_thing_alone_has_a_row_of_zeros(text: str) -> None:
    assert not vectors_of([text]).any()


def test_emoji_are_words() -> None:
    assert cosine("发布 🎉", "上线了 🎉") > cosine("发布", "上线了 🎉")


def test_vectors_are_the_same_in_every_process() -> None:
    program = (
        "from taplens.mirror.embedders.builtin import vectors_of\n"
        "print(vectors_of(['支付超时 ORDER-1024 timeout']).tobytes().hex())"
    )
    command = [sys.executable, "-X", "utf8", "-c", program]
    answers = {
        subprocess.run(
            command, check=True, capture_output=True, encoding="utf-8", env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert answers == {vectors_of(["支付超时 ORDER-1024 timeout"]).tobytes().hex() + "\n"}


async def test_many_texts_are_embedded_as_each_alone() -> None:
    texts = ["闪退", "", "login crash", "支付超时"]
    together = await BuiltinEmbedder().embed(texts)
    assert together.tolist() == [vectors_of([text])[0].tolist() for text in texts]
