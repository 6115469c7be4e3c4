"""The dynamic provider host: the SDK's own `python -m pulumi.dynamic`, in its own process, over gRPC.

It holds the provider classes of the program and calls their check, diff, create, read, update and delete.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TypeVar

import grpc
from google.protobuf import empty_pb2
from google.protobuf.message import Message
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from .errors import EngineError, HostLostError, ProviderError
from .project import Project
from .values import Properties, from_struct, mark_secrets, plain, to_struct

CHANNEL_OPTIONS = [("grpc.max_receive_message_length", 400 * 1024 * 1024), ("grpc.max_send_message_length", -1)]
# In a directory of its own: the directory of a script comes first in its module search path.
_RUNNER = Path(__file__).parent / "runner" / "run_host.py"
_Response = TypeVar("_Response", bound=Message)


@dataclass(frozen=True)
class Failure:
    """A reason that check gave; `property` is empty when it concerns the whole resource."""

    property: str
    reason: str


@dataclass(frozen=True)
class Difference:
    """What diff said. `changes` is None when the provider left it to the engine to compare the inputs."""

    changes: bool | None
    replaces: list[str] = field(default_factory=list[str])
    diffs: list[str] = field(default_factory=list[str])
    delete_before_replace: bool = False


@dataclass(frozen=True)
class ReadOut:
    """What read found: an empty `id` for an object that is gone, `inputs` None when the provider gave none."""

    id: str
    outputs: Properties
    inputs: Properties | None


class ProviderHost:
    """One host process; it starts at once and is configured before its first operation.

    Errors of providers come as `ProviderError` with the text the provider raised.
    """

    def __init__(self, project: Project, engine_address: str, *, on_output: Callable[[str], None]) -> None:
        """Start the process in the program's directory; `on_output` gets each line that providers print."""
        self._project = project
        self._engine_address = engine_address
        self._on_output = on_output
        self._lock = threading.Lock()
        self._stub: provider_pb2_grpc.ResourceProviderStub | None = None
        self._channel: grpc.Channel | None = None
        self._config: Properties = {}
        self._errors: list[str] = []
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 the project's own interpreter
            [self._project.python, "-u", str(_RUNNER), self._engine_address],
            cwd=self._project.program_directory,
            env=process_environment(self._project),
            stdin=subprocess.PIPE,  # held open: the host ends some time after its engine
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # Ctrl-C is for the engine, which lets running operations finish
        )
        self._error_reader = threading.Thread(target=self._read_errors, args=(self._process.stderr,), daemon=True)
        self._error_reader.start()

    def configure(self, config: Properties) -> None:
        """Connect and hand over a configuration, secrets in clear; before anything else.

        Providers are configured once in the life of a process, so another configuration means another process.
        Raises `EngineError` when the process does not come up.
        """
        with self._lock:
            if self._stub is not None:
                if plain(config) == plain(self._config):
                    return
                self.close()
                self._stub = None
                self._start()
            out = self._process.stdout
            line = out.readline().strip() if out is not None else ""
            if not line.isdigit():
                self._process.wait(timeout=10)
                self._error_reader.join(timeout=5)
                detail = "\n".join(self._errors[-5:])
                raise EngineError(
                    "the provider host did not start: is the `pulumi` package installed in the project's "
                    f"Python?\n{detail}".rstrip()
                )
            threading.Thread(target=self._read_output, args=(out,), daemon=True).start()
            self._channel = grpc.insecure_channel(f"127.0.0.1:{line}", options=CHANNEL_OPTIONS)
            stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
            request = provider_pb2.ConfigureRequest(
                args=to_struct(config, reveal=True), acceptSecrets=True, acceptResources=True
            )
            _call(stub, "Configure", request, provider_pb2.ConfigureResponse)
            self._stub = stub
            self._config = config

    def check(self, urn: str, old: Properties, new: Properties) -> tuple[Properties, list[Failure]]:
        """Have the inputs checked; gives them as the provider wants them stored, and its complaints."""
        request = provider_pb2.CheckRequest(urn=urn, olds=to_struct(old, reveal=True), news=to_struct(new, reveal=True))
        response = self._call("Check", request, provider_pb2.CheckResponse)
        failures = [Failure(each.property, each.reason) for each in response.failures]
        return mark_secrets(from_struct(response.inputs), new), failures

    def diff(
        self, urn: str, id_: str, old_inputs: Properties, old_outputs: Properties, new_inputs: Properties
    ) -> Difference:
        """Ask what a change of inputs means for the object."""
        request = provider_pb2.DiffRequest(
            urn=urn,
            id=id_,
            olds=to_struct(old_outputs, reveal=True),
            news=to_struct(new_inputs, reveal=True),
            old_inputs=to_struct(old_inputs, reveal=True),
        )
        response = self._call("Diff", request, provider_pb2.DiffResponse)
        changes = {
            provider_pb2.DiffResponse.DIFF_NONE: False,
            provider_pb2.DiffResponse.DIFF_SOME: True,
        }.get(response.changes)
        return Difference(changes, list(response.replaces), list(response.diffs), response.deleteBeforeReplace)

    def create(self, urn: str, inputs: Properties) -> tuple[str, Properties]:
        """Create the object; gives its id and outputs."""
        request = provider_pb2.CreateRequest(urn=urn, properties=to_struct(inputs, reveal=True))
        response = self._call("Create", request, provider_pb2.CreateResponse)
        if not response.id:
            raise ProviderError("the provider returned no id from create: return CreateResult with the object's id")
        return response.id, mark_secrets(from_struct(response.properties), inputs)

    def update(
        self, urn: str, id_: str, old_inputs: Properties, old_outputs: Properties, new_inputs: Properties
    ) -> Properties:
        """Change the object; gives its outputs."""
        request = provider_pb2.UpdateRequest(
            urn=urn,
            id=id_,
            olds=to_struct(old_outputs, reveal=True),
            news=to_struct(new_inputs, reveal=True),
            old_inputs=to_struct(old_inputs, reveal=True),
        )
        response = self._call("Update", request, provider_pb2.UpdateResponse)
        return mark_secrets(from_struct(response.properties), new_inputs)

    def read(self, urn: str, id_: str, inputs: Properties, outputs: Properties) -> ReadOut:
        """Read the object as it is now."""
        request = provider_pb2.ReadRequest(
            urn=urn, id=id_, properties=to_struct(outputs, reveal=True), inputs=to_struct(inputs, reveal=True)
        )
        response = self._call("Read", request, provider_pb2.ReadResponse)
        read_outputs = mark_secrets(from_struct(response.properties), outputs)
        read_inputs: Properties | None = None
        if response.HasField("inputs"):
            read_inputs = mark_secrets(from_struct(response.inputs), inputs)
        return ReadOut(response.id, read_outputs, read_inputs)

    def delete(self, urn: str, id_: str, inputs: Properties, outputs: Properties) -> None:
        """Delete the object."""
        request = provider_pb2.DeleteRequest(
            urn=urn, id=id_, properties=to_struct(outputs, reveal=True), old_inputs=to_struct(inputs, reveal=True)
        )
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
        if self._stub is None:
            raise AssertionError("configure comes first")
        return _call(self._stub, method, request, response_type)

    def _read_output(self, stream: IO[str] | None) -> None:
        for line in stream or ():
            self._on_output(line.rstrip("\n"))

    def _read_errors(self, stream: IO[str] | None) -> None:
        for line in stream or ():
            self._errors.append(line.rstrip("\n"))
            if self._stub is not None:
                self._on_output(line.rstrip("\n"))


