"""A resource that stands for no object: the engine keeps it, nobody is asked."""

from __future__ import annotations

from typing import Any

from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult


class NothingProvider(ResourceProvider):
    """Takes every input as it is and calls nobody."""

    serialize_as_secret_always = False

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        return CheckResult({name: value for name, value in news.items() if name != "__provider"}, [])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=any(_olds.get(name) != value for name, value in _news.items()))

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult("nothing", props)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        return ReadResult(id_, props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(_news)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        return


class Nothing(Resource, module="benchmark", name="Nothing"):
    """A resource with any properties."""

    def __init__(self, name: str, properties: dict[str, Any]) -> None:
        super().__init__(NothingProvider(), name, properties)
