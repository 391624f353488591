"""`POST /v1/embeddings`: vectors made of a text's pairs of characters, always the same."""

from __future__ import annotations

import base64
import math
import struct
from zlib import crc32

from taplens.sandbox.provider.refusals import REFUSALS, Refused, bad_parameter
from taplens.sandbox.provider.request import Row

# The documented names of the provider's reference page.
MODELS = (
    "BAAI/bge-large-zh-v1.5",
    "BAAI/bge-large-en-v1.5",
    "netease-youdao/bce-embedding-base_v1",
    "BAAI/bge-m3",
    "Pro/BAAI/bge-m3",
)
DIMENSIONS = 64
_MOST_INPUTS = 32
_FORMATS = ("float", "base64")


def embeddings(body: Row) -> Row:
    """The answer to a request, as the provider documents it. Raises Refused."""
    model, texts = body.get("model"), _inputs(body.get("input"))
    if model not in MODELS:
        raise Refused(REFUSALS["20012"])
    form = body.get("encoding_format") or "float"
    if form not in _FORMATS:
        raise bad_parameter("encoding_format must be float or base64.")
    rows = [
        {"object": "embedding", "embedding": vector_of(text), "index": place}
        for place, text in enumerate(texts)
    ]
    if form == "base64":
        for row in rows:
            row["embedding"] = _encoded(row["embedding"])
    tokens = sum(map(len, texts))
    usage = {"prompt_tokens": tokens, "completion_tokens": 0, "total_tokens": tokens}
    return {"object": "list", "model": model, "data": rows, "usage": usage}


def vector_of(text: str) -> list[float]:
    """The vector of a text, of length 1: texts that share pairs of characters are near."""
    vector = [0.0] * DIMENSIONS
    for place in range(len(text)):
        code = crc32(text[place : place + 2].encode("utf-8", "surrogatepass"))
        vector[code % DIMENSIONS] += 1 if code & 0x80000000 else -1
    length = math.hypot(*vector) or 1.0
    return [number / length for number in vector]


def _inputs(given: object) -> list[str]:
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not all(isinstance(one, str) and one for one in texts):
        raise bad_parameter("input must be a string that isn't empty, or an array of them.")
    if not 1 <= len(texts) <= _MOST_INPUTS:
        raise bad_parameter(f"input must hold 1 to {_MOST_INPUTS} texts.")
    return texts


def _encoded(vector: object) -> str:
    numbers = vector if isinstance(vector, list) else []
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
