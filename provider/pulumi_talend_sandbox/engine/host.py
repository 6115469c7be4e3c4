"""The dynamic provider host: the SDK's own `python -m pulumi.dynamic`, in a process of its own, over gRPC.

It loads the provider classes of the program and calls their check, diff, create, read, update and delete.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import grpc
from google.protobuf import empty_pb2
from google.protobuf.message import Message
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from ..language_host import HOST_RUNNER
from .errors import EngineError, HostLostError, ProviderError
from .program import forward, start_python
from .project import Config, Project
from .state import Resource
from .values import Properties, from_struct, to_struct

CHANNEL_OPTIONS = [("grpc.max_receive_message_length", 400 * 1024 * 1024), ("grpc.max_send_message_length", -1)]
_Response = TypeVar("_Response", bound=Message)


@dataclass(frozen=True)
class Difference:
    """The answer of diff. `changes` is None where the provider leaves it to the engine to compare the inputs."""

    changes: bool | None
    replaces: list[str]
    diffs: list[str]
    delete_before_replace: bool


class ProviderHost:
    """One host process. Methods raise `ProviderError` with the text that the provider raised.

    `address` is that of the engine service, `on_output` receives each line that providers print.
    """

    def __init__(self, project: Project, address: str, on_output: Callable[[str], None]) -> None:
        self._on_output = on_output
        self._channel: grpc.Channel | None = None
        self._stub: provider_pb2_grpc.ResourceProviderStub | None = None
        self._process = start_python(project, HOST_RUNNER, address)
        self._errors = forward(self._process.stderr, on_output)

    def configure(self, config: Config) -> None:
        """Connect, and hand over the configuration, before anything else; raises `EngineError` if there is no host."""
        out = self._process.stdout
        port = out.readline().strip() if out is not None else ""
        if not port.isdigit():
            self._errors.join(timeout=5)
            raise EngineError("the provider host did not start: is `pulumi` installed in the project's Python?")
        forward(out, self._on_output)
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=CHANNEL_OPTIONS)
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        request = provider_pb2.ConfigureRequest(args=to_struct({**config.values}))
        self._call("Configure", request, provider_pb2.ConfigureResponse)

    def check(self, urn: str, old: Properties, new: Properties) -> tuple[Properties, list[tuple[str, str]]]:
        """Return the inputs as the provider wants them stored, and its complaints: (property or "", reason)."""
        request = provider_pb2.CheckRequest(urn=urn, olds=to_struct(old), news=to_struct(new))
        response = self._call("Check", request, provider_pb2.CheckResponse)
        return from_struct(response.inputs), [(each.property, each.reason) for each in response.failures]

    def diff(self, old: Resource, new: Properties) -> Difference:
        """Ask what a change of inputs means for the object."""
        olds, old_inputs = to_struct(old.outputs), to_struct(old.inputs)
        request = provider_pb2.DiffRequest(
            urn=old.urn, id=old.id, olds=olds, news=to_struct(new), old_inputs=old_inputs
        )
        response = self._call("Diff", request, provider_pb2.DiffResponse)
        none, some = provider_pb2.DiffResponse.DIFF_NONE, provider_pb2.DiffResponse.DIFF_SOME
        changes = {none: False, some: True}.get(response.changes)
        return Difference(changes, list(response.replaces), list(response.diffs), response.deleteBeforeReplace)

    def create(self, new: Resource) -> tuple[str, Properties]:
        """Create the object; returns its id and outputs."""
        request = provider_pb2.CreateRequest(urn=new.urn, properties=to_struct(new.inputs))
        response = self._call("Create", request, provider_pb2.CreateResponse)
        if not response.id:
            raise ProviderError("the provider returned no id from create: return CreateResult with the object's id")
        return response.id, from_struct(response.properties)

    def update(self, old: Resource, new: Properties) -> Properties:
        """Change the object; returns its outputs."""
        olds, old_inputs = to_struct(old.outputs), to_struct(old.inputs)
        request = provider_pb2.UpdateRequest(
            urn=old.urn, id=old.id, olds=olds, news=to_struct(new), old_inputs=old_inputs
        )
        return from_struct(self._call("Update", request, provider_pb2.UpdateResponse).properties)

    def read(self, old: Resource) -> tuple[str, Properties, Properties]:
        """Read the object as it is now; returns its id, empty for one that is gone, its inputs and outputs."""
        outputs, inputs = to_struct(old.outputs), to_struct(old.inputs)
        request = provider_pb2.ReadRequest(urn=old.urn, id=old.id, properties=outputs, inputs=inputs)
        response = self._call("Read", request, provider_pb2.ReadResponse)
        # A provider of an older SDK returns no inputs.
        found = from_struct(response.inputs) if response.HasField("inputs") else old.inputs
        return response.id, found, from_struct(response.properties)

    def delete(self, old: Resource) -> None:
        """Delete the object."""
        outputs, inputs = to_struct(old.outputs), to_struct(old.inputs)
        request = provider_pb2.DeleteRequest(urn=old.urn, id=old.id, properties=outputs, old_inputs=inputs)
        self._call("Delete", request, empty_pb2.Empty)

    def close(self) -> None:
        """End the process."""
        if self._channel is not None:
            self._channel.close()
        self._process.terminate()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _call(self, method: str, request: Message, response_type: type[_Response]) -> _Response:
        try:
            response: object = getattr(self._stub, method)(request)
        except grpc.RpcError as error:
            details = error.details() if isinstance(error, grpc.Call) else str(error)
            if isinstance(error, grpc.Call) and error.code() == grpc.StatusCode.UNAVAILABLE:
                raise HostLostError(
                    f"the provider host ended unexpectedly ({details}): the outcome of the operation is unknown, look "
                    "at the object itself"
                ) from None
            raise ProviderError((details or "the provider failed without a message").rstrip()) from None
        if not isinstance(response, response_type):
            raise ProviderError(f"the provider host answered {method} with {type(response).__name__}")
        return response
