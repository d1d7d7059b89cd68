"""From a design and a live organization to a plan; nothing is written."""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

from orgkit.design import Organization, Problems
from orgkit.provision.parts.access_removals import plan_access_removals
from orgkit.provision.parts.attachment_steps import plan_attachments
from orgkit.provision.parts.baseline_removals import plan_baseline_removals
from orgkit.provision.parts.baseline_steps import plan_baselines
from orgkit.provision.parts.billing_steps import plan_budgets, plan_cost_tags
from orgkit.provision.parts.contact_steps import plan_contacts
from orgkit.provision.parts.identity_center_steps import plan_identity_center
from orgkit.provision.parts.logging_steps import plan_logging
from orgkit.provision.parts.organization_steps import plan_organization
from orgkit.provision.parts.policy_steps import plan_policies
from orgkit.provision.parts.removal_steps import plan_removals
from orgkit.provision.parts.removals import removals
from orgkit.provision.parts.role_steps import plan_roles
from orgkit.provision.parts.security_steps import plan_security
from orgkit.provision.parts.tags import plan_tags
from orgkit.provision.parts.tree_steps import plan_tree
from orgkit.provision.planning.baseline_judging import judge_baselines
from orgkit.provision.planning.concerning import Concerning
from orgkit.provision.planning.designed import Designed
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.judging import judge
from orgkit.provision.planning.limits import check_limits
from orgkit.provision.planning.looked_facts import check_looks
from orgkit.provision.planning.match import match
from orgkit.provision.planning.order import arrange, bind, required
from orgkit.provision.planning.part import restrict
from orgkit.provision.planning.plan import Plan
from orgkit.provision.planning.rehearsed import rehearse
from orgkit.provision.planning.snapshot import snapshot
from orgkit.provision.planning.waiting import set_aside


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let nobody look for garbage: a plan makes many objects that stay, and that takes a fourth of its time."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


@_uncollected()
def plan(
    design: Organization,
    live: Organization,
    *,
    remove: Iterable[str] = (),
    principal: str | None = None,
    lock_out: Iterable[str] = (),
    only: Collection[str] | None = None,
) -> Plan:
    """The steps that make the live organization as designed.

    `remove` names what may be deleted, closed, removed or detached, besides the design's own `remove:`: a policy or OU
    by name, `close:ACCOUNT`, `leave:ACCOUNT`, `detach:POLICY@TARGET`, `role:NAME@TARGET`, `baseline:NAME@TARGET` (with
    `:retain` at its end the stacks stay in the accounts), a policy type. `principal` is the ARN that will make the
    calls; by default whoever read the live organization. `lock_out` names protected principals, as the design writes
    them, that this plan may lock out. `only` are ids of steps: the plan has those, and what they need.
    Nothing is called: what the design describes beside the tree is looked at before (`looked_at`, or orgkit.plan).
    Errors: InputError for a name in `remove` that does not say enough, and for what was not looked at.
    """
    named = removals(design, live, remove)
    check_looks(design, live, (*named.access, *named.baselines))
    draft = Draft(design, live, match(design, live), named)
    plan_organization(draft)
    plan_policies(draft)
    plan_tree(draft)
    plan_attachments(draft)
    plan_tags(draft)
    plan_removals(draft)
    plan_roles(draft)
    plan_identity_center(draft)
    plan_access_removals(draft)
    plan_contacts(draft)
    plan_budgets(draft)
    plan_cost_tags(draft)
    plan_logging(draft)
    plan_baselines(draft)
    plan_baseline_removals(draft)
    plan_security(draft)
    set_aside(draft)
    check_limits(draft)
    needed = required(draft)
    concerning = Concerning(draft)
    order = arrange(draft, needed, concerning)
    if only is not None:
        needed, order = restrict(needed, order, only)
    principal = principal or live.caller
    rehearsed = rehearse(draft, needed, order, concerning, principal, lock_out)
    order = rehearsed.order
    stopped, doubtful = judge(draft, order, principal)
    halted, doubted = judge_baselines(draft, order)
    return Plan(
        steps=tuple(draft.steps[step] for step in order),
        edges=bind(draft, needed, order, concerning),
        blocked=Problems([*draft.blocked, *rehearsed.blocked, *stopped, *halted]),
        held=Problems([*draft.held, *doubtful, *doubted]),
        unmanaged=Problems(draft.unmanaged),
        exposures=rehearsed.exposures,
        assumptions=rehearsed.assumptions,
        ids=dict(sorted(draft.ids.items())),
        before=snapshot(live),
        origin=live.origin,
        design=Designed(design) if only is None else None,
    )
