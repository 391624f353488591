"""Which embedder the settings mean."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from taplens.errors import ConfigurationError

if TYPE_CHECKING:
    from taplens.config import Settings
    from taplens.mirror.embedders.protocol import Embedder

BUILTIN, OFF = "builtin", "off"


def embedder_of(settings: Settings) -> Embedder | None:
    """The embedder that TAPLENS_EMBEDDER names; None where it says that there is to be none.

    Raises ConfigurationError for what is neither a known word, a folder nor "provider/model".
    """
    chosen = settings.embedder
    if chosen == OFF:
        return None
    if chosen == BUILTIN:
        from taplens.mirror.embedders.builtin import BuiltinEmbedder

        return BuiltinEmbedder()
    if is_folder(chosen):
        from taplens.mirror.embedders.folder import FolderEmbedder

        return FolderEmbedder(Path(chosen).expanduser())
    return _endpoint(settings, chosen)


def is_folder(chosen: str) -> bool:
    """Whether a setting means a folder: it begins like a path, or is one that exists."""
    path = Path(chosen).expanduser()
    begins = chosen.startswith((".", "~", "/", "\\")) or bool(path.drive)
    return begins or (os.sep in str(path) and path.is_dir())


def _endpoint(settings: Settings, chosen: str) -> Embedder:
    from taplens.llm.catalogue import load_catalogue
    from taplens.llm.embeddings import EmbeddingsClient
    from taplens.llm.transport import HttpTransport
    from taplens.mirror.embedders.endpoint import EndpointEmbedder

    catalogue = load_catalogue(settings)
    provider = catalogue.providers.get(chosen.partition("/")[0])
    if provider is None or provider.kind != "http" or not chosen.partition("/")[2]:
        known = ", ".join(f"{p.name}/…" for p in catalogue.providers.values() if p.kind == "http")
        raise ConfigurationError("embedder_unknown", value=chosen[:100], known=known)
    client = EmbeddingsClient(catalogue, chosen, HttpTransport(path="embeddings"))
    return EndpointEmbedder(chosen, client)
