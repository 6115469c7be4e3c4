"""One run of one kind: preview or update, refresh, destroy; the servers and processes it needs, and their end."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2_grpc

from .config import provider_inputs
from .context import RunContext
from .deleting import plan_deletions, run_deletions
from .engine_service import EngineService
from .errors import EngineError, StoppedError
from .host import CHANNEL_OPTIONS, ProviderHost
from .importing import ImportItem, import_resources
from .monitor import ResourceMonitor
from .program import ProgramProcess
from .refreshing import refresh
from .registration import Registrar
from .urn import DYNAMIC_PROVIDER_TYPE

_RUNNER_REPORTED = {1, 32}


def update(context: RunContext, *, refresh_first: bool = False) -> None:
    """Run the program and bring the stack to what it asks for (in a preview: show what that would take).

    Failures are reported through the context, whose `failed` tells the verdict.
    """
    with _run(context) as server:
        context.project.ensure_program()
        if refresh_first:
            _configure_as_recorded(context)
            refresh(context, as_result=False)
        registrar = Registrar(context)
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(ResourceMonitor(context, registrar), server)
        server.start()
        program_ended_well = _run_program(context)
        if program_ended_well and not context.failed:
            steps = plan_deletions(context, context.snapshot.leftover)
            if steps and not context.failed:
                if not registrar.has_provider:
                    _configure_as_recorded(context)
                run_deletions(context, steps)


def refresh_stack(context: RunContext) -> None:
    """Take over into the state what the objects of the stack are now."""
    with _run(context) as server:
        server.start()
        _configure_as_recorded(context)
        refresh(context, as_result=True)


def destroy(context: RunContext, *, refresh_first: bool = False) -> None:
    """Delete everything that the stack holds."""
    with _run(context) as server:
        server.start()
        _configure_as_recorded(context)
        if refresh_first:
            refresh(context, as_result=False)
        steps = plan_deletions(context, context.snapshot.leftover)
        if not context.failed:
            run_deletions(context, steps)


def import_into(context: RunContext, items: list[ImportItem], *, protect: bool) -> None:
    """Take objects that exist already into the stack."""
    with _run(context) as server:
        server.start()
        import_resources(context, items, protect=protect)


def _configure_as_recorded(context: RunContext) -> None:
    """Configure the host as the stack's last update did: without the program running, Pulumi takes the provider
    from the state, and a configuration changed since then counts from the next update on."""
    recorded = next((state for state in context.snapshot.leftover if state.type == DYNAMIC_PROVIDER_TYPE), None)
    context.providers.configure(provider_inputs(context.config) if recorded is None else recorded.inputs)


@contextlib.contextmanager
def _run(context: RunContext) -> Generator[grpc.Server]:
    """Start what every run needs, turn its failures into reports, and end it in every case."""
    server = grpc.server(  # pyright: ignore[reportUnknownMemberType] generics of the stubs
        ThreadPoolExecutor(max_workers=4 * context.options.parallel + 16), options=CHANNEL_OPTIONS
    )
    engine_pb2_grpc.add_EngineServicer_to_server(EngineService(context), server)
    context.server_port = server.add_insecure_port("127.0.0.1:0")
    try:
        context.host = ProviderHost(
            context.project,
            f"127.0.0.1:{context.server_port}",
            on_output=lambda line: context.report("info", line),
        )
        yield server
    except StoppedError:
        context.failed = True
    except EngineError as error:
        context.report("error", str(error))
    finally:
        if context.host is not None:
            context.host.close()
        server.stop(grace=None).wait()
    if context.cancelled:
        context.report("error", "the run was cancelled; what had been done by then is recorded")
    context.summarize()


def _run_program(context: RunContext) -> bool:
    """Run the program to its end; tells whether it ended well."""
    address = f"127.0.0.1:{context.server_port}"
    program = ProgramProcess(
        context.project,
        context.stack,
        config=context.config,
        monitor=address,
        engine=address,
        parallel=context.options.parallel,
        dry_run=context.dry_run,
        on_output=lambda line: context.report("info", line),
    )
    context.end_program = program.kill
    try:
        code = program.wait()
    except BaseException:
        program.kill()
        raise
    # A call that was under way when the program ended still works on its resource.
    context.wait_for_calls()
    if code == 0:
        return True
    if context.cancelled:
        return False
    if code not in _RUNNER_REPORTED:
        context.report("error", f"the program ended with exit code {code}: see its output")
    elif context.step_has_failed and not context.dry_run:
        context.report("error", "update failed")
    context.failed = True
    return False
