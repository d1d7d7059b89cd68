"""What a move means to others: who else notices when an account, or an OU, stands elsewhere."""

from __future__ import annotations

from orgkit.design import Account, OrganizationalUnit
from orgkit.provision.planning.draft import Draft


def effects_of_moving(draft: Draft, thing: Account | OrganizationalUnit, now: str) -> list[str]:
    """Side effects of a move, as sentences: Control Tower, stack sets, conditions that name an OU."""
    design = draft.design
    old_above = [draft.match.design.get(node) for node in draft.live.ancestors(now)]
    new_above = design.ancestors(thing.id)
    notes = []
    left, joined = _owner(draft, old_above), _owner(draft, list(new_above))
    if left != joined:
        notes += [f"leaves what {left} manages: its enrolment is lost"] if left else []
        notes += [f"comes under {joined}, which has to enrol it"] if joined else []
    before = {design.path(node) for node in old_above if node is not None} | {"root"}
    after = {design.path(node) for node in new_above}
    for baseline in design.settings.baselines.values():
        was, will = bool(before & set(baseline.to)), bool(after & set(baseline.to))
        if was != will and baseline.auto_deployment and baseline.permission_model == "SERVICE_MANAGED":
            verb = "adds its instances" if will else "deletes its instances"
            notes.append(f"stack set {baseline.name}: automatic deployment {verb}")
    gone = {draft.ids.get(draft.live_name(node)) for node in draft.live.ancestors(now)[1:]}
    if isinstance(thing, OrganizationalUnit):
        gone.add(draft.live.entity(now).aws_id)
        notes.append("its id changes: shares and stack sets that name it by id must be told the new one")
    for policy in draft.naming_paths:
        if any(key and key in policy.content for key in gone):
            notes.append(f"policy {policy.name} names an OU it leaves in a condition on organization paths")
    return notes


def _owner(draft: Draft, above: list[str | None] | list[str]) -> str | None:
    owners = [draft.managed_by[node] for node in above if node in draft.managed_by]
    return owners[-1] if owners else None
