"""Who is compared: this provider in its two forms, a naive provider, a generic REST provider, and engines alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from benchmarks.workload import Objects

Family = Literal["pulumi", "terraform"]


@dataclass(frozen=True)
class Contender:
    """`program` is a module of benchmarks.programs; empty for terraform, whose resources terraform.py writes.

    `baseline` names the contender that is the engine alone with a stack of the same shape; None for these themselves.
    `retries`: how often the REST provider repeats a refused call. `parallel`: how many operations the engine runs at once;
    None leaves that to it.
    """

    name: str
    title: str
    family: Family
    program: str
    baseline: str | None
    objects: tuple[Objects, ...] = ("grants", "mappings")
    retries: int = 0
    parallel: int | None = None


ALONE = Contender("alone", "engine alone, single resources", "pulumi", "alone", None)
ALONE_SETS = Contender("alone-sets", "engine alone, sets", "pulumi", "alone_sets", None)
SINGLE = Contender("single", "pulumi-talend, single resources", "pulumi", "single", ALONE.name)
SINGLE_WIDE = Contender(
    "single-wide", "pulumi-talend, single resources, 32 at once", "pulumi", "single", ALONE.name, parallel=32
)
SETS = Contender("sets", "pulumi-talend, sets", "pulumi", "sets", ALONE_SETS.name)
NAIVE = Contender("naive", "naive dynamic provider", "pulumi", "naive", ALONE.name)
TERRAFORM_ALONE = Contender("terraform-alone", "terraform alone", "terraform", "", None, ("grants",))
REST = Contender("rest", "generic REST provider", "terraform", "", TERRAFORM_ALONE.name, ("grants",))
REST_RETRYING = Contender(
    "rest-retrying", "generic REST provider, retries on", "terraform", "", TERRAFORM_ALONE.name, ("grants",), 10
)

CONTENDERS = {
    each.name: each
    for each in (ALONE, SINGLE, SINGLE_WIDE, NAIVE, ALONE_SETS, SETS, TERRAFORM_ALONE, REST, REST_RETRYING)
}
