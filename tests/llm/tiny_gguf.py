"""Writes a GGUF file of a few hundred kilobytes that llama.cpp loads: a model that recites.

Its layers add nothing, its embedding tells tokens apart, and its head holds for each token how
likely each other one is to follow: a table of pairs. Whatever is asked, it says its text, again
and again if it is `endless`; held to a grammar, it closes what is open.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import gguf
import numpy as np

TEXT = "沙箱里的小模型：只会说这一句话🙂。"

_HEADS = 2
_CONTEXT = 65_536
_SPECIAL = ("<|end|>", "<|begin|>")
_TEMPLATE = (
    "{%- for message in messages %}<|begin|>{{ message.role }}\n{{ message.content }}<|end|>\n"
    "{%- endfor %}{%- if add_generation_prompt %}{{- '<|begin|>assistant\n' }}{%- endif %}"
)
_CLOSING = {"}": 8.0, ",": 4.0, '"': 2.0, "{": 1.0}
_RARE = 1e-6


def write_model(path: Path, text: str = TEXT, *, endless: bool = False) -> Path:
    """Write the model to `path`; each character of `text` must occur in it once."""
    names = _bytes_as_names()
    tokens = [names[byte] for byte in range(256)]
    letters = {letter: tokens.index(names[ord(letter)]) for letter in "\n" + "".join(_CLOSING)}
    for letter in text:
        tokens.append("".join(names[byte] for byte in letter.encode()))
        letters[letter] = len(tokens) - 1
    tokens += _SPECIAL
    writer = gguf.GGUFWriter(path, "llama")
    _add_tokenizer(writer, tokens)
    _add_layers(writer, len(tokens), _following(len(tokens), letters, text, endless=endless))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _bytes_as_names() -> dict[int, str]:
    """The printable character with which byte-level vocabularies write each byte."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return {byte: chr(byte) for byte in shown} | {
        byte: chr(256 + number) for number, byte in enumerate(hidden)
    }


def _following(
    size: int, letters: dict[str, int], text: str, *, endless: bool
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """How likely (column) each token follows each token (row)."""
    likely = np.full((size, size), _RARE)
    for letter, weight in _CLOSING.items():
        likely[:, letters[letter]] = weight
    end = letters[text[0]] if endless else size - len(_SPECIAL)
    follows = [letters["\n"], *(letters[letter] for letter in text), end]
    for one, other in pairwise(follows):
        likely[one, :] = _RARE
        likely[one, other] = 1e6
    return likely / likely.sum(axis=1, keepdims=True)


def _add_tokenizer(writer: gguf.GGUFWriter, tokens: list[str]) -> None:
    kinds = [gguf.TokenType.NORMAL] * (len(tokens) - len(_SPECIAL))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_types([*kinds, *[gguf.TokenType.CONTROL] * len(_SPECIAL)])
    writer.add_token_merges([f"{tokens[65]} {tokens[66]}"])  # some must be there; it merges AB
    writer.add_eos_token_id(len(tokens) - 2)
    writer.add_bos_token_id(len(tokens) - 1)
    writer.add_add_bos_token(False)
    writer.add_chat_template(_TEMPLATE)


def _add_layers(
    writer: gguf.GGUFWriter,
    size: int,
    likely: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> None:
    width = -(-size // 64) * 64
    writer.add_context_length(_CONTEXT)
    writer.add_embedding_length(width)
    writer.add_block_count(1)
    writer.add_feed_forward_length(64)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // _HEADS)
    writer.add_vocab_size(size)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    head = np.zeros((size, width), np.float32)
    head[:, :size] = np.log(likely).T / np.sqrt(width)  # the norm multiplies by that root
    shapes = {
        "attn_q": (width, width), "attn_k": (width // _HEADS, width),
        "attn_v": (width // _HEADS, width), "attn_output": (width, width),
        "ffn_gate": (64, width), "ffn_up": (64, width), "ffn_down": (width, 64),
    }  # fmt: skip
    tensors = {f"blk.0.{name}": np.zeros(shape, np.float32) for name, shape in shapes.items()}
    tensors |= {f"blk.0.{name}": np.ones(width, np.float32) for name in ("attn_norm", "ffn_norm")}
    tensors |= {"token_embd": np.eye(size, width, dtype=np.float32), "output": head}
    tensors["output_norm"] = np.ones(width, np.float32)
    for name, values in tensors.items():
        writer.add_tensor(f"{name}.weight", values)
