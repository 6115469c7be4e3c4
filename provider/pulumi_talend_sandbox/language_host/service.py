"""The gRPC service `LanguageRuntime`: what the CLI asks of the language of a project."""
# The protocol gives the methods their names and arguments, and the generated stubs declare none of the types.
# ruff: noqa: ARG002, N802
# pyright: reportIncompatibleMethodOverride=false

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import subprocess
import threading
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from . import RUNNER
from .runner.list_packages import packages
from .toolchains import Toolchain, ToolchainError, is_this_python, python_command, toolchain_of

_LISTER = RUNNER.with_name("list_packages.py")
_REPORTED = 32
"""Exit code of the runner after it has told the engine why the program failed."""
_WITHOUT_PLUGIN = {"pulumi-policy", "pulumi-esc-sdk"}


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs programs for the engine at `engine_address`, one process for each run."""

    def __init__(self, engine_address: str) -> None:
        """Nothing is started before the engine asks for it."""
        self._engine_address = engine_address
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()

    def stop(self) -> None:
        """End the programs under way."""
        with self._lock:
            for process in self._running:
                process.kill()

    @contextlib.contextmanager
    def _process(self, command: Sequence[str], **options: Any) -> Generator[subprocess.Popen[bytes]]:
        """Start a process that `stop` knows of from its first moment; at the end of the block it has ended."""
        with self._lock:
            process = subprocess.Popen[bytes](command, **options)
            self._running.add(process)
        try:
            # A process that takes no input has ended, and its exit code says why.
            with contextlib.suppress(BrokenPipeError), process:
                try:
                    yield process
                except BaseException:  # a call that the engine has cancelled, for one
                    process.kill()
                    raise
        finally:
            with self._lock:
                self._running.discard(process)

    def Handshake(
        self, request: language_pb2.LanguageHandshakeRequest, context: grpc.ServicerContext
    ) -> language_pb2.LanguageHandshakeResponse:
        """The engine attaches to a host that runs already, and gives its address."""
        self._engine_address = request.engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """The version of the SDK whose stubs this host uses."""
        return plugin_pb2.PluginInfo(version=importlib.metadata.version("pulumi"))

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Called at the end of each command, and when it is interrupted."""
        self.stop()
        return empty_pb2.Empty()

    def GetRequiredPackages(
        self, request: language_pb2.GetRequiredPackagesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPackagesResponse:
        """The plugins of the packages that the project's environment has."""
        return language_pb2.GetRequiredPackagesResponse(
            packages=[
                plugin_pb2.PackageDependency(
                    name=each["name"], kind="resource", version=each["version"], server=each["server"]
                )
                for package in _packages(_toolchain(request.info, context), context)
                if (each := plugin_of(package)) is not None
            ]
        )

    def GetProgramDependencies(
        self, request: language_pb2.GetProgramDependenciesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetProgramDependenciesResponse:
        """The packages of the project's environment, as `pulumi about` lists them."""
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[
                language_pb2.DependencyInfo(name=each["name"], version=each["version"])
                for each in _packages(_toolchain(request.info, context), context)
            ]
        )

    def About(self, request: language_pb2.AboutRequest, context: grpc.ServicerContext) -> language_pb2.AboutResponse:
        """The project's interpreter and its version."""
        toolchain = _toolchain(request.info, context)
        python = _python(toolchain, context)
        done = subprocess.run([python, "-V"], capture_output=True, text=True, check=True)  # noqa: S603
        version = done.stdout.partition(" ")[2].strip()
        return language_pb2.AboutResponse(executable=python, version=version, metadata={"toolchain": toolchain.name})

    def RuntimeOptionsPrompts(
        self, request: language_pb2.RuntimeOptionsRequest, context: grpc.ServicerContext
    ) -> language_pb2.RuntimeOptionsResponse:
        """`pulumi new` asks nothing more."""
        return language_pb2.RuntimeOptionsResponse()

    def InstallDependencies(
        self, request: language_pb2.InstallDependenciesRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.InstallDependenciesResponse]:
        """`pulumi install`: the output of each command as it comes."""
        toolchain = _toolchain(request.info, context)
        try:
            commands = toolchain.install_commands()
        except ToolchainError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        for command in commands:
            with self._process(
                command,
                cwd=toolchain.directory,
                env=toolchain.environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            ) as process:
                for line in process.stdout or ():
                    yield language_pb2.InstallDependenciesResponse(stdout=line)
            if process.returncode:
                shown = " ".join(command[:4])
                context.abort(grpc.StatusCode.UNKNOWN, f"`{shown} ...` ended with exit code {process.returncode}")

    def Run(self, request: language_pb2.RunRequest, context: grpc.ServicerContext) -> language_pb2.RunResponse:
        """Run the program to its end."""
        toolchain = _toolchain(request.info, context)
        task = {
            "program": str(Path(request.info.program_directory) / request.info.entry_point),
            "pwd": request.pwd,
            "config": dict(request.config),
            "secret_keys": list(request.configSecretKeys),
            "settings": {
                "project": request.project,
                "stack": request.stack,
                "monitor": request.monitor_address,
                "engine": self._engine_address,
                "parallel": request.parallel,
                "dry_run": request.dryRun,
                "organization": request.organization,
                "root_directory": request.info.root_directory,
            },
        }
        python = _python(toolchain, context)
        with self._process(
            python_command(python, RUNNER),
            cwd=request.pwd,
            env=toolchain.environment(),
            stdin=subprocess.PIPE,  # not the environment: other processes of the user could read secrets there
            start_new_session=True,  # Ctrl-C is for the engine, which lets operations under way finish
        ) as process:
            if process.stdin is not None:
                process.stdin.write(json.dumps(task).encode() + b"\n")
                process.stdin.flush()
            process.wait()  # with standard input open, since its end ends the program
        if process.returncode == 0:
            return language_pb2.RunResponse()
        if process.returncode == _REPORTED:
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=f"program exited with non-zero exit code: {process.returncode}")


