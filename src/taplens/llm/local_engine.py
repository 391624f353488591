"""A model in this process through llama.cpp: loading, generating, closing. All of it blocks."""

from __future__ import annotations

import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from taplens.llm.local_options import LocalOptions

_BLOCK_BYTES = 4 * 2**20

Chunk = dict[str, Any]


class LoadError(Exception):
    """llama.cpp can't load the file."""


class Engine:
    """One loaded model. Several threads may generate at once; `close` when none does."""

    def __init__(self, options: LocalOptions) -> None:
        """Load the model; takes seconds for large files.

        llama.cpp's binding holds the interpreter's lock while it loads: every other thread
        stands still. Reading the file beforehand keeps the disk out of that time (measured:
        0.3 s a gigabyte of it instead of 2 s). Raises LoadError, OSError, and ImportError where
        the extra isn't installed.
        """
        import xllamacpp  # type: ignore[import-untyped]

        _read_through(options.path)
        self._folder = Path(tempfile.mkdtemp(prefix="taplens-"))  # of this user only
        try:
            self._server = xllamacpp.Server(_parameters(options, self._folder))
        except RuntimeError as fault:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise LoadError(str(fault)) from fault

    @property
    def address(self) -> str:
        """Where llama.cpp's own HTTP server listens; it can't be turned off."""
        return str(self._server.listening_address)

    def generate(self, request: dict[str, Any], emit: Callable[[Chunk], bool]) -> None:
        """Generate a streamed answer; `emit` takes each chunk and says True to stop.

        What llama.cpp refuses comes as a chunk with `error`.
        """
        try:
            self._server.handle_chat_completions(request, emit)
        except (ValueError, RuntimeError) as fault:  # so the binding refuses requests
            emit({"error": {"code": 400, "message": str(fault)}})

    def close(self) -> None:
        """Free the model."""
        del self._server
        shutil.rmtree(self._folder, ignore_errors=True)


def _read_through(path: Path) -> None:
    """Read a file into the system's cache; other threads run meanwhile."""
    block = bytearray(_BLOCK_BYTES)
    with path.open("rb", buffering=0) as file:
        while file.readinto(block):
            pass


def _parameters(options: LocalOptions, folder: Path) -> Any:
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(options.path)
    parameters.n_ctx = options.context
    parameters.kv_unified = True
    parameters.n_parallel = options.parallel
    if options.threads:
        parameters.cpuparams.n_threads = options.threads
        parameters.cpuparams_batch.n_threads = options.threads
    parameters.fit_params = False
    parameters.cache_ram_mib = 0  # its default may take 8 GB
    parameters.warmup = False  # it would hold the interpreter's lock for longer
    parameters.prefill_assistant = False  # an assistant's message isn't ours to go on with
    parameters.verbosity = -1
    _close_off(parameters, folder)
    return parameters


def _close_off(parameters: Any, folder: Path) -> None:
    """Keep everyone out of llama.cpp's HTTP server: a key nobody knows, and, where the system
    has them, a Unix socket in a folder of this user's instead of a port."""
    parameters.api_keys = [secrets.token_urlsafe(32)]
    if hasattr(socket, "AF_UNIX") and sys.platform != "win32":
        parameters.hostnames = [str(folder / "http.sock")]
    parameters.n_threads_http = 1
    parameters.endpoint_slots = False
    parameters.ui = False
