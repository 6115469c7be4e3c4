"""A stack opened for work: its project, configuration, secrets and state."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from .backend import Backend, StackReference
from .config import ConfigValue, StackConfig, parse_assignment
from .errors import EXIT_STACK_NOT_FOUND, EngineError
from .project import Project, find_project
from .secrets import HOW_TO_UNLOCK, Crypter, passphrase_from_environment
from .state import Deployment, salt_of
from .values import forget_ciphertexts


class Stack:
    """One stack; nothing is read before it is asked for."""

    def __init__(self, project: Project, backend: Backend, reference: StackReference) -> None:
        """Name the stack; it need not exist yet."""
        self.project = project
        self.backend = backend
        self.reference = reference
        self.config = StackConfig(project, reference.stack)
        self._crypters: dict[str, Crypter] = {}

    @property
    def name(self) -> str:
        """The stack's short name."""
        return self.reference.stack

    def ensure_exists(self) -> bool:
        """Bring the stack into being when there is none of that name; tells whether that was needed."""
        if self.backend.exists(self.reference):
            return False
        self.backend.save(self.reference, None)
        return True

    def load(self) -> Deployment:
        """Read the state, secrets decrypted; raises `EngineError` when the stack does not exist."""
        data = self.backend.load(self.reference)
        salt = None if data is None else salt_of(data)
        deployment = Deployment.from_json(data, lambda text: self.crypter_for(salt).decrypt(text))
        if salt is not None and self.config.salt is not None and salt != self.config.salt:
            # Written under an earlier salt: everything is to be encrypted anew, under the present one.
            for state in (*deployment.resources, *(each.resource for each in deployment.pending)):
                forget_ciphertexts(state.inputs)
                forget_ciphertexts(state.outputs)
            deployment.salt = self.config.salt
        return deployment

    def crypter(self) -> Crypter:
        """Give the stack's crypter, made and recorded in its configuration file when it has none.

        Raises `EngineError` without a passphrase, or with a wrong one.
        """
        salt = self.config.salt
        if salt is None:
            data = self.backend.load(self.reference) if self.backend.exists(self.reference) else None
            salt = None if data is None else salt_of(data)
            crypter = self.crypter_for(salt) if salt else Crypter.create(self._passphrase())
            self._crypters[crypter.salt] = crypter
            self.config.salt = crypter.salt
            self.config.save()
            return crypter
        return self.crypter_for(salt)

    def crypter_for(self, salt: str | None) -> Crypter:
        """Give the crypter for a salt; raises `EngineError` without one, without a passphrase, or with a wrong one."""
        if salt is None:
            raise EngineError(
                f"stack {self.name} holds secrets and no encryptionsalt: restore it in {self.config.path.name}"
            )
        if salt not in self._crypters:
            self._crypters[salt] = Crypter(self._passphrase(), salt)
        return self._crypters[salt]

    def _passphrase(self) -> str:
        passphrase = passphrase_from_environment()
        if passphrase is None:
            raise EngineError(f"stack {self.name} has secrets: {HOW_TO_UNLOCK}")
        return passphrase

    def set_config(self, assignments: Iterable[str]) -> None:
        """Take over `key=value` texts into the configuration and save it, as `pulumi --config` does."""
        pairs = [parse_assignment(text) for text in assignments]
        for key, value in pairs:
            self.config.set(key, value)
        if pairs:
            self.config.save()

    def resolved_config(self) -> dict[str, ConfigValue]:
        """Give the configuration with its secrets decrypted."""
        return self.config.resolve(lambda text: self.crypter_for(self.config.salt).decrypt(text))


def open_project(cwd: Path | None) -> tuple[Project, Backend]:
    """Find the project of a directory (default: the current one) and where its stacks are kept."""
    project = find_project(cwd or Path.cwd())
    return project, Backend.for_project(project)


def open_stack(cwd: Path | None, name: str | None, *, must_exist: bool = False) -> Stack:
    """Open the stack of that name, else of PULUMI_STACK, else the selected one, else the only one.

    Raises `EngineError` when none is named, or with `must_exist` when there is no such stack.
    """
    project, backend = open_project(cwd)
    chosen = name or os.environ.get("PULUMI_STACK") or backend.selected()
    if not chosen:
        stacks = backend.stacks()
        if len(stacks) != 1:
            raise EngineError("no stack selected; name one with --stack, or use `talend-sandbox stack select`")
        chosen = stacks[0].stack
    reference = backend.reference(chosen)
    if must_exist and not backend.exists(reference):
        raise EngineError(f"no stack named '{reference.stack}' found", exit_code=EXIT_STACK_NOT_FOUND)
    return Stack(project, backend, reference)