def process_environment(project: Project) -> dict[str, str]:
    """Give the environment for the program and its providers: ours, with the project's virtualenv active."""
    environment = {**os.environ, "PULUMI_PROJECT": project.name, "PYTHONUNBUFFERED": "1"}
    environment.pop("PULUMI_CONFIG_PASSPHRASE", None)
    environment.setdefault("GRPC_VERBOSITY", "ERROR")
    environment.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    if project.virtualenv is not None:
        scripts = Path(project.python).parent
        environment["VIRTUAL_ENV"] = str(project.virtualenv)
        environment["PULUMI_RUNTIME_VIRTUALENV"] = str(project.virtualenv)
        environment["PATH"] = f"{scripts}{os.pathsep}{environment.get('PATH', '')}"
        environment.pop("PYTHONHOME", None)
    return environment


def _call(
    stub: provider_pb2_grpc.ResourceProviderStub, method: str, request: Message, response_type: type[_Response]
) -> _Response:
    """Call the host; a provider's exception becomes a `ProviderError` with its text."""
    try:
        response: object = getattr(stub, method)(request)
    except grpc.RpcError as error:
        details = error.details() if isinstance(error, grpc.Call) else str(error)
        if isinstance(error, grpc.Call) and error.code() == grpc.StatusCode.UNAVAILABLE:
            raise HostLostError(details or "") from None
        raise ProviderError((details or "the provider failed without a message").rstrip()) from None
    if not isinstance(response, response_type):
        raise ProviderError(f"the provider host answered {method} with {type(response).__name__}")
    return response
