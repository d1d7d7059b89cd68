"""The calls that a plan makes inside of accounts, judged by the guardrails then in force, as the role that makes them.

AWS would stop such a call half-way; the plan is refused instead. What turns on something unknown is told.
"""

from __future__ import annotations

from collections.abc import Iterator

from orgkit.design import Problem
from orgkit.design.entities import ACCESS_ROLE
from orgkit.guardrails.decide import decide
from orgkit.policy import Decision
from orgkit.provision.planning import references
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.simulation import Simulation
from orgkit.provision.planning.steps import Step


def judge(draft: Draft, order: tuple[str, ...]) -> tuple[list[Problem], list[Problem]]:
    """What stops the plan, and what to know, for every step that is carried out in a member account."""
    steps = [draft.steps[step] for step in order]
    if draft.blocked or not any(step.account for step in steps):
        return [], []
    blocked: list[Problem] = []
    held: list[Problem] = []
    for step, decision in _decisions(draft, steps):
        if decision.outcome in ("explicitDeny", "implicitDeny"):
            blocked.append(
                _problem(step, decision, "would stop", "error", "Exempt the role in the policy that denies it.")
            )
        elif decision.outcome == "undetermined":
            turns = ", ".join(decision.missing) or "what is not known yet"
            mend = f"It turns on {turns}: see that the role passes, or exempt it."
            held.append(_problem(step, decision, "may stop", "warning", mend))
    return blocked, held


def _decisions(draft: Draft, steps: list[Step]) -> Iterator[tuple[Step, Decision]]:
    state = Simulation(draft)
    known: dict[object, Decision] = {}
    for step in steps:
        if step.account is None:
            state.perform(step)
            continue
        (name,) = references.named_in(step.account)
        node = state.node(name)
        levels = state.org.chain(node)
        attached = tuple((one.type, one.name, one.content) for level in levels for one in state.org.attached(level))
        region = step.parameters.get("Region")
        key = (step.operation, step.role, region, node, attached)
        if key not in known:
            role = f"arn:{state.org.settings.partition}:iam::{{{{account.id}}}}:role/{step.role or ACCESS_ROLE}"
            context = {"aws:RequestedRegion": region} if region else {}
            known[key] = decide(state.org, node, step.operation, principal=role, context=context)
        yield step, known[key]


def _problem(step: Step, decision: Decision, verb: str, severity: str, fix: str) -> Problem:
    by = next((reason.label for reason in decision.reasons if reason.effect == "Deny"), "the guardrails then in force")
    return Problem(
        code="call-stopped",
        severity="error" if severity == "error" else "warning",
        where=step.place,
        message=f"{step.text}: {by} {verb} {step.operation} by {step.role or ACCESS_ROLE}",
        fix=fix,
    )
