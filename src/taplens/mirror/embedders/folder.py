"""The embedder of a local model folder: a static model, whose texts are the means of their tokens.

Such a folder holds `tokenizer.json` and `model.safetensors` with a matrix of one row a token
(model2vec writes them, and `StaticEmbedding` of sentence-transformers). It takes no framework.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taplens.errors import ConfigurationError
from taplens.mirror.threads import in_thread

if TYPE_CHECKING:
    from taplens.mirror.embedders.arrays import Floats

_MATRIX = ("embeddings", "embedding.weight")  # model2vec's name, sentence-transformers' name
_SUBFOLDERS = ("", "0_StaticEmbedding")
_FILES = ("tokenizer.json", "model.safetensors")
_MOST_TOKENS = 512


class FolderEmbedder:
    """See Embedder. The folder is read at the first use."""

    least = 0.3
    whitened = False
    batch = 500

    def __init__(self, folder: Path) -> None:
        """Raises ConfigurationError where the folder holds no such model."""
        self._folder = _place_of(folder)
        self._model: _StaticModel | None = None
        # What is in the files tells one version of a model from another.
        digests = (_digest_of(self._folder / name) for name in _FILES)
        self.name = " ".join(("folder", folder.name, *digests))

    async def embed(self, texts: Sequence[str], *, query: bool = False) -> Floats:
        """See Embedder. Raises ConfigurationError where the folder can't be read."""
        return await in_thread(partial(self._embedded, texts))

    def _embedded(self, texts: Sequence[str]) -> Floats:
        if self._model is None:
            self._model = _loaded(self._folder)
        return self._model.vectors(texts)

    async def aclose(self) -> None:
        """See Embedder."""


@dataclass(frozen=True, slots=True)
class _StaticModel:
    """A row for each token; with `mapping`, the row's number for each token; with `weights`, how
    much each token counts.
    """

    tokenizer: Any
    matrix: Any
    weights: Any = None
    mapping: Any = None

    def vectors(self, texts: Sequence[str]) -> Floats:
        """The means of the texts' tokens, of length 1."""
        import numpy as np

        from taplens.mirror.embedders.arrays import normalized

        found = np.zeros((len(texts), self.matrix.shape[1]), np.float32)
        encoded = self.tokenizer.encode_batch(list(texts), add_special_tokens=False)
        for row, encoding in zip(found, encoded, strict=True):
            ids = encoding.ids[:_MOST_TOKENS]
            if ids:
                row[:] = self._rows(np.array(ids)).mean(axis=0)
        return normalized(found)

    def _rows(self, ids: Any) -> Any:
        rows = self.matrix[ids if self.mapping is None else self.mapping[ids]].astype("float32")
        return rows if self.weights is None else rows * self.weights[ids][:, None]


def _place_of(folder: Path) -> Path:
    for name in _SUBFOLDERS:
        place = folder / name
        if all((place / file).is_file() for file in _FILES):
            return place
    raise _unusable(folder, ", ".join(_FILES))


def _digest_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, partial(hashlib.blake2b, digest_size=6)).hexdigest()
    except OSError as fault:
        raise _unusable(path.parent, path.name) from fault


def _loaded(folder: Path) -> _StaticModel:
    try:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer
    except ImportError as fault:
        raise _unusable(folder, f"{fault.name}: pip install 'taplens[embeddings]'") from fault
    try:
        tensors = load_file(folder / "model.safetensors")
        matrix = next(tensors[name] for name in _MATRIX if name in tensors)
    except (OSError, SafetensorError, StopIteration, KeyError, TypeError, ValueError) as fault:
        # The last three: numbers of a kind that numpy doesn't know, such as BF16.
        raise _unusable(folder, "model.safetensors") from fault
    try:
        # The library raises Exception itself for a file that it can't read: nothing narrower.
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as fault:
        raise _unusable(folder, "tokenizer.json") from fault
    tokenizer.no_padding()
    model = _StaticModel(tokenizer, matrix, tensors.get("weights"), tensors.get("mapping"))
    if not _fits(model):
        raise _unusable(folder, "model.safetensors: a matrix that doesn't fit the tokenizer")
    return model


def _fits(model: _StaticModel) -> bool:
    """Whether each token has a row, and a weight where there are any, of finite numbers."""
    import numpy as np

    numbers = [model.matrix, *([] if model.weights is None else [model.weights])]
    if [array.ndim for array in numbers] != [2, 1][: len(numbers)]:
        return False
    # Of what holds a number that is none, the least or the greatest is none.
    if not all(
        np.isfinite([array.min(initial=0), array.max(initial=0)]).all() for array in numbers
    ):
        return False
    tokens = 1 + max(model.tokenizer.get_vocab().values(), default=-1)
    if model.weights is not None and len(model.weights) < tokens:
        return False
    if model.mapping is None:
        return bool(tokens <= len(model.matrix))
    rows = model.mapping
    is_whole = rows.ndim == 1 and rows.dtype.kind in "iu" and len(rows) >= tokens
    return bool(is_whole and 0 <= rows.min(initial=0) <= rows.max(initial=0) < len(model.matrix))


def _unusable(folder: Path, detail: str) -> ConfigurationError:
    return ConfigurationError("embedder_folder", path=str(folder), detail=detail)
