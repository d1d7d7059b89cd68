"""A step: one thing that a plan does to the live organization, as data that can be printed, saved and carried out.

Values that AWS gives only later stand in a step's parameters as references, `{{ou.Workloads.id}}`; so do the ids of
what exists already, which keeps a plan, and its digest, free of ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from orgkit.design import RCP, SCP
from orgkit.provision.execution.service_calls import SERVICE_CALLS

NO_PARAMETERS: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Kind:
    """What all steps of a kind share: the API operation that does it, and where it comes in a plan.

    Of the steps that could be next, the one of the lowest `rank` is. What strengthens comes before accounts move, what
    weakens comes after; a new account is moved as soon as it exists.
    """

    operation: str
    rank: int


# The operation is the one call that a step needs; what asynchronous calls need beyond it is polling.
KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "create_organization": Kind("organizations:CreateOrganization", 0),
        "enable_trusted_access": Kind("organizations:EnableAWSServiceAccess", 10),
        "enable_policy_type": Kind("organizations:EnablePolicyType", 11),
        "rename_ou": Kind("organizations:UpdateOrganizationalUnit", 12),
        "create_policy": Kind("organizations:CreatePolicy", 20),
        "create_ou": Kind("organizations:CreateOrganizationalUnit", 21),
        "attach_policy": Kind("organizations:AttachPolicy", 30),
        "update_policy": Kind("organizations:UpdatePolicy", 31),
        "delete_stack_instances": Kind("cloudformation:DeleteStackInstances", 38),  # while the accounts are there
        "move_account": Kind("organizations:MoveAccount", 40),
        "register_delegated_administrator": Kind("organizations:RegisterDelegatedAdministrator", 50),
        "create_account": Kind("organizations:CreateAccount", 55),
        "rename_account": Kind("account:PutAccountName", 60),
        "tag": Kind("organizations:TagResource", 61),
        "untag": Kind("organizations:UntagResource", 62),
        "put_contact": Kind("account:PutAlternateContact", 63),
        "create_role": Kind("iam:CreateRole", 64),
        "update_role": Kind("iam:UpdateRole", 64),
        "update_role_trust": Kind("iam:UpdateAssumeRolePolicy", 64),
        "put_role_boundary": Kind("iam:PutRolePermissionsBoundary", 64),
        "attach_role_policy": Kind("iam:AttachRolePolicy", 65),
        "put_role_policy": Kind("iam:PutRolePolicy", 65),
        "detach_role_policy": Kind("iam:DetachRolePolicy", 66),
        "delete_role_policy": Kind("iam:DeleteRolePolicy", 66),
        "delete_role_boundary": Kind("iam:DeleteRolePermissionsBoundary", 66),
        "tag_role": Kind("iam:TagRole", 66),
        "untag_role": Kind("iam:UntagRole", 66),
        "create_group": Kind("identitystore:CreateGroup", 67),
        "update_group": Kind("identitystore:UpdateGroup", 67),
        "create_permission_set": Kind("sso:CreatePermissionSet", 67),
        "update_permission_set": Kind("sso:UpdatePermissionSet", 67),
        "attach_managed_policy": Kind("sso:AttachManagedPolicyToPermissionSet", 68),
        "put_permission_set_policy": Kind("sso:PutInlinePolicyToPermissionSet", 68),
        "put_permission_set_boundary": Kind("sso:PutPermissionsBoundaryToPermissionSet", 68),
        "detach_managed_policy": Kind("sso:DetachManagedPolicyFromPermissionSet", 68),
        "delete_permission_set_policy": Kind("sso:DeleteInlinePolicyFromPermissionSet", 68),
        "delete_permission_set_boundary": Kind("sso:DeletePermissionsBoundaryFromPermissionSet", 68),
        "provision_permission_set": Kind("sso:ProvisionPermissionSet", 69),
        "assign": Kind("sso:CreateAccountAssignment", 69),
        "detach_policy": Kind("organizations:DetachPolicy", 70),
        "unassign": Kind("sso:DeleteAccountAssignment", 73),
        "delete_permission_set": Kind("sso:DeletePermissionSet", 74),
        "delete_group": Kind("identitystore:DeleteGroup", 74),
        "delete_role": Kind("iam:DeleteRole", 74),
        "deregister_delegated_administrator": Kind("organizations:DeregisterDelegatedAdministrator", 80),
        "disable_trusted_access": Kind("organizations:DisableAWSServiceAccess", 81),
        "remove_account": Kind("organizations:RemoveAccountFromOrganization", 82),
        "close_account": Kind("organizations:CloseAccount", 83),
        "delete_ou": Kind("organizations:DeleteOrganizationalUnit", 84),
        "delete_policy": Kind("organizations:DeletePolicy", 85),
        "delete_stack_set": Kind("cloudformation:DeleteStackSet", 85),
        "disable_policy_type": Kind("organizations:DisablePolicyType", 86),
        "delete_budget": Kind("budgets:DeleteBudget", 95),
        "create_budget": Kind("budgets:CreateBudget", 96),
        "update_budget": Kind("budgets:UpdateBudget", 96),
        "set_cost_tags": Kind("ce:UpdateCostAllocationTagsStatus", 97),
        "create_log_bucket": Kind("s3:CreateBucket", 100),
        "enable_ram_sharing": Kind("ram:EnableSharingWithAwsOrganization", 90),
        "set_guardduty_members": Kind("guardduty:UpdateOrganizationConfiguration", 95),
        "remove_root_credentials": Kind("sts:AssumeRoot", 99),
        "activate_stack_sets": Kind("cloudformation:ActivateOrganizationsAccess", 120),
        "create_stack_set": Kind("cloudformation:CreateStackSet", 121),
        "update_stack_set": Kind("cloudformation:UpdateStackSet", 122),
        "create_stack_instances": Kind("cloudformation:CreateStackInstances", 123),
        "update_stack_instances": Kind("cloudformation:UpdateStackInstances", 124),
        "create_service_role": Kind("iam:CreateRole", 117),
        **{kind: Kind(call.action, call.rank) for kind, call in SERVICE_CALLS.items()},
    }
)

# What a step does to the guardrails of accounts; `changes` is both, or cannot be told from the step alone.
STRENGTHENS, NEUTRAL, WEAKENS, CHANGES = "strengthens", "neutral", "weakens", "changes"
GUARDING: Final = (SCP, RCP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a plan.

    `id` is unique in a plan and says the same thing in the same way at every planning. `place` is the path or email of
    what it concerns. `parameters` are those of the API call, with references. `produces` names the references that the
    step's result binds. `account` is the reference of the member account in which the call is made, through its access
    role or `role`; without it the caller's own. `part_of` names a larger operation it belongs to, such as moving an OU.
    `notes` are side effects worth knowing before the step is approved. `reaches` are references of the accounts that
    the step is for where its call names only their OU.
    """

    id: str
    kind: str
    place: str
    text: str
    why: str = ""
    parameters: Mapping[str, Any] = field(default_factory=lambda: NO_PARAMETERS)
    produces: tuple[str, ...] = ()
    account: str | None = None
    role: str | None = None
    part_of: str | None = None
    effect: str = NEUTRAL
    notes: tuple[str, ...] = ()
    reaches: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.text}: {self.why}" if self.why else self.text

    @property
    def operation(self) -> str:
        """The API operation as an IAM action, `organizations:AttachPolicy`."""
        return KINDS[self.kind].operation

    def to_json(self) -> dict[str, Any]:
        written = {
            "id": self.id,
            "kind": self.kind,
            "place": self.place,
            "text": self.text,
            "why": self.why,
            "parameters": dict(self.parameters),
            "produces": list(self.produces),
            "account": self.account,
            "role": self.role,
            "part_of": self.part_of,
            "effect": self.effect,
            "notes": list(self.notes),
            "reaches": list(self.reaches),
        }
        return {key: value for key, value in written.items() if value not in (None, "", [], {}, NEUTRAL)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Step:
        values = {**data, **{key: tuple(data.get(key, ())) for key in ("produces", "notes", "reaches")}}
        return cls(**values)
