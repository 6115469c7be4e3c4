"""One update, refresh or destroy, from the processes and servers that it needs to their end.

Each function reports its failures through the session, whose `failed` is the result.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2_grpc

from .errors import EngineError, StoppedError
from .execution import delete_all, refresh
from .host import CHANNEL_OPTIONS, ProviderHost
from .monitor import EngineService, ResourceMonitor
from .program import ProgramProcess
from .session import Session

# The exit codes of the runner for a program whose failure has been reported.
_REPORTED = (1, 32)


def update(session: Session, *, refresh_first: bool) -> None:
    """Run the program, bring the stack to what it registers, and delete what it no longer registers."""
    with _host(session) as engine:
        if refresh_first:
            refresh(session, as_result=False)
        monitor = ResourceMonitor(session)
        # It ends after all calls: a program may end, or be killed, before its operations do.
        with _server(
            4 * session.parallel,
            lambda server: resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server),
        ) as address:
            ended_well = _run_program(session, address, engine)
        if ended_well and not session.failed:
            left = [each for urn, each in session.state.live.items() if urn not in monitor.registered]
            delete_all(session, [*left, *session.state.condemned])


def refresh_stack(session: Session) -> None:
    """Take into the state what the objects of the stack are now."""
    with _host(session):
        refresh(session, as_result=True)


def destroy(session: Session, *, refresh_first: bool) -> None:
    """Delete all objects of the stack."""
    with _host(session):
        if refresh_first:
            refresh(session, as_result=False)
        delete_all(session, [*session.state.live.values(), *session.state.condemned])


@contextlib.contextmanager
def _host(session: Session) -> Generator[str]:
    """Start the provider host, turn failures into messages, and end it in every case; gives the engine's address."""
    service = EngineService(session)
    with _server(16, lambda server: engine_pb2_grpc.add_EngineServicer_to_server(service, server)) as address:
        session.host = ProviderHost(session.project, address, lambda line: session.report("info", line))
        try:
            session.host.configure(session.config)
            yield address
        except StoppedError:
            session.fail()
        except EngineError as error:
            session.report("error", str(error))
        finally:
            session.host.close()
    if session.cancelled:
        session.report("error", "the run was cancelled; what had been done by then is recorded")


@contextlib.contextmanager
def _server(threads: int, add_services: Callable[[grpc.Server], None]) -> Generator[str]:
    """Serve on loopback, and at the end wait for the calls that are under way; gives the address."""
    with ThreadPoolExecutor(max_workers=threads) as pool:
        server = grpc.server(pool, options=CHANNEL_OPTIONS)  # pyright: ignore[reportUnknownMemberType] of the stubs
        add_services(server)
        address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        try:
            yield address
        finally:
            server.stop(grace=None).wait()


def _run_program(session: Session, monitor: str, engine: str) -> bool:
    """Run the program to its end; returns whether it ended well."""
    program = ProgramProcess(
        session.project,
        session.stack,
        config=session.config,
        monitor=monitor,
        engine=engine,
        parallel=session.parallel,
        dry_run=session.dry_run,
        on_output=lambda line: session.report("info", line),
    )
    session.end_program = program.kill
    try:
        code = program.wait()
    except BaseException:
        program.kill()
        raise
    if code and not session.cancelled:
        session.failed = True
        if code not in _REPORTED:
            session.report("error", f"the program ended with exit code {code}: see its output")
    return code == 0
