"""The `ResourceMonitor` service: what the SDK in the program's process calls to register resources."""

# gRPC fixes the names and arguments of the methods.
# ruff: noqa: ARG002, N802

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import callback_pb2, provider_pb2, resource_pb2, resource_pb2_grpc

from .context import RunContext
from .errors import EngineError, StoppedError, UnsupportedFeatureError
from .goals import goal_from_request
from .registration import Registrar
from .values import from_struct, to_struct

# Features the SDK asks for before it uses them; a False here makes it raise its own error for the others.
_FEATURES = frozenset({"secrets", "resourceReferences", "aliasSpecs", "deletedWith"})
_Response = TypeVar("_Response")


class ResourceMonitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Answers the program; each call runs in a thread of its own."""

    def __init__(self, context: RunContext, registrar: Registrar) -> None:
        """Hand registrations to `registrar`, errors to `context`."""
        self._context = context
        self._registrar = registrar

    def SupportsFeature(
        self, request: resource_pb2.SupportsFeatureRequest, context: grpc.ServicerContext
    ) -> resource_pb2.SupportsFeatureResponse:
        """Say whether this engine has a feature."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in _FEATURES)

    def RegisterResource(
        self, request: resource_pb2.RegisterResourceRequest, context: grpc.ServicerContext
    ) -> resource_pb2.RegisterResourceResponse:
        """Bring a resource to its goal."""

        def answer() -> resource_pb2.RegisterResourceResponse:
            state = self._registrar.register(goal_from_request(request))
            return resource_pb2.RegisterResourceResponse(
                urn=state.urn,
                id=state.id,
                object=to_struct({**state.inputs, **state.outputs}, reveal=False),
            )

        return self._answer(answer, context)

    def RegisterResourceOutputs(
        self, request: resource_pb2.RegisterResourceOutputsRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Record the outputs of a component or of the stack."""

        def answer() -> empty_pb2.Empty:
            self._registrar.register_outputs(request.urn, from_struct(request.outputs))
            return empty_pb2.Empty()

        return self._answer(answer, context)

    def SignalAndWaitForShutdown(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Let the program end: nothing that comes after its registrations needs it any more."""
        return empty_pb2.Empty()

    def Invoke(
        self, request: resource_pb2.ResourceInvokeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.InvokeResponse:
        """Refuse: functions belong to provider packages."""
        return self._unsupported(f"function {request.tok}", context)

    def Call(
        self, request: resource_pb2.ResourceCallRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CallResponse:
        """Refuse: methods belong to remote components."""
        return self._unsupported(f"method {request.tok}", context)

    def ReadResource(
        self, request: resource_pb2.ReadResourceRequest, context: grpc.ServicerContext
    ) -> resource_pb2.ReadResourceResponse:
        """Refuse: reading an existing object (`get`, stack references)."""
        return self._unsupported(f"{request.type} resource {request.name!r}: reading an existing object", context)

    def RegisterStackTransform(self, request: callback_pb2.Callback, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Refuse: transforms of all resources."""
        return self._unsupported("stack transforms", context)

    def RegisterStackInvokeTransform(
        self, request: callback_pb2.Callback, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Refuse: transforms of function calls."""
        return self._unsupported("invoke transforms", context)

    def RegisterResourceHook(
        self, request: resource_pb2.RegisterResourceHookRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Refuse: hooks."""
        return self._unsupported("resource hooks", context)

    def RegisterPackage(
        self, request: resource_pb2.RegisterPackageRequest, context: grpc.ServicerContext
    ) -> resource_pb2.RegisterPackageResponse:
        """Refuse: parameterized packages."""
        return self._unsupported(f"package {request.name!r}", context)

    def _unsupported(self, feature: str, context: grpc.ServicerContext) -> NoReturn:
        def refuse() -> None:
            raise UnsupportedFeatureError(feature)

        self._answer(refuse, context)
        raise AssertionError("not reached: refusing ends the call")

    def _answer(self, action: Callable[[], _Response], context: grpc.ServicerContext) -> _Response:
        """Run an action; its failure stops the run, and the program with it.

        The SDK takes UNAVAILABLE as "the monitor has shut down" and ends the program without a traceback.
        """
        try:
            with self._context.call():
                return action()
        except StoppedError as error:
            message = str(error)
        except EngineError as error:
            message = str(error)
            self._context.report("error", message)
            self._context.fail()
        except Exception as error:  # noqa: BLE001 whatever it is must reach the user, not only the program
            message = f"internal error of the offline engine: {type(error).__name__}: {error}"
            self._context.report("error", message)
            self._context.fail()
        return _abort(context, message)


def _abort(context: Any, message: str) -> NoReturn:
    context.abort(grpc.StatusCode.UNAVAILABLE, message)
    raise AssertionError("not reached: abort raises")
