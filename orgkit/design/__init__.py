"""What an organization is: its graph, its file, its limits and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    "load",
    "schema",
]

if TYPE_CHECKING:
    from pathlib import Path


# The file's own modules, and PyYAML with them, are imported when a file is first read or written.


def load(path: str | Path) -> Organization:
    """Read an organization from `org.yaml` and the files it names; a FileError says where it is wrong."""
    from orgkit.design.reader import load as read_file

    return read_file(path)


def schema() -> dict[str, Any]:
    """The JSON Schema of `org.yaml`, for editors."""
    from orgkit.design.layout import schema as layout_schema

    return layout_schema()
