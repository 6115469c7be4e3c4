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
    SINGLE_WIDE,
    TERRAFORM_ALONE,
    Contender,
    Family,
)
from benchmarks.engines import Engine
from benchmarks.measuring import Case
from benchmarks.tenancy import RATE_LIMIT, Conditions
from benchmarks.workload import Objects

Extent = Literal["quick", "default", "full"]

FREE = Conditions()
LIMITED = Conditions(rate_limit=RATE_LIMIT)


On = Literal["all", "first", "offline"]
"""On which of the engines found a part runs: all, the first (the Pulumi CLI where it is found), or the offline engine."""


@dataclass(frozen=True)
class Part:
    """Contenders that are compared with the same objects under the same conditions."""

    objects: Objects
    number: int
    conditions: Conditions
    contenders: tuple[Contender, ...]
    on: On = "all"


_SETS = (ALONE_SETS, SETS)
_PEERS = (TERRAFORM_ALONE, REST)
_SINGLES = (ALONE, SINGLE)
_EVERYBODY = (*_SINGLES, SINGLE_WIDE, NAIVE, *_SETS, *_PEERS)
_AT_THE_LIMIT = (SINGLE, NAIVE, SETS, REST, REST_RETRYING)

_QUICK = (Part("grants", 20, FREE, _EVERYBODY),)

# Chosen so that a machine with two cores needs about a quarter of an hour, half of it for a thousand single resources, whose
# state the Pulumi CLI writes anew after each. A REST provider with more objects only shows the same again.
_DEFAULT = (
    Part("grants", 100, FREE, _EVERYBODY),
    Part("grants", 100, LIMITED, _AT_THE_LIMIT, "first"),
    Part("grants", 1000, FREE, (*_SINGLES, NAIVE), "first"),
    Part("grants", 1000, FREE, _SETS, "first"),
    Part("grants", 1000, LIMITED, (SETS,), "first"),
    Part("grants", 5000, FREE, _SETS, "first"),
    Part("mappings", 200, FREE, (*_SINGLES, NAIVE), "offline"),
    Part("mappings", 200, FREE, _SETS, "first"),
)

_FULL = (
    Part("grants", 100, FREE, _EVERYBODY),
    Part("grants", 100, LIMITED, _AT_THE_LIMIT),
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
    """Every contender of the parts on every engine that is to run it; those that are missing here are left out."""
    first = next((engine.name for engine in engines if engine.name != "terraform"), None)
    for part in chosen:
        for engine in engines:
            family: Family = "terraform" if engine.name == "terraform" else "pulumi"
            wanted = {"all": engine.name, "first": first, "offline": "offline"}[part.on]
            if family == "pulumi" and engine.name != wanted:
                continue
            for contender in part.contenders:
                if contender.family == family and part.objects in contender.objects:
                    yield Case(contender, engine, part.objects, part.number, part.conditions)
