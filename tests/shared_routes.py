"""Routes compiled once for all the systems of tests. Each has the same two hundred and fifty: to check, add and compile
them anew takes longer than many a test."""

from typing import Any

from falcon.routing import CompiledRouter
from falcon.routing.util import set_default_responders


class SharedRoutes(CompiledRouter):
    """Falcon's router, but for its tree, which all apps with the same templates share."""

    _trees: dict[tuple[str, ...], CompiledRouter] = {}

    def __init__(self) -> None:
        super().__init__()
        self._added: dict[str, tuple[Any, dict[str, Any]]] = {}
        self._methods: dict[str, Any] = {}
        self._tree: CompiledRouter | None = None

    def add_route(self, uri_template: str, resource: object, **kwargs: Any) -> None:
        assert uri_template not in self._added, uri_template
        self._added[uri_template] = resource, kwargs
        self._tree = None

    def find(self, uri: str, req: Any = None) -> Any:
        if self._tree is None:
            self._tree = self._shared()
        found = self._tree.find(uri, req)
        if found is None:
            return None
        _, _, params, template = found
        assert template is not None
        if template not in self._methods:
            self._methods[template] = self._responders(template)
        return self._added[template][0], self._methods[template], params, template

    def _shared(self) -> CompiledRouter:
        templates = tuple(self._added)
        if templates not in self._trees:
            tree = self._trees[templates] = CompiledRouter()
            for template, (resource, options) in self._added.items():
                tree.add_route(template, resource, **options)
        return self._trees[templates]

    def _responders(self, template: str) -> Any:
        """What of this app answers which method at a template."""
        resource, options = self._added[template]
        methods = self.map_http_methods(resource, **options)
        set_default_responders(methods, asgi=options.get("_asgi", False))
        return methods
