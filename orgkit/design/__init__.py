"""What an organization is: its graph, its file, its limits and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

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
    "diff",
    "load",
    "save",
    "schema",
]

if TYPE_CHECKING:
    from pathlib import Path


# The file's own modules, and PyYAML with them, are imported when a file is first read or written.


def load(path: str | Path, *, shown: str | None = None) -> Organization:
    """Read an organization from `org.yaml` and the files it names; a FileError says where it is wrong.

    `shown` is what the file is called in problems; by default its path, from the current folder where it lies below.
    """
    from orgkit.design.file.reader import load as read_file

    return read_file(path, shown=shown)


def save(org: Organization, path: str | Path, *, split: bool | Literal["auto"] = "auto") -> str:
    """Write an organization to `org.yaml` and the files it names; returns what changed, as a unified diff.

    Lines that no change concerns stay as they are, byte for byte. A file that does not exist yet is written whole, its
    policies as JSON files beside it; `split` gives every OU below the root a file of its own ("auto": from 200
    accounts on). Every file is replaced, or none is. A FileError leaves all files as they were.
    """
    from orgkit.design.file.writer import save as save_file

    return save_file(org, path, split=split)


def diff(org: Organization, path: str | Path) -> str:
    """What `save` would change, as a unified diff; nothing is written."""
    from orgkit.design.file.writer import diff as file_diff

    return file_diff(org, path)


def schema() -> dict[str, Any]:
    """The JSON Schema of `org.yaml`, for editors."""
    from orgkit.design.file.layout import schema as layout_schema

    return layout_schema()
