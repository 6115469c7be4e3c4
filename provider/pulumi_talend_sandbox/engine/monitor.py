"""The two gRPC services that the program's SDK calls: `ResourceMonitor` for its resources, `Engine` for its messages."""

# gRPC fixes the names and arguments of the methods.
# ruff: noqa: ARG002, N802

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc

from .errors import EngineError, NotModelledError, StoppedError
from .execution import run_step
from .planning import Planner
from .session import Session, Severity
from .state import Resource
from .values import Properties, from_struct, to_struct

# What the SDK asks for before it uses it. Without one it raises an error of its own, which says to update the Pulumi CLI; with
# those that are not modelled it tries, and the program ends with the message of this engine.
_FEATURES = {
    "secrets", "resourceReferences", "aliasSpecs", "deletedWith", "transforms", "invokeTransforms", "resourceHooks",
    "parameterization",
}  # fmt: skip
_NOT_MODELLED = {
    "Invoke": "calling a function of a package",
    "Call": "calling a method of a remote component",
    "ReadResource": "reading an existing object (`get`, a stack reference)",
    "RegisterStackTransform": "transforms",
    "RegisterStackInvokeTransform": "transforms",
    "RegisterResourceHook": "resource hooks",
    "RegisterErrorHook": "error hooks",
    "RegisterPackage": "a parameterized package",
}
_SEVERITIES: dict[int, Severity] = {
    engine_pb2.DEBUG: "debug",
    engine_pb2.INFO: "info",
    engine_pb2.WARNING: "warning",
    engine_pb2.ERROR: "error",
}
_Response = TypeVar("_Response")


class ResourceMonitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Brings what the program registers to its goal; each call runs in a thread of its own."""

    def __init__(self, session: Session) -> None:
        """Plan and execute within `session`."""
        self._session = session
        self._planner = Planner(session)
        self._planning = threading.Lock()
        self._outputs_given: set[str] = set()
        for method, what in _NOT_MODELLED.items():
            setattr(self, method, self._refusal(what))

    @property
    def registered(self) -> dict[str, Resource]:
        """The resources that the program has, by URN."""
        return self._planner.registered

    def SupportsFeature(
        self, request: resource_pb2.SupportsFeatureRequest, context: grpc.ServicerContext
    ) -> resource_pb2.SupportsFeatureResponse:
        """Return whether the SDK may use a feature."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in _FEATURES)

    def RegisterResource(
        self, request: resource_pb2.RegisterResourceRequest, context: grpc.ServicerContext
    ) -> resource_pb2.RegisterResourceResponse:
        """Bring a resource to its goal."""

        def answer() -> resource_pb2.RegisterResourceResponse:
            made = self._register(request)
            properties = to_struct({**made.inputs, **made.outputs})
            return resource_pb2.RegisterResourceResponse(urn=made.urn, id=made.id, object=properties)

        return self._answer(answer, context)

    def _register(self, request: resource_pb2.RegisterResourceRequest) -> Resource:
        with self._planning:
            self._session.ensure_running()
            steps = self._planner.plan(self._planner.read(request))
        for step in steps:
            run_step(self._session, step)
        (made,) = (step.new for step in steps if step.op != "replace" and step.new is not None)
        with self._planning:
            self.registered[made.urn] = made
        return made

    def RegisterResourceOutputs(
        self, request: resource_pb2.RegisterResourceOutputsRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Record the outputs of a component or of the stack."""

        def answer() -> empty_pb2.Empty:
            self._register_outputs(request.urn, from_struct(request.outputs, f"resource '{request.urn}'"))
            return empty_pb2.Empty()

        return self._answer(answer, context)

    def _register_outputs(self, urn: str, outputs: Properties) -> None:
        with self._planning:
            old = self.registered.get(urn)
            if old is None or urn in self._outputs_given:
                raise EngineError(f"resource '{urn}' has no outputs to register, or has registered them already")
            self._outputs_given.add(urn)
            self.registered[urn] = new = replace(old, outputs=outputs)
        if urn == self._session.root_urn:
            self._session.outputs = old.outputs, outputs
        self._session.state.put(new)

    def SignalAndWaitForShutdown(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Let the program end: nothing after its registrations needs it."""
        return empty_pb2.Empty()

    def _refusal(self, what: str) -> Callable[[object, Any], object]:
        def refuse() -> object:
            raise NotModelledError(what)

        return lambda _request, context: self._answer(refuse, context)

    def _answer(self, action: Callable[[], _Response], context: Any) -> _Response:
        """Run an action; its failure stops the run, and the program with it.

        The SDK takes UNAVAILABLE for the end of the monitor, and ends the program without a traceback.
        """
        try:
            return action()
        except StoppedError as error:
            message = str(error)
        except EngineError as error:
            message = str(error)
            self._session.report("error", message)
        except Exception as error:  # noqa: BLE001 whatever it is must reach the user
            message = f"a bug of the embedded engine: {type(error).__name__}: {error}"
            self._session.report("error", message)
        self._session.fail()
        context.abort(grpc.StatusCode.UNAVAILABLE, message)
        raise AssertionError("abort raises")


class EngineService(engine_pb2_grpc.EngineServicer):
    """Takes the messages of the program and of providers."""

    def __init__(self, session: Session) -> None:
        """Report to `session`."""
        self._session = session

    def Log(self, request: engine_pb2.LogRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Take a message."""
        severity = _SEVERITIES.get(request.severity, "info")
        if severity != "debug" and not request.ephemeral:
            self._session.report(severity, request.message.rstrip("\n"), request.urn)
        return empty_pb2.Empty()
