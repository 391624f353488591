"""The table of routes: which handler answers a path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from taplens.errors import RefusalError
from taplens.gateway.call import Route


class Routes:
    """Finds the route of a path: plain ones by name, those with parameters in their order."""

    def __init__(self, routes: Iterable[Route]) -> None:
        from starlette.routing import compile_path

        self._plain: dict[str, list[Route]] = {}
        self._patterns: list[tuple[re.Pattern[str], Route]] = []
        for route in routes:
            if "{" in route.path:
                self._patterns.append((compile_path(route.path)[0], route))
            else:
                self._plain.setdefault(route.path, []).append(route)

    def find(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        """The route and its parameters. Raises RefusalError 404 or 405."""
        found = self._candidates(path)
        for route, parameters in found:
            if method in route.methods or (method == "HEAD" and "GET" in route.methods):
                return route, parameters
        if not found:
            raise RefusalError("path_unknown_here", status=404)
        allowed = ", ".join(sorted({name for route, _ in found for name in route.methods}))
        raise RefusalError("method_refused", status=405, method=method, allowed=allowed)

    def _candidates(self, path: str) -> list[tuple[Route, Mapping[str, str]]]:
        if path in self._plain:
            return [(route, {}) for route in self._plain[path]]
        matches = ((pattern.match(path), route) for pattern, route in self._patterns)
        return [(route, match.groupdict()) for match, route in matches if match]