def plugin_of(package: dict[str, Any]) -> dict[str, str] | None:
    """The resource plugin that the CLI has to load for a Python package, if any.

    As in the official host, a package is taken for one with a plugin if its `pulumi-plugin.json` says so, or if it has no
    such file and its name begins with `pulumi-`.

    Args:
        package: `name`, `version` and `plugin`, as `runner/list_packages.py` prints them.

    Returns:
        `name`, `version` and `server` of the plugin.
    """
    name = str(package["name"]).replace("_", "-")
    plugin: dict[str, Any] = package["plugin"] or {
        "resource": name.startswith("pulumi-") and name not in _WITHOUT_PLUGIN
    }
    if not plugin.get("resource"):
        return None
    return {
        "name": plugin.get("name") or name.removeprefix("pulumi-"),
        "version": "v" + (plugin.get("version") or str(package["version"])).removeprefix("v"),
        "server": plugin.get("server") or "",
    }


def _toolchain(info: language_pb2.ProgramInfo, context: grpc.ServicerContext) -> Toolchain:
    options = json_format.MessageToDict(info.options)
    try:
        return toolchain_of(options, Path(info.root_directory), Path(info.program_directory))
    except ToolchainError as error:
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        raise


def _python(toolchain: Toolchain, context: grpc.ServicerContext) -> str:
    try:
        return toolchain.python()
    except ToolchainError as error:
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        raise


def _packages(toolchain: Toolchain, context: grpc.ServicerContext) -> list[dict[str, Any]]:
    python = _python(toolchain, context)
    if is_this_python(python):
        return packages()
    done = subprocess.run(  # noqa: S603
        [python, "-I", str(_LISTER)],
        env=toolchain.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        context.abort(grpc.StatusCode.UNKNOWN, f"the packages of the project cannot be listed:\n{done.stderr}")
    return json.loads(done.stdout)
