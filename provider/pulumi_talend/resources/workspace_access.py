"""Who may do what on one workspace, as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import pulumi
from pulumi.dynamic import Resource
from typing_extensions import NotRequired

from .base import TalendProvider
from .claims import Claim, reach
from .declaring import declared
from .reporting import say

if TYPE_CHECKING:
    from ..access import TenantAccess
    from ..access.journal import Target
    from ..api import GrantKey, Permissions, PrincipalKind, Problem
    from .claims import Holder
    from .set_inputs import WorkspaceAccessInputs


class WorkspaceAccessProvider(TalendProvider["WorkspaceAccessInputs"]):
    """Manages all grants, or a set of them, on one workspace."""

    def _inputs_type(self) -> type[WorkspaceAccessInputs]:
        from .set_inputs import WorkspaceAccessInputs

        return WorkspaceAccessInputs

    # --- while previewing

    def _resolve(self, olds: Mapping[str, Any], inputs: WorkspaceAccessInputs) -> WorkspaceAccessInputs:
        from .naming import WORKSPACE, resolved_ids, successor_notes
        from .set_inputs import as_kept
        from .set_names import resolved_principals

        resolved = inputs.model_copy(update={"removes": None, "restores": None, "principals": None})
        if inputs.workspace is not None:
            ids = resolved_ids(self._tenant().directory, inputs, olds, [WORKSPACE])
            resolved = resolved.model_copy(update=ids)
            for note in successor_notes(resolved, olds, [WORKSPACE]):
                say(note)
        if resolved.is_hidden:
            return resolved
        lasting = {who: entry for who, entry in resolved.table.items() if not self._is_over(resolved, who)}
        found = resolved_principals(lambda: self._tenant().directory, lasting, olds.get("principals") or {})
        principals = {who: as_kept(principal) for who, principal in found.items()}
        return resolved.model_copy(update={"grants": lasting, "principals": principals})

    def _is_over(self, inputs: WorkspaceAccessInputs, who: str) -> bool:
        _, expires_at = inputs.entry(who)
        return self._has_ended(expires_at, lambda: f"the access of {who} on {self._place(inputs)}")

    def _had_ended(self, expires_at: str | None) -> bool:
        return self._has_ended(expires_at, lambda: "")

    def _place(self, inputs: WorkspaceAccessInputs) -> str:
        return self._tenant().directory.workspace_label(str(inputs.workspace_id), look=True)

    def _claims(self, inputs: WorkspaceAccessInputs) -> Iterable[Claim]:
        from .fields import is_unknown

        if is_unknown(inputs.workspace_id):
            return
        for kind in self._kinds(inputs):
            yield Claim("exclusive", reach(str(inputs.workspace_id), kind))
        for who in inputs.table:
            key = inputs.key(who)
            yield Claim("grant", key, within=reach(key.workspace_id, key.principal.kind))

    @staticmethod
    def _kinds(inputs: WorkspaceAccessInputs) -> list[PrincipalKind]:
        """The kinds of principals that the set says to be complete for."""
        if inputs.exclusive == "users":
            return ["users"]
        return ["users", "service-accounts"] if inputs.exclusive is True else []

    def _clash(self, claim: Claim, other: Holder) -> Problem:
        from .sets import grant_clash

        return grant_clash(self._tenant().directory, claim, other, "grants")

    def _access_changed(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        compared = ("grants", "principals", "exclusive")
        return (
            bool(self._replaced(olds, news))
            or any(olds.get(name) != news.get(name) for name in compared)
            or self._is_foretold(news)
        )

    def _refusals(self, tenant: TenantAccess, inputs: WorkspaceAccessInputs) -> list[Problem]:
        from ..access.engine_use import engine_use_refusal
        from ..api import Problem
        from .fields import is_unknown

        problems: list[Problem] = []
        for who in inputs.table:
            permissions, _ = inputs.entry(who)
            if not is_unknown(permissions):
                refusal = engine_use_refusal(tenant.directory, inputs.key(who).principal, frozenset(permissions))
                problems.extend([Problem("grants", refusal)] if refusal else [])
        return problems

    def _foretell(self, olds: Mapping[str, Any], inputs: WorkspaceAccessInputs) -> WorkspaceAccessInputs:
        from .foretelling import foretold_access

        if not inputs.is_known:
            return inputs
        if not self._kinds(inputs) and olds and not self._access_changed(olds, inputs.as_properties()):
            return inputs  # it only adds to what is there, and nothing is added: no call is made
        assert self._settings is not None  # noqa: S101 - the settings are checked before the inputs
        return foretold_access(
            self._tenant(),
            olds,
            inputs,
            self._kinds(inputs),
            most=self._most_removals,
            settings=self._settings,
            ended=self._had_ended,
            say=say,
        )

    # --- while updating

    def _create(self, tenant: TenantAccess, inputs: WorkspaceAccessInputs) -> str:
        from .sets import raise_together

        changes, standing = self._changes(tenant, {}, inputs)
        failed = tenant.grants.apply(
            changes, taking_over=[key for key in changes if key in standing], new=self._new(inputs, changes)
        )
        if failed:
            # What the engine has no record of must not stay behind.
            given = {key: None for key, now in changes.items() if now and key not in failed and key not in standing}
            tenant.grants.apply(given)
        raise_together(tenant.directory, str(inputs.workspace_id), len(changes), failed)
        self._keep(tenant, changes)
        return str(inputs.workspace_id)

    def _update(self, tenant: TenantAccess, _olds: Mapping[str, Any], inputs: WorkspaceAccessInputs) -> None:
        from .set_inputs import kept_keys
        from .sets import raise_together

        changes, standing = self._changes(tenant, _olds, inputs)
        held = set(kept_keys(_olds).values())
        failed = tenant.grants.apply(
            changes,
            taking_over=[key for key in changes if key in standing and key not in held],
            new=self._new(inputs, changes.keys() - held),
        )
        raise_together(tenant.directory, str(inputs.workspace_id), len(changes), failed)
        self._keep(tenant, changes)

    def _new(self, inputs: WorkspaceAccessInputs, keys: Iterable[GrantKey]) -> set[GrantKey]:
        """Those of `keys` that the set may not take over, should somebody have given them something since the preview."""
        return set() if self._kinds(inputs) or inputs.adopt_existing is True else set(keys)

    def _keep(self, tenant: TenantAccess, changes: Mapping[GrantKey, Permissions | None]) -> None:
        """What the set has given survives the end of a resource that held it singly before."""
        tenant.grants.keep(key for key, now in changes.items() if now and self._is_declared("grant", key))

    def _changes(
        self, tenant: TenantAccess, olds: Mapping[str, Any], inputs: WorkspaceAccessInputs
    ) -> tuple[dict[GrantKey, Permissions | None], dict[GrantKey, Permissions]]:
        """What to write: all that differs, and nothing that nobody was shown. With it, what stands now."""
        from ..access.sets import standing, written
        from .set_inputs import kept_keys

        wanted, held = inputs.wanted, set(kept_keys(olds).values())
        live = standing(tenant, str(inputs.workspace_id), self._kinds(inputs), wanted=wanted, held=held)
        changes: dict[GrantKey, Permissions | None] = {
            key: permissions
            for key, permissions in wanted.items()
            # Also one that stands as wanted, where this set is new to it: so that it is known to be taken over.
            if live.get(key) != permissions or key not in held
        }
        shown = inputs.removes or {}
        for key in live:
            if key not in wanted and (key in held or written(tenant.directory, key.principal) in shown):
                changes[key] = None
        return changes, live

    def _read(self, tenant: TenantAccess, _id: str, kept: Mapping[str, Any]) -> dict[str, Any] | None:
        from .set_inputs import entry_of, kept_keys

        found: dict[str, Any] = {}
        for who, key in kept_keys(kept).items():
            permissions = tenant.grants.read(key)
            _, expires_at = entry_of(kept["grants"][who])
            if permissions is not None:
                names = sorted(permissions)
                found[who] = names if expires_at is None else {"permissions": names, "expires_at": expires_at}
        held: Mapping[str, str] = kept.get("principals") or {}
        return {
            **{name: value for name, value in kept.items() if name not in {"removes", "restores"}},
            "workspace_id": _id,
            "grants": found,
            "principals": {who: held[who] for who in found},
        }

    def _delete(self, tenant: TenantAccess, _id: str, _kept: Mapping[str, Any]) -> None:
        from .set_inputs import kept_keys
        from .sets import raise_together

        keys = list(kept_keys(_kept).values())
        failed = tenant.grants.apply(dict.fromkeys(keys))
        raise_together(tenant.directory, _id, len(keys), failed)

    def _held(self, kept: Mapping[str, Any]) -> Iterable[Target]:
        from .set_inputs import kept_keys

        return kept_keys(kept).values() if kept.get("workspace_id") else ()

    def _announce(self, tenant: TenantAccess) -> None:
        tenant.grants.announce()


class GrantArgs(TypedDict):
    """One entry of a table of grants, with an end."""

    permissions: pulumi.Input[Sequence[pulumi.Input[str]]]
    expires_at: NotRequired[pulumi.Input[str]]


class WorkspaceAccess(Resource, module="access", name="WorkspaceAccess"):
    """All access to one workspace, or with `exclusive=False` a set of grants on it, written in the fewest calls.

    Its id is the workspace's. What the next update takes from whom beyond the table shows in the preview as `removes`, what
    it gives back that was taken away by hand as `restores`; neither is part of the outputs.
    """

    workspace: pulumi.Output[str | None]
    environment: pulumi.Output[str | None]
    workspace_id: pulumi.Output[str]
    grants: pulumi.Output[Mapping[str, Any]]
    principals: pulumi.Output[Mapping[str, str]]
    exclusive: pulumi.Output[bool | Literal["users"]]
    adopt_existing: pulumi.Output[bool]
    allow_removals: pulumi.Output[bool | int]

    def __init__(
        self,
        name: str,
        *,
        workspace: pulumi.Input[str] | None = None,
        environment: pulumi.Input[str] | None = None,
        workspace_id: pulumi.Input[str] | None = None,
        grants: pulumi.Input[Mapping[str, pulumi.Input[Sequence[pulumi.Input[str]]] | pulumi.Input[GrantArgs]]],
        exclusive: pulumi.Input[bool | Literal["users"]] = True,
        adopt_existing: pulumi.Input[bool] = False,
        allow_removals: pulumi.Input[bool | int] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares who has access to the workspace (`workspace` and `environment`, or `workspace_id`).

        `grants`: principal → permissions, or → {"permissions": [...], "expires_at": "2027-01-31T18:00:00+01:00"}. How
        principals are written: `pulumi_talend.principals` (a login or e-mail address, `service-account:NAME`, ...).

        `exclusive`: True says that nobody else has access, False that others may, "users" that no other person does while
        service accounts are left alone. With False, somebody who has permissions already is an error unless `adopt_existing`.

        `allow_removals`: True, or how many principals may lose all their access in one update; without it, one, or 30 % of
        those who have some (`talend:maxRemovals` sets another limit for the stack).
        """
        super().__init__(
            WorkspaceAccessProvider(),
            name,
            declared(
                "WorkspaceAccess",
                name,
                opts,
                {
                    "workspace": workspace,
                    "environment": environment,
                    "workspace_id": workspace_id,
                    "grants": grants,
                    "exclusive": exclusive,
                    "adopt_existing": adopt_existing,
                    "allow_removals": allow_removals,
                    "principals": None,
                },
            ),
            opts,
        )
