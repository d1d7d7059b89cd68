"""Whether a run may be taken up again: by this plan, on this target, in an organization that nobody else changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orgkit.cloud.read import read
from orgkit.errors import Refused
from orgkit.provision.execution.foreign_changes import foreign_changes
from orgkit.provision.execution.journal import Past
from orgkit.provision.looked_at import looked_again
from orgkit.provision.planning.plan import Plan
from orgkit.provision.planning.snapshot import listed

if TYPE_CHECKING:
    from orgkit.cloud import Target


def check_resumption(past: Past, plan: Plan | None, target: Target, approve: str | None, journal: str) -> None:
    """Refuse to go on with a run of another plan, on another organization than it began with, or on a changed one."""
    for digest in (plan.digest if plan is not None else None, approve):
        if digest is not None and digest != past.plan.digest:
            raise Refused(
                f"the journal records the run of another plan, {past.plan.digest}, not of {digest}",
                where=journal,
                mend="Resume without naming a plan, or begin a new journal.",
            )
    began, now = past.target.partition(":")[0], target.kind
    if began != now:
        raise Refused(
            f"the run began on {past.target}, not on {target.spec}", where=journal, mend=f"Resume on {past.target}."
        )
    if not _left(past):
        return
    live = looked_again(read(target), past.plan.before)
    found = live.settings.organization_id
    if past.organization is not None and found != past.organization:
        there = "has no organization" if found is None else f"has {found}"
        raise Refused(
            f"the run began on the organization {past.organization}, and {target.spec} {there}",
            where=journal,
            mend=f"Resume on the target that it began with, {past.target}.",
        )
    changed = foreign_changes(past, live)
    if changed:
        raise Refused(
            f"somebody else changed the live organization since this run began:\n  {listed(changed)}",
            where=journal,
            mend="Plan again and apply that with a new journal: what this run did stays done. Or undo it, and resume.",
        )


def _left(past: Past) -> bool:
    """Whether a run has steps that are not done."""
    return any(step.id not in past.done for step in past.plan.steps)
