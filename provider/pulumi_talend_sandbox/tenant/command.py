"""`talend-sandbox tenant`: the offline tenant by hand, in the foreground."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console

from .behaviour import Behaviour
from .calls import Call
from .core import Core
from .server import HOST, Server

_KEEP_CALLS = 10_000
_SCREEN = Console(markup=False, highlight=False, soft_wrap=True)
_ERRORS = Console(markup=False, highlight=False, soft_wrap=True, stderr=True)


def tenant_command(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where to listen on 127.0.0.1; 0: any free port.")] = 8400,
    database: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Keep the tenant in this file. Default: in memory.")
    ] = None,
    seed: Annotated[
        str, typer.Option(help="What a new tenant starts with: company, empty, or big:WORKSPACESxUSERSxGRANTS.")
    ] = "company",
    token: Annotated[
        str | None,
        typer.Option(envvar="TALEND_SANDBOX_TOKEN", help="The token with all rights. Default: a demo token."),
    ] = None,
    latency: Annotated[float, typer.Option(min=0, help="Seconds each call takes.")] = 0.0,
    rate_limit: Annotated[str | None, typer.Option(help="CALLS/SECONDS, for example 30/5. Default: none.")] = None,
    behaviour: Annotated[
        list[str] | None,
        typer.Option("--behaviour", "-b", metavar="NAME=VALUE", help="Change one switch; repeatable."),
    ] = None,
    list_behaviours: Annotated[bool, typer.Option("--list-behaviours", help="Show the switches, and end.")] = False,
    ready_file: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False, help="Write url, token and pid here (JSON) once calls are answered; gone at exit."
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show neither the calls nor how to connect.")] = False,
) -> None:
    """Run an offline Talend tenant on this machine until Ctrl-C."""
    if list_behaviours:
        _show_choices()
        return
    if ready_file is not None and not ready_file.parent.is_dir():
        raise _stop(f"--ready-file {ready_file}: there is no directory {ready_file.parent}")
    chosen = _behaviour(behaviour or [], latency, rate_limit)
    try:
        core = Core(
            behaviour=chosen,
            seed=seed,
            database=database,
            clock=time.time,
            admin_token=token,
            keep_calls=_KEEP_CALLS,
            observer=None if quiet else _show_call,
        )
    except ValueError as error:
        raise _stop(str(error)) from None
    try:
        server = Server(core, port=port)
    except OSError as error:
        core.store.database.close()
        raise _stop(f"port {port} on {HOST}: {error.strerror}; choose another with --port (0: any)") from None

    def on_ready() -> None:
        if not quiet:
            _show_connection(core)
        if ready_file is not None:
            _write_ready_file(ready_file, core)

    # The server ends cleanly at either signal and then raises it again, to whoever handled it before: nobody
    # may, or the ready file would outlive the tenant.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _ignore)
    try:
        server.run(on_ready)
    finally:
        if ready_file is not None:
            ready_file.unlink(missing_ok=True)
        core.store.database.close()
    if core.failures:
        raise _stop(f"the tenant failed {len(core.failures)} times; the first: {core.failures[0]!r}")


def _ignore(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the form of a signal handler
    return


def _stop(message: str) -> typer.Exit:
    _ERRORS.print(f"error: {message}")
    return typer.Exit(1)


def _behaviour(settings: list[str], latency: float, rate_limit: str | None) -> Behaviour:
    changes: dict[str, Any] = {"latency": latency}
    if rate_limit is not None:
        calls, _, seconds = rate_limit.partition("/")
        if not calls.isdecimal() or not seconds.replace(".", "", 1).isdecimal():
            raise _stop(f"--rate-limit {rate_limit}: write CALLS/SECONDS, for example 30/5")
        changes["rate_limit"] = (calls, seconds)
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise _stop(f"--behaviour {setting}: write NAME=VALUE; --list-behaviours shows the names")
        changes[name] = _value(name, text)
    try:
        return Behaviour.model_validate(changes)
    except ValidationError as error:
        first = error.errors()[0]
        reason = "there is no such choice" if first["type"] == "extra_forbidden" else first["msg"]
        raise _stop(f"{first['loc'][0]}: {reason}; --list-behaviours shows the choices") from None


def _value(name: str, text: str) -> Any:
    """A value as the field wants it: text where the choices are texts ("400" and "none" among them), JSON otherwise."""
    field = Behaviour.model_fields.get(name)
    if field is not None and isinstance(field.default, str):
        return text
    if text in ("null", "none", "None"):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


def _show_choices() -> None:
    properties: dict[str, Any] = Behaviour.model_json_schema()["properties"]
    for name, schema in properties.items():
        choices = " | ".join(schema.get("enum", [])) or _type_of(schema)
        _SCREEN.print(f"{name} = {Behaviour.model_fields[name].default}    ({choices})")
        _SCREEN.print("    " + " ".join(schema["description"].split()) + "\n")


def _type_of(schema: dict[str, Any]) -> str:
    kinds = [each.get("type", "") for each in schema.get("anyOf", [schema])]
    return " | ".join(kind for kind in kinds if kind)


def _show_connection(core: Core) -> None:
    directory = core.store.directory
    _SCREEN.print(
        f"Offline Talend tenant of {directory.setting('company')}: {core.url}\n"
        f"  who may do what   {core.url}/\n"
        f"  its API           {core.url}/docs\n"
        f"  service account   {core.client_id}  secret {directory.secret_of(core.client_id)}\n"
        "Demo credentials, good for this tenant only. To use it:\n\n"
        f"  export TALEND_ENDPOINT={core.url}\n"
        f"  export TALEND_TOKEN={core.pats['admin']}\n\n"
        "Ctrl-C ends it."
    )


def _show_call(call: Call) -> None:
    moment = time.strftime("%H:%M:%S", time.localtime(call.at))
    answered = f"{call.method} {call.target} {call.status or 'no answer'}"
    _SCREEN.print(f"{moment}  {answered}" + (f"  {call.token_name}" if call.token_name else ""))


def _write_ready_file(path: Path, core: Core) -> None:
    ready = {
        "url": core.url,
        "token": core.pats["admin"],
        "clientId": core.client_id,
        "clientSecret": core.store.directory.secret_of(core.client_id),
        "pid": os.getpid(),
    }
    part = path.with_name(path.name + ".part")
    part.touch(mode=0o600)
    part.write_text(json.dumps(ready) + "\n")
    part.replace(path)  # so that whoever sees it sees all of it
