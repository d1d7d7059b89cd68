"""One decision in an organization: do the guardrails stop this call, by which statement, and what would change that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from orgkit import policy
from orgkit.design import Organization
from orgkit.design.sections import Lens
from orgkit.guardrails.question import Question, ask
from orgkit.guardrails.second_opinion import OpinionatedDecision, Simulator, second_opinion_on
from orgkit.policy import Case, Decision, Reason, Turn

RESOURCE = "resource"
_PARTS_OF_GUARDRAILS = frozenset({"policies", "policy content", "attachments"})


def decide(
    org: Organization,
    account: str,
    action: str,
    resource: str | None = None,
    principal: str | Mapping[str, str] | None = None,
    context: Mapping[str, Any] | None = None,
    *,
    lens: str | Lens | None = None,
    second_opinion: Simulator | None = None,
) -> Decision:
    """Decide whether the guardrails of an account stop a call, and say why.

    What is left out is unknown, so the outcome may be undetermined; `missing` then names the context keys (and
    "resource") on which the answer turns. `principal` None is an ordinary role of the account; an ARN of another
    account brings that account's policies. Keys that follow from the organization and the request fill themselves in,
    and resources that the call touches are built from the catalogue's types. `lens` fills in a scenario, whose words
    give way to those of the call. `second_opinion` is an IAM client, whose policy simulator is asked the same.

    Raises UnknownName and AmbiguousName for accounts, lenses and actions, PolicyError for a policy AWS would refuse.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
    """
    entity = org.account(account)
    question = ask(org, entity, action, resource, principal, context, lens)
    decision = answer(question).about(action=question.action, account=entity.handle)
    decision = _as_far_as_read(org, decision)
    if second_opinion is None:
        return decision
    return OpinionatedDecision.of(decision, second_opinion_on(question, second_opinion))


def answer(question: Question) -> Decision:
    """Decide a question on each way that its call may go; where the ways part, the resource is what it turns on."""
    found = [question.compiled.evaluate(question.request(way), partial=True) for way in question.ways]
    first = found[0]
    if len(found) == 1 or all(one.blocked is first.blocked is not None for one in found):
        return _without_repeats(first)
    outcomes = tuple(dict.fromkeys(outcome for one in found for outcome in one.outcomes))
    missing = dict.fromkeys(key for one in found for key in one.missing)
    if {one.blocked for one in found} >= {True, False}:
        missing[RESOURCE] = None
    reasons = tuple(reason for one in found if one.blocked is not False for reason in one.reasons)
    turns = tuple(dict.fromkeys(turn for one in found for turn in one.turns_on))
    turns += tuple(_turns_on_resource(found) if RESOURCE in missing and not turns else ())
    return _without_repeats(Decision("undetermined", reasons, tuple(missing), turns, outcomes, action=question.action))


def _turns_on_resource(found: list[Decision]) -> Iterator[Turn]:
    """On which resource a call is blocked, in the words of the statements that block it."""
    blocking = [reason for one in found if one.blocked for reason in one.reasons if reason.effect == "Deny"]
    if blocking:
        by = blocking[0].label
        arns = tuple(dict.fromkeys(reason.resource or "*" for reason in blocking))
        yield Turn(RESOURCE, (Case(arns, "explicitDeny", by), Case(("any other",), "allowed")))


def _without_repeats(decision: Decision) -> Decision:
    """One statement that blocks several resources of a call is one reason."""
    told: dict[object, Reason] = {}
    for reason in decision.reasons:
        told.setdefault((reason.kind, reason.level, reason.policy, reason.statement, reason.clause), reason)
    return replace(decision, reasons=tuple(told.values()))


def _as_far_as_read(org: Organization, decision: Decision) -> Decision:
    """Where parts of the guardrails could not be read, only a Deny that was found is certain."""
    unread = sorted(_PARTS_OF_GUARDRAILS.intersection(org.unknown))
    if not unread or decision.outcome == "explicitDeny":
        return decision
    reason = Reason("exemption", None, clause=f"not all of the guardrails could be read: {', '.join(unread)}.")
    outcomes: tuple[policy.decision.Outcome, ...] = tuple(dict.fromkeys((*decision.outcomes, "explicitDeny")))
    return replace(
        decision,
        outcome="undetermined",
        reasons=(reason, *decision.reasons),
        missing=(*decision.missing, *unread),
        outcomes=outcomes,
    )
