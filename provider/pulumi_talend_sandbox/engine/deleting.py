"""Deletions: dependents before what they depend on, as many at once as allowed."""

from __future__ import annotations

import queue
import threading

from .context import RunContext
from .errors import StoppedError
from .state import ResourceState
from .steps import Step, run_step


def plan_deletions(context: RunContext, states: list[ResourceState]) -> list[Step]:
    """Give a deletion for each of `states`, dependents first.

    Protected ones are reported as errors and left out, and the run is marked as failed.
    """
    steps: list[Step] = []
    for state in reversed(states):
        if state.pending_replacement:
            steps.append(Step("remove-pending-replace", state, None))
        elif state.protect and not state.delete:
            context.report(
                "error",
                f'resource "{state.urn}" cannot be deleted\nbecause it is protected. To unprotect the resource, either '
                "remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`, or use "
                f"the command:\n`pulumi state unprotect '{state.urn}'`",
                state.urn,
            )
        else:
            steps.append(Step("delete-replaced" if state.delete else "delete", state, None))
    return steps


def run_deletions(context: RunContext, steps: list[Step]) -> None:
    """Carry out deletions; after a failure nothing new is begun, what runs is finished.

    Raises `StoppedError` when one failed.
    """
    if context.dry_run:
        for step in steps:
            run_step(context, step)
        return
    _Scheduler(context, steps).run()


class _Scheduler:
    """Hands a deletion to a thread once all deletions that must come before it are done."""

    def __init__(self, context: RunContext, steps: list[Step]) -> None:
        self._context = context
        self._steps = steps
        self._ready: queue.Queue[int | None] = queue.Queue()
        self._lock = threading.Lock()
        self._open = len(steps)
        # blockers[i]: how many dependents of i are still to be deleted; frees[i]: what i's deletion unblocks.
        self._blockers = [0] * len(steps)
        self._frees: list[list[int]] = [[] for _ in steps]
        positions: dict[str, list[int]] = {}
        for i, step in enumerate(steps):
            positions.setdefault(step.state.urn, []).append(i)
        for i, step in enumerate(steps):
            for urn in step.state.all_dependencies():
                for j in positions.get(urn, []):
                    if j != i:
                        self._frees[i].append(j)
                        self._blockers[j] += 1
        self._failed = False
        self._broken: list[Exception] = []

    def run(self) -> None:
        """Delete everything."""
        for i, count in enumerate(self._blockers):
            if count == 0:
                self._ready.put(i)
        if not self._steps:
            return
        workers = [
            threading.Thread(target=self._work, daemon=True)
            for _ in range(min(self._context.options.parallel, len(self._steps)))
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if self._broken:
            raise self._broken[0]
        if self._failed:
            raise StoppedError

    def _work(self) -> None:
        while True:
            i = self._ready.get()
            if i is None:
                self._ready.put(None)  # for the next worker
                return
            try:
                run_step(self._context, self._steps[i])
            except StoppedError:
                self._failed = True
                self._ready.put(None)
                return
            except Exception as error:  # noqa: BLE001 raised again by `run`; a dead worker would hang the others
                self._broken.append(error)
                self._context.fail()
                self._ready.put(None)
                return
            with self._lock:
                self._open -= 1
                for j in self._frees[i]:
                    self._blockers[j] -= 1
                    if self._blockers[j] == 0:
                        self._ready.put(j)
                if self._open == 0:
                    self._ready.put(None)
