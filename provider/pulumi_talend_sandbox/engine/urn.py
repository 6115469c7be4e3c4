"""URNs, the names that a deployment gives to its resources.

The form is `urn:pulumi:<stack>::<project>::<parent types joined by $>$<type>::<name>`; a name may itself
contain `::`. Source: Pulumi's documentation on URNs, checked against what the Pulumi CLI writes.
"""

from __future__ import annotations

from dataclasses import dataclass

ROOT_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"
DYNAMIC_PACKAGE = "pulumi-python"
DYNAMIC_PROVIDER_TYPE = PROVIDER_PREFIX + DYNAMIC_PACKAGE


@dataclass(frozen=True)
class Urn:
    """The four parts of a URN; `qualified_type` holds the types of the parents too."""

    stack: str
    project: str
    qualified_type: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Urn:
        """Split `text`; raises `ValueError` when it is not a URN."""
        prefix, separator, rest = text.partition("urn:pulumi:")
        parts = rest.split("::", 3)
        if prefix or not separator or len(parts) != 4 or not all(parts[:3]):
            raise ValueError(f"{text!r} is not a URN (urn:pulumi:<stack>::<project>::<type>::<name>)")
        return cls(*parts)

    @property
    def type(self) -> str:
        """The resource's own type, without those of its parents."""
        return self.qualified_type.rsplit("$", 1)[-1]

    def __str__(self) -> str:
        """Give the URN as text."""
        return f"urn:pulumi:{self.stack}::{self.project}::{self.qualified_type}::{self.name}"


def make_urn(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """Give the URN of a resource; the type of a `parent` (a URN, or empty) counts unless it is the stack."""
    qualified = type_
    if parent:
        parent_type = Urn.parse(parent).qualified_type
        if parent_type != ROOT_TYPE:
            qualified = f"{parent_type}${type_}"
    return str(Urn(stack, project, qualified, name))


def urn_name(urn: str) -> str:
    """Give the last part of a URN: the resource's name."""
    return Urn.parse(urn).name


def urn_type(urn: str) -> str:
    """Give the type of the resource that a URN names."""
    return Urn.parse(urn).type


def is_default_provider(urn: str) -> bool:
    """Tell whether the URN names a provider that the engine, not the program, brought into the stack."""
    parsed = Urn.parse(urn)
    return parsed.type.startswith(PROVIDER_PREFIX) and parsed.name.startswith("default")


def package_of(type_: str) -> str:
    """Give the package of a type token: what stands before its first colon."""
    return type_.split(":", 1)[0]
