"""Runs a Pulumi program in this process, against an engine; started as a file by the program's own interpreter.

It needs nothing but the `pulumi` package. Standard input is one line of JSON: `program`, `pwd`, `config`, `secret_keys`, and in
`settings` the arguments of `pulumi.runtime.Settings`; where it ends, so does the process. Exit codes: 0 the program ran, 1 the
engine refused or stopped it, 32 it failed and reported its error to the engine, 33 the `pulumi` package is missing.
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import os
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from end_with_parent import end_with_parent


def user_traceback(error: BaseException, program: Path) -> str:
    """Format an exception from the first frame of the user's program on.

    A syntax error of the program has no frame in it, and its message names the line. What the SDK reports after the program has
    ended starts at the SDK's own first frame.
    """
    directory = program if program.is_dir() else program.parent
    frames = traceback.extract_tb(error.__traceback__)
    for position, frame in enumerate(frames):
        if not frame.filename.startswith("<") and Path(frame.filename).resolve().is_relative_to(directory):
            limit = position - len(frames)
            return "".join(traceback.format_exception(type(error), error, error.__traceback__, limit=limit))
    if isinstance(error, SyntaxError):
        return "".join(traceback.format_exception_only(type(error), error))
    inner = [Path(frame.filename).parent.name != "asyncio" and frame.filename != __file__ for frame in frames]
    limit = inner.index(True) - len(frames) if True in inner else 0
    return "".join(traceback.format_exception(type(error), error, error.__traceback__, limit=limit))


def main() -> int:
    """Read the task, run the program, report its end."""
    line = sys.stdin.readline()
    if not line:  # whoever started this has ended already
        return 1
    task = json.loads(line)
    end_with_parent()
    try:
        import pulumi
        import pulumi.runtime
    except ImportError as error:
        print(f"the pulumi package is not installed in {sys.executable} ({error})", file=sys.stderr)
        return 33

    pulumi.runtime.set_all_config(task["config"], task["secret_keys"])
    known = inspect.signature(pulumi.runtime.Settings.__init__).parameters
    settings = pulumi.runtime.Settings(**{k: v for k, v in task["settings"].items() if k in known})
    pulumi.runtime.configure(settings)

    program = Path(task["program"])
    if program.is_dir() and not (program / "__main__.py").is_file():
        pulumi.log.error(f"unable to find main python program `__main__.py` in `{program}`")
        return 32
    sys.argv = [str(program)]
    # Python put the directory of this file first; the modules of the program belong there.
    sys.path[0] = task["pwd"]
    os.chdir(task["pwd"])

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    executor = ThreadPoolExecutor(max_workers=max(task["settings"]["parallel"], 1) * 4)
    loop.set_default_executor(executor)
    # Outputs of a program that fails are never resolved, and asyncio would report each of them.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)

    def run() -> None:
        runpy.run_path(str(program), run_name="__main__")

    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(run))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return 1
    except Exception as error:  # noqa: BLE001 whatever the program raises is for its author to read
        pulumi.log.error(f"Program failed with an unhandled exception:\n{user_traceback(error, program)}")
        return 32
    finally:
        executor.shutdown(wait=True)
        loop.close()
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
