"""What the benchmarks set up: nobody would notice otherwise that they no longer start."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from taplens.config import Settings
from taplens.llm.catalogue import load_catalogue

BENCH = Path(__file__).parents[1] / "bench/gateway"


def test_the_measured_gateway_takes_its_key_its_providers_and_its_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    contenders = import_module("contenders")

    gateway = contenders.taplens("http://127.0.0.1:9/v1", tmp_path)

    assert gateway.key.startswith("tl-")
    catalogue = load_catalogue(Settings(home=tmp_path))
    assert set(contenders.MODELS) <= {model.name for model in catalogue.models()}
