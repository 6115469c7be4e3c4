"""What is measured by default, by `--quick` and by `--full`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks.contenders import (
    ALONE,
    ALONE_SETS,
    NAIVE,
    REST,
    REST_RETRYING,
    SETS,
    SINGLE,
    TERRAFORM_ALONE,
    Contender,
)
from benchmarks.engines import Engine
from benchmarks.measuring import Case
from benchmarks.tenancy import RATE_LIMIT, Conditions
from benchmarks.workload import Objects

Extent = Literal["quick", "default", "full"]

FREE = Conditions()
LIMITED = Conditions(rate_limit=RATE_LIMIT)


@dataclass(frozen=True)
class Part:
    """Contenders that are compared with the same objects under the same conditions."""

    objects: Objects
    number: int
    conditions: Conditions
    contenders: tuple[Contender, ...]


_EVERYBODY = (ALONE, SINGLE, NAIVE, ALONE_SETS, SETS, TERRAFORM_ALONE, REST)

_QUICK = (Part("grants", 20, FREE, _EVERYBODY),)

# The engines alone need minutes for thousands of resources, and a client that makes a call for each of them does so again
# and again: what shows nothing new is left to --full.
_DEFAULT = (
    Part("grants", 100, FREE, _EVERYBODY),
    Part("grants", 100, LIMITED, (SINGLE, NAIVE, SETS, REST, REST_RETRYING)),
    Part("grants", 1000, FREE, (ALONE_SETS, SETS, TERRAFORM_ALONE, REST)),
    Part("grants", 1000, LIMITED, (SETS,)),
    Part("grants", 5000, FREE, (ALONE_SETS, SETS)),
    Part("mappings", 200, FREE, (ALONE_SETS, SETS)),
)

_FULL = (
    Part("grants", 100, FREE, _EVERYBODY),
    Part("grants", 100, LIMITED, (SINGLE, NAIVE, SETS, REST, REST_RETRYING)),
    Part("grants", 1000, FREE, _EVERYBODY),
    Part("grants", 1000, LIMITED, (SINGLE, SETS)),
    Part("grants", 5000, FREE, _EVERYBODY),
    Part("mappings", 200, FREE, _EVERYBODY),
    Part("mappings", 200, LIMITED, (SINGLE, SETS)),
)

_EXTENTS: dict[Extent, tuple[Part, ...]] = {"quick": _QUICK, "default": _DEFAULT, "full": _FULL}


def parts(extent: Extent) -> tuple[Part, ...]:
    """The comparisons of an extent."""
    return _EXTENTS[extent]


def cases(chosen: Sequence[Part], engines: Sequence[Engine]) -> Iterator[Case]:
    """Every contender of the parts on every engine that can run it; those that are missing here are left out."""
    for part in chosen:
        for engine in engines:
            family = "terraform" if engine.name == "terraform" else "pulumi"
            for contender in part.contenders:
                if contender.family == family and part.objects in contender.objects and not contender.missing():
                    yield Case(contender, engine, part.objects, part.number, part.conditions)
