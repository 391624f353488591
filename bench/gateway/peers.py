"""Other gateways to measure beside: installed from their registries into `bench/.peers`.

They are no dependency of TapLens. Node.js with npm is needed for Portkey.

    python bench/gateway/peers.py        install what is missing
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / ".peers"
KEY = "sk-bench"

# Without OpenTelemetry's packages LiteLLM tries to import them with every request, and is slower.
_LITELLM_PACKAGES = ("litellm[proxy]", "opentelemetry-sdk", "opentelemetry-exporter-otlp")
_LITELLM_ENVIRONMENT = {
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_TELEMETRY": "False",
    "LITELLM_LOG": "ERROR",
    "DISABLE_ADMIN_UI": "True",
}
# With a newer @hono/node-server every stream of this Portkey is answered with 500.
_PORTKEY_PACKAGE = {
    "name": "portkey-beside",
    "private": True,
    "dependencies": {"@portkey-ai/gateway": "1.15.2"},
    "overrides": {"@hono/node-server": "1.13.8"},
}
# Portkey listens on all interfaces and has no option for it: an open proxy, were it not for this.
_LOOPBACK_ONLY = """\
const { Server } = require("node:net");
const listen = Server.prototype.listen;
Server.prototype.listen = function (port, ...rest) {
  const callback = rest.find((one) => typeof one === "function");
  return listen.call(this, { port: port.port ?? port, host: "127.0.0.1" }, callback);
};
"""
_LITELLM, _PORTKEY = FOLDER / "litellm", FOLDER / "portkey"
_PORTKEY_SERVER = _PORTKEY / "node_modules/@portkey-ai/gateway/build/start-server.js"


def install() -> None:
    """Install what is missing; takes minutes."""
    if not _program("litellm").exists():
        venv.create(_LITELLM, with_pip=True)
        _run(str(_program("python")), "-m", "pip", "install", "--quiet", *_LITELLM_PACKAGES)
        # Compiled now: the first start is measured, too.
        _run(str(_program("python")), "-m", "compileall", "-q", str(_LITELLM), checked=False)
    if not _PORTKEY_SERVER.exists():
        npm = shutil.which("npm")
        if npm is None:
            sys.exit("npm is needed for Portkey.")
        _PORTKEY.mkdir(parents=True, exist_ok=True)
        package = json.dumps(_PORTKEY_PACKAGE)
        (_PORTKEY / "package.json").write_text(package, encoding="utf-8")
        (_PORTKEY / "loopback.cjs").write_text(_LOOPBACK_ONLY, encoding="utf-8")
        _run(npm, "install", "--no-audit", "--no-fund", "--silent", folder=_PORTKEY)


def litellm(port: int, upstream: str, models: tuple[str, ...]) -> tuple[list[str], dict[str, str]]:
    """LiteLLM's proxy on `port` before `upstream` (its base URL): command and environment."""
    parameters = {"api_base": upstream, "api_key": "sk-upstream"}
    configuration = {
        "model_list": [
            {"model_name": name, "litellm_params": {"model": f"openai/{name}", **parameters}}
            for name in models
        ],
        "general_settings": {"master_key": KEY},
        "litellm_settings": {"telemetry": False, "drop_params": True},
    }
    file = _LITELLM / "config.yaml"  # JSON is YAML
    file.write_text(json.dumps(configuration), encoding="utf-8")
    command = [str(_program("litellm")), "--config", str(file), "--num_workers", "1"]
    return [*command, "--host", "127.0.0.1", "--port", str(port)], _LITELLM_ENVIRONMENT


def portkey(port: int) -> tuple[list[str], dict[str, str]]:
    """Portkey's gateway on `port`: command and environment. Its requests name the upstream."""
    node = shutil.which("node") or "node"
    command = [node, "--require", str(_PORTKEY / "loopback.cjs"), str(_PORTKEY_SERVER)]
    return [*command, "--headless", f"--port={port}"], {"NODE_ENV": "production"}


def portkey_headers(upstream: str) -> dict[str, str]:
    """What a request through Portkey carries to reach `upstream`."""
    return {"x-portkey-provider": "openai", "x-portkey-custom-host": upstream}


def versions() -> dict[str, str]:
    """The installed versions by name."""
    package = (_PORTKEY_SERVER.parent.parent / "package.json").read_text(encoding="utf-8")
    asked = "import importlib.metadata; print(importlib.metadata.version('litellm'))"
    answer = subprocess.run(
        [str(_program("python")), "-c", asked], check=True, capture_output=True, text=True
    )
    return {"LiteLLM": answer.stdout.strip(), "Portkey": json.loads(package)["version"]}


def _program(name: str) -> Path:
    windows = os.name == "nt"
    return _LITELLM / ("Scripts" if windows else "bin") / (f"{name}.exe" if windows else name)


def _run(*command: str, folder: Path | None = None, checked: bool = True) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    print(" ".join(command[:4]), "...", file=sys.stderr, flush=True)
    subprocess.run(command, cwd=folder, env=environment, check=checked)


if __name__ == "__main__":
    install()
