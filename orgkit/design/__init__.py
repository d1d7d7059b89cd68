"""What an organization is: its graph, its file, its limits and what is wrong with it."""

from orgkit.design.changes import Change, Edit
from orgkit.design.entities import (
    FULL_AWS_ACCESS,
    POLICY_TYPES,
    RCP,
    RCP_FULL_AWS_ACCESS,
    SCP,
    Account,
    Entity,
    OrganizationalUnit,
    Policy,
    Root,
    Target,
)
from orgkit.design.money import Money
from orgkit.design.organization import Mark, Organization
from orgkit.design.problem import Problem, Problems, Severity
from orgkit.design.quotas import Quota, Quotas
from orgkit.design.sections import Settings

__all__ = [
    "FULL_AWS_ACCESS",
    "POLICY_TYPES",
    "RCP",
    "RCP_FULL_AWS_ACCESS",
    "SCP",
    "Account",
    "Change",
    "Edit",
    "Entity",
    "Mark",
    "Money",
    "Organization",
    "OrganizationalUnit",
    "Policy",
    "Problem",
    "Problems",
    "Quota",
    "Quotas",
    "Root",
    "Settings",
    "Severity",
    "Target",
]
