"""What a person sees of a run: one line for each step, then diagnostics, outputs and a summary.

The lines, words and sections are those of the Pulumi CLI without a terminal, so that what reads one reads the
other; colours come on a terminal only. Changed properties are shown under the resource, old and new.
"""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from .events import Diagnostic, Operation, StackOutputs, StepEvent, Summary
from .rendering import (
    SYMBOLS,
    changed_properties,
    done_word,
    output_lines,
    planned_word,
    property_changes,
    running_word,
    summary_lines,
)
from .urn import urn_name, urn_type
from .values import Properties

_COLOURS = {"+ ": "green", "++": "green", "~ ": "yellow", "- ": "red", "--": "red", "+-": "magenta", "= ": "cyan"}


class HumanDisplay:
    """Writes a run to a console as it happens."""

    def __init__(
        self,
        console: Console,
        *,
        title: str,
        root_urn: str,
        dry_run: bool,
        diff: bool = False,
        suppress_outputs: bool = False,
    ) -> None:
        """`title` heads the run; `diff` shows the properties of new and deleted resources too."""
        self._console = console
        self._root_urn = root_urn
        self._dry_run = dry_run
        self._diff = diff
        self._suppress_outputs = suppress_outputs
        self._diagnostics: dict[str, list[Diagnostic]] = {}
        self._outputs: StackOutputs | None = None
        self._fresh = False
        self._print(title)
        self._print("")

    def step_planned(self, event: StepEvent) -> None:
        """Show what is about to happen; in a preview, with what changes."""
        if event.urn == self._root_urn and event.op == "create":
            self._fresh = True
        if event.hidden or event.op in ("same", "refresh"):
            return
        if self._dry_run:
            self._step(event, planned_word(event.op))
        elif event.op != "replace":
            self._step(event, f"{running_word(event.op)} (0s)")

    def step_done(self, event: StepEvent) -> None:
        """Show that it has happened."""
        if not (self._dry_run or event.hidden or event.op == "same"):
            self._step(event, f"{done_word(event.op)} ({event.seconds:.2f}s)")

    def step_refreshed(self, event: StepEvent) -> None:
        """Show what a refresh found, old and new; nothing for an object that is as the state has it."""
        if event.hidden or event.op == "same" or event.new is event.old:
            return
        if event.op == "refresh":  # before an update, whose plan says what will be done about it
            word = "gone" if event.new is None else "changed outside of the stack"
        else:
            word = planned_word(event.op) if self._dry_run else f"{done_word(event.op)} ({event.seconds:.2f}s)"
        self._step(event, word, symbol="- " if event.new is None else "~ ", changes=True)

    def step_failed(self, event: StepEvent) -> None:
        """Show that it has failed; the reason stands in the diagnostics."""
        if not event.hidden:
            self._line(SYMBOLS[event.op], event, f"**{running_word(event.op) or event.op} failed**")

    def diagnostic(self, event: Diagnostic) -> None:
        """Keep a message for the section of diagnostics, and show errors and warnings at once."""
        urn = event.urn or self._root_urn
        self._diagnostics.setdefault(urn, []).append(event)

    def stack_outputs(self, event: StackOutputs) -> None:
        """Keep the outputs for their section."""
        self._outputs = event

    def summary(self, event: Summary) -> None:
        """Show diagnostics, outputs, and how many resources each operation concerned."""
        self._diagnostics_section()
        self._outputs_section()
        self._print("Resources:")
        errored = sum(1 for each in self._diagnostics.values() if any(d.severity == "error" for d in each))
        for line in summary_lines(event.changes, errored, dry_run=self._dry_run):
            self._coloured(line, line[4:6])
        self._print("")
        if not self._dry_run:
            self._print(f"Duration: {_duration(event.seconds)}")
            self._print("")

    def _step(self, event: StepEvent, word: str, *, symbol: str = "", changes: bool = False) -> None:
        self._line(symbol or SYMBOLS[event.op], event, word, changed_properties(event))
        if not (self._dry_run or changes):
            return
        old: Properties = {} if event.old is None else event.old.inputs
        new: Properties = {} if event.new is None else event.new.inputs
        changed = event.old is not None and event.new is not None and event.op != "replace"
        if changed or self._diff:
            for line in property_changes(old, new):
                self._coloured(f"        {line}", line[:2])

    def _line(self, symbol: str, event: StepEvent, word: str, suffix: str = "") -> None:
        text = f" {symbol} {event.type} {urn_name(event.urn)} {word} {suffix}"
        self._coloured(text.rstrip(), symbol)

    def _diagnostics_section(self) -> None:
        if not self._diagnostics:
            return
        self._print("Diagnostics:")
        for urn, diagnostics in self._diagnostics.items():
            self._print(f"  {urn_type(urn)} ({urn_name(urn)}):")
            for each in diagnostics:
                prefix = "" if each.severity == "info" else f"{each.severity}: "
                style = {"error": "red", "warning": "yellow"}.get(each.severity, "")
                for line in f"{prefix}{each.message}".split("\n"):
                    self._console.print(Text(f"    {line}", style=style), soft_wrap=True)
            self._print("")

    def _outputs_section(self) -> None:
        outputs = self._outputs
        if outputs is None or self._suppress_outputs:
            return
        lines = output_lines(outputs.old, outputs.new, all_keys=not self._dry_run, fresh=self._fresh)
        if lines:
            self._print("Outputs:")
            for line in lines:
                self._coloured(line, line[2:4])
            self._print("")

    def _coloured(self, line: str, symbol: str) -> None:
        self._console.print(Text(line, style=_COLOURS.get(symbol, "")), soft_wrap=True)

    def _print(self, line: str) -> None:
        self._console.print(Text(line), soft_wrap=True)


def _duration(seconds: float) -> str:
    whole = int(seconds)
    minutes, rest = divmod(whole, 60)
    return f"{minutes}m{rest}s" if minutes else f"{max(1, rest)}s"


def has_changes(changes: dict[Operation, int]) -> bool:
    """Tell whether a run changed anything, or would."""
    return any(count for op, count in changes.items() if op not in ("same", "refresh"))
