"""The `Engine` service: messages of the program and of providers, and the stack's root resource."""

# gRPC fixes the names and arguments of the methods.
# ruff: noqa: ARG002, N802

from __future__ import annotations

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from .context import RunContext
from .events import Severity

# What the SDK says when a call was refused; the reason has been reported by then. It stands alone, or at the end of
# an exception that the SDK (for functions) or the program made of it.
_MONITOR_GONE = "Resource monitor has terminated, shutting down"
_SEVERITIES: dict[int, Severity] = {
    engine_pb2.DEBUG: "debug",
    engine_pb2.INFO: "info",
    engine_pb2.WARNING: "warning",
    engine_pb2.ERROR: "error",
}


class EngineService(engine_pb2_grpc.EngineServicer):
    """Answers the program and the provider host."""

    def __init__(self, context: RunContext) -> None:
        """Hand messages to `context`."""
        self._context = context
        self._root = ""

    def Log(self, request: engine_pb2.LogRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Take a message for the user."""
        severity = _SEVERITIES.get(request.severity, "info")
        consequence = self._context.stopping.is_set() and request.message.rstrip().endswith(_MONITOR_GONE)
        if severity != "debug" and not consequence and not request.ephemeral:
            self._context.report(severity, request.message.rstrip("\n"), request.urn)
        return empty_pb2.Empty()

    def GetRootResource(
        self, request: engine_pb2.GetRootResourceRequest, context: grpc.ServicerContext
    ) -> engine_pb2.GetRootResourceResponse:
        """Give the root that the program has set."""
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(
        self, request: engine_pb2.SetRootResourceRequest, context: grpc.ServicerContext
    ) -> engine_pb2.SetRootResourceResponse:
        """Take the root resource."""
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()
