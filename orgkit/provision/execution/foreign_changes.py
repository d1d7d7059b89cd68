"""Whether somebody else changed the live organization while a run stood still: what no step of it explains."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from orgkit.cloud.read_billing import COST_TAGS
from orgkit.design import Organization
from orgkit.provision.execution.atoms import Atom, atoms, said
from orgkit.provision.execution.footprints import Expected
from orgkit.provision.execution.journal import Past
from orgkit.provision.planning.snapshot import snapshot

# Facts of which nothing is said while a part cannot be read, by its name in `Organization.unknown`.
_UNREADABLE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "policies": ("type", "description", "content", "attached", "FullAWSAccess"),
        "policy content": ("content",),
        "attachments": ("attached", "FullAWSAccess"),
        "tags": ("tag",),
        "roles": ("role ",),
        "logging": ("logging: ",),
        "baselines": ("baselines: ",),
        "security": ("security: ",),
    }
)


def foreign_changes(past: Past, live: Organization) -> list[str]:
    """Sentences about every fact that is neither as before the run nor as the run made it, or may have made it.

    Steps that are done count as done; those that were begun may have been carried out, wholly or in part. In a run that
    nobody disturbed there is none. Of parts that can no longer be read nothing is said.
    """
    before, there = atoms(past.plan.before), atoms(snapshot(live))
    made = {name: id for step in past.plan.steps for name, id in _made(past, step.id, step.produces).items()}
    management = live.management.aws_id if live.management is not None else None
    expected = Expected(before, there, {**past.plan.ids, **made}, management or "")
    for step in past.plan.steps:
        if step.id in past.done or step.id in past.begun:
            expected.perform(step, certain=step.id in past.done)
    if "policies" in live.unknown:
        expected.leave_open("name")
    for part in live.unknown:
        expected.leave_keys_open(*_UNREADABLE.get(part, (part,)))
    labels = {**expected.labels, **before.labels, **there.labels}
    wrong = {
        atom: value
        for atom in expected.atoms()
        if not expected.allows(atom, value := there.facts.get(atom)) and not _by_itself(atom, expected, value)
    }
    # Of what is new or gone as a whole, that is enough to say.
    whole = {atom[1] for atom in wrong if atom[0] == "name" and (wrong[atom] is None or not expected.known(atom[1]))}
    return sorted(
        said(atom, expected.values(atom), value, labels)
        for atom, value in wrong.items()
        if atom[0] == "name" or whole.isdisjoint(atom[1:])
    )


def _made(past: Past, step: str, produces: tuple[str, ...]) -> dict[str, str]:
    return dict(zip(produces, past.done.get(step, ()), strict=False))


def _by_itself(atom: Atom, expected: Expected, value: Any) -> bool:
    """AWS lists tags that something carries as inactive cost allocation tags, and forgets them, by itself."""
    return atom[0] == COST_TAGS and (value is None or (value == "Inactive" and "Active" not in expected.values(atom)))
