"""Which embedder a setting means, and a model folder that is really loaded."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from taplens.config import Settings
from taplens.errors import ConfigurationError
from taplens.mirror.embedders.builtin import BuiltinEmbedder
from taplens.mirror.embedders.choosing import embedder_of
from taplens.mirror.embedders.endpoint import EndpointEmbedder
from taplens.mirror.embedders.folder import FolderEmbedder

WORDS = {"[UNK]": 0, "闪退": 1, "崩溃": 2, "支付": 3, "login": 4}
ROWS = [[0, 0, 0, 0], [1, 0, 0, 0], [0.9, 0.1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 2]]


def model_folder(folder: Path, **tensors: np.ndarray) -> Path:
    """A static model of five tokens, as such folders are."""
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer, models, pre_tokenizers

    folder.mkdir(parents=True)
    tokenizer = Tokenizer(models.WordLevel(WORDS, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    held = tensors or {"embeddings": np.array(ROWS, np.float32)}
    save_file(held, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"normalize": True}), encoding="utf-8")
    return folder


async def test_a_model_folder_is_loaded_and_makes_vectors(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "模型")
    embedder = embedder_of(Settings(home=tmp_path, embedder=str(folder)))
    assert isinstance(embedder, FolderEmbedder)
    vectors = await embedder.embed(["闪退", "崩溃", "支付 login", "", "未知"])
    assert np.allclose(np.linalg.norm(vectors[:3], axis=1), 1)
    assert vectors[0] @ vectors[1] > 0.9 > abs(vectors[0] @ vectors[2])
    assert not vectors[3:].any()
    await embedder.aclose()


async def test_weights_and_shared_rows_of_a_model_are_heeded(tmp_path: Path) -> None:
    folder = model_folder(
        tmp_path / "model" / "0_StaticEmbedding",
        embeddings=np.array([[0, 0], [1, 0], [0, 1]], np.float16),
        mapping=np.array([0, 1, 1, 2, 2]),
        weights=np.array([1, 1, 1, 3, 1], np.float32),
    )
    vectors = await FolderEmbedder(folder.parent).embed(["闪退 支付", "崩溃"])
    assert np.allclose(vectors, [[1 / np.sqrt(10), 3 / np.sqrt(10)], [1, 0]], atol=1e-3)


async def test_a_folder_that_holds_no_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        FolderEmbedder(tmp_path)
    assert caught.value.code == "embedder_folder"
    for name, text in (("tokenizer.json", "{}"), ("model.safetensors", "no tensors")):
        folder = model_folder(tmp_path / name)
        (folder / name).write_text(text, encoding="utf-8")
        with pytest.raises(ConfigurationError):
            await FolderEmbedder(folder).embed(["闪退"])
    with pytest.raises(ConfigurationError):
        await FolderEmbedder(model_folder(tmp_path / "c", other=np.eye(2))).embed(["闪退"])


def test_two_models_have_two_names(tmp_path: Path) -> None:
    one = FolderEmbedder(model_folder(tmp_path / "a" / "model"))
    others = np.array(ROWS, np.float32)[::-1].copy()  # of the same size
    other = FolderEmbedder(model_folder(tmp_path / "b" / "model", embeddings=others))
    same = FolderEmbedder(model_folder(tmp_path / "c" / "model"))
    assert one.name != other.name
    assert one.name == same.name


MATRIX = np.array(ROWS, np.float32)


@pytest.mark.parametrize(
    "tensors",
    [
        {"embeddings": MATRIX[:3]},
        {"embeddings": MATRIX[0]},
        {"embeddings": np.full((5, 4), np.nan, np.float32)},
        {"embeddings": np.full((5, 4), np.inf, np.float16)},
        {"embeddings": MATRIX, "weights": np.ones(3, np.float32)},
        {"embeddings": MATRIX, "weights": np.full(5, np.nan, np.float32)},
        {"embeddings": MATRIX, "mapping": np.array([0, 1, 2])},
        {"embeddings": MATRIX, "mapping": np.array([0, 1, 2, 3, 5])},
        {"embeddings": MATRIX, "mapping": np.array([0, 1, 2, 3, -6])},
        {"embeddings": MATRIX, "mapping": np.array([0.0, 1, 2, 3, 4])},
    ],
)
async def test_a_matrix_that_does_not_fit_its_tokens_is_told(tmp_path: Path, tensors) -> None:
    with pytest.raises(ConfigurationError) as caught:
        await FolderEmbedder(model_folder(tmp_path / "m", **tensors)).embed(["闪退"])
    assert caught.value.code == "embedder_folder"


async def test_numbers_of_a_kind_that_is_not_known_are_told(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "m")
    tensor = {"dtype": "BF16", "shape": [5, 4], "data_offsets": [0, 40]}
    head = json.dumps({"embeddings": tensor}).encode()
    (folder / "model.safetensors").write_bytes(len(head).to_bytes(8, "little") + head + bytes(40))
    with pytest.raises(ConfigurationError):
        await FolderEmbedder(folder).embed(["闪退"])


def test_a_setting_means_one_embedder_or_says_what_it_could_be(tmp_path: Path) -> None:
    def chosen(value: str):
        return embedder_of(Settings(home=tmp_path, embedder=value))

    assert chosen("off") is None
    assert isinstance(chosen("builtin"), BuiltinEmbedder)
    assert isinstance(chosen("siliconflow/BAAI/bge-m3"), EndpointEmbedder)
    assert chosen("siliconflow/BAAI/bge-m3").name == "endpoint siliconflow/BAAI/bge-m3"
    for value in ("bge-m3", "nobody/bge-m3", "siliconflow/", "siliconflow"):
        with pytest.raises(ConfigurationError) as caught:
            chosen(value)
        assert caught.value.code == "embedder_unknown"
    for value in (str(tmp_path / "nothing"), "./nothing", "~/nothing"):
        with pytest.raises(ConfigurationError) as caught:
            chosen(value)
        assert caught.value.code == "embedder_folder"
