"""The calls that a plan makes inside of accounts, judged by the guardrails then in force, as the role that makes them.

So is the way into the account: a resource control policy may stop the caller from assuming that role. AWS would stop
such a call half-way; the plan is refused instead. What turns on something that cannot be known before is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orgkit.design import RCP, Problem
from orgkit.design.entities import ACCESS_ROLE
from orgkit.guardrails.decide import decide
from orgkit.policy import Decision
from orgkit.provision.planning import references
from orgkit.provision.planning.call_facts import DIRECT, context_of, resource_of
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.simulation import Simulation
from orgkit.provision.planning.steps import Step

ENTER = "sts:AssumeRole"


def judge(draft: Draft, order: tuple[str, ...], principal: str | None) -> tuple[list[Problem], list[Problem]]:
    """What stops the plan, and what to know, for every step that is carried out in a member account.

    `principal` is the ARN of the caller, from which the role is assumed; without it the management account.
    """
    steps = [draft.steps[step] for step in order]
    if draft.blocked or not any(step.account for step in steps):
        return [], []
    blocked: list[Problem] = []
    held: list[Problem] = []
    for step, operation, by, decision in _Judging(draft, principal).decisions(steps):
        if decision.outcome in ("explicitDeny", "implicitDeny"):
            fix = "Exempt the role in the policy that denies it."
            blocked.append(_problem(step, operation, by, decision, "would stop", "error", fix))
        elif decision.outcome == "undetermined":
            turns = ", ".join(decision.missing) or "what is not known yet"
            fix = f"It turns on {turns}: see that the role passes, or exempt it."
            held.append(_problem(step, operation, by, decision, "may stop", "warning", fix))
    return blocked, held


class _Judging:
    """Goes through the steps; what was decided under the same policies is not decided again."""

    def __init__(self, draft: Draft, principal: str | None) -> None:
        self._draft = draft
        self._state = Simulation(draft)
        management = draft.design.management
        outside = (
            f"arn:{draft.design.settings.partition}:iam::{{{{account.{management and management.handle}.id}}}}:root"
        )
        known = draft.live.management
        if known is not None and known.aws_id:
            outside = f"arn:{draft.design.settings.partition}:iam::{known.aws_id}:root"
        self._caller = principal or outside
        self._known: dict[object, Decision] = {}

    def decisions(self, steps: list[Step]) -> Iterator[tuple[Step, str, str, Decision]]:
        """A step, the operation, who makes it, and the decision; where the way in is stopped, only that."""
        for step in steps:
            if step.account is None:
                self._state.perform(step)
                continue
            (name,) = references.named_in(step.account)
            node = self._state.node(name)
            role = step.role or ACCESS_ROLE
            arn = f"arn:{self._state.org.settings.partition}:iam::{{{{account.id}}}}:role/{role}"
            if self._state.org.policies(RCP):
                way_in = self._decide(node, ENTER, self._caller, resource=arn)
                if way_in.outcome != "allowed":
                    yield step, ENTER, self._caller, way_in
                if way_in.blocked:
                    continue
            yield step, step.operation, role, self._call(step, node, arn)

    def _call(self, step: Step, node: str, principal: str) -> Decision:
        """The step's own call; what is particular to it is looked at only where the decision turns on more."""
        region = step.parameters.get("Region")
        where = {"aws:RequestedRegion": region} if region else {}
        decision = self._decide(node, step.operation, principal, context=where)
        if decision.outcome != "undetermined":
            return decision
        texts = [text for _, _, text in self._attached(node)]
        context = where | context_of(self._draft, step, texts)
        resource = resource_of(self._draft, step)
        return self._decide(node, step.operation, principal, resource=resource, context=context)

    def _attached(self, node: str) -> tuple[tuple[str, str, str], ...]:
        org = self._state.org
        return tuple((one.type, one.name, one.content) for level in org.chain(node) for one in org.attached(level))

    def _decide(
        self,
        node: str,
        operation: str,
        principal: str,
        *,
        resource: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> Decision:
        key = (operation, principal, resource, str(context), node, self._attached(node))
        if key not in self._known:
            known = {**DIRECT, **(context or {})}
            self._known[key] = decide(self._state.org, node, operation, resource, principal=principal, context=known)
        return self._known[key]


def _problem(step: Step, operation: str, by: str, decision: Decision, verb: str, severity: str, fix: str) -> Problem:
    what = next(
        (reason.label for reason in decision.reasons if reason.effect == "Deny"), "the guardrails then in force"
    )
    return Problem(
        code="call-stopped",
        severity="error" if severity == "error" else "warning",
        where=step.place,
        message=f"{step.text}: {what} {verb} {operation} by {by}",
        fix=fix,
    )
