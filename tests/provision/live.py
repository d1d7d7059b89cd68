"""Live organizations without a target: a design with the ids that AWS would have given."""

from __future__ import annotations

from dataclasses import replace

from orgkit.design import Edit, Organization
from orgkit.design.changes import Replace

WRITTEN = frozenset({"policies", "tags", "full_aws_access", "name", "description"})


def as_live(design: Organization) -> Organization:
    """The design as it would be read back after it was applied."""
    org = design.copy()
    entities = [org.root, *org.ous(), *org.accounts(), *org.policies()]
    changes = [
        Replace(one, replace(one, aws_id=f"id-{number:04}", declared=one.declared | WRITTEN))
        for number, one in enumerate(entities)
    ]
    org.perform(Edit("live", tuple(changes)))
    org.configure(organization_id="o-abcdefghij", moved=(), remove=(), protected_principals=())
    live = org.copy()
    live.origin = "sandbox"
    return live


def replaced(org: Organization, ref: str, **values: object) -> None:
    """Change an entity as only AWS, or another tool, could."""
    before = org.entity(org.find(ref))
    org.perform(Edit("by hand", (Replace(before, replace(before, **values)),)))
