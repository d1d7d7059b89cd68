"""A chain of levels, made ready for many requests: statements sorted by the action they speak of, tests bound once.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orgkit.errors import InputError
from orgkit.policy.conditions import Test
from orgkit.policy.context import (
    Principal,
    View,
    check_request,
    read_context,
    read_principal,
    read_resources,
)
from orgkit.policy.decision import Decision, Outcome, Reason
from orgkit.policy.exemptions import aws_managed_key, outside_rcps, outside_scps, service_linked
from orgkit.policy.explain import certain_denial, explain
from orgkit.policy.fusing import distinct_tests, fused_denies
from orgkit.policy.language import PolicyDocument, Statement
from orgkit.policy.parse import RESOURCE_CONTROL_POLICY, SERVICE_CONTROL_POLICY, parse
from orgkit.policy.values import shown

Document = str | Mapping[str, Any] | PolicyDocument
_PLANS_KEPT = 4096
_NO_LEVELS = (
    "No SCP binds the caller: it is of the management account or of another organization, or SCPs are not enabled."
)


@dataclass(frozen=True)
class Named:
    """A policy with the name that reasons give it."""

    name: str
    document: Document


@dataclass(frozen=True)
class Level:
    """What is attached to the root, to one OU, or to the account."""

    name: str
    policies: tuple[Named | Document, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One statement where it is attached. `partly` says that it covers only part of a wildcard action."""

    kind: str
    level: int
    level_name: str
    policy: str
    statement: Statement
    decide: Test
    partly: bool = False

    def applies(self, view: View) -> bool | None:
        """Tell whether the rule holds for a request; None where that is open or true in part."""
        found = self.decide(view)
        return None if found and self.partly else found


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules that one action can meet: Denies of SCPs, Denies of RCPs, and for each level its Allows.

    `allows` leaves out the levels that allow the action whatever the request says; `satisfied` holds their rules.
    """

    scp_denies: tuple[Rule, ...]
    rcp_denies: tuple[Rule, ...]
    allows: tuple[tuple[int, tuple[Rule, ...]], ...]
    satisfied: tuple[Rule, ...]
    rcp_exempt: str | None
    quick_denies: tuple[Test, ...]
    quick_allows: tuple[tuple[Test, ...], ...]
    quick_rcp_denies: tuple[Test, ...]


@dataclass(slots=True)
class Asked:
    """A request as read: one view for each resource, and which policies bind the caller."""

    action: str
    views: tuple[View, ...]
    principal: Principal | None
    partial: bool
    scp: bool
    rcp: bool
    exemptions: tuple[str, ...]
    plan: Plan


def compile(
    levels: Sequence[Level | Iterable[Named | Document]],
    resource_levels: Sequence[Level | Iterable[Named | Document]] | None = None,
) -> Compiled:
    """Return the levels ready for many requests.

    `levels` are the SCPs of the root, of each OU on the way, and of the account; `[]` means that no SCP binds the
    caller (the management account). `resource_levels` are the RCPs on the path of the resource's owner, None where no
    RCP applies. Raises PolicyError for a policy that AWS would refuse.
    """
    return Compiled(levels, resource_levels)


class Compiled:
    """Levels of policies, ready for many requests; safe to share between threads."""

    def __init__(
        self,
        levels: Sequence[Level | Iterable[Named | Document]],
        resource_levels: Sequence[Level | Iterable[Named | Document]] | None = None,
    ) -> None:
        self.level_names, self._scps = _read_levels(levels, SERVICE_CONTROL_POLICY, "SCP")
        _, self._rcps = _read_levels(() if resource_levels is None else resource_levels, RESOURCE_CONTROL_POLICY, "RCP")
        self._has_rcps = bool(self._rcps)
        self._plans: dict[str, Plan] = {}

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every statement of every policy, with its level: SCPs first, then RCPs."""
        return (*(rule for level in self._scps for rule in level), *(rule for level in self._rcps for rule in level))

    def evaluate(self, request: Mapping[str, Any], partial: bool = False) -> Decision:
        """Decide one request; the reasons are worked out when somebody looks. See `orgkit.policy.evaluate`."""
        asked = self.read(request, partial)
        if partial:
            return explain(asked, self.level_names)
        return Decision.deferred(
            self._decide(asked), lambda: explain(asked, self.level_names).reasons, action=asked.action
        )

    def outcome(self, request: Mapping[str, Any], partial: bool = False) -> Outcome:
        """Return only the outcome of one request."""
        asked = self.read(request, partial)
        return explain(asked, self.level_names).outcome if partial else self._decide(asked)

    def certain_denial(self, request: Mapping[str, Any]) -> Reason | None:
        """Return what stops a request whatever the keys that it leaves open hold, or None where nothing surely does.

        It is a Deny that applies, or a level without an Allow. Unlike `evaluate` with `partial` it takes one statement
        at a time: what only several Denies stop between them, whatever a key holds, is not found.
        """
        return certain_denial(self.read(request, True), self.level_names)

    def _decide(self, asked: Asked) -> Outcome:
        plan = asked.plan
        views = asked.views
        if asked.scp and asked.rcp:
            denies = plan.quick_denies + plan.quick_rcp_denies
        elif asked.scp:
            denies = plan.quick_denies
        elif asked.rcp:
            denies = plan.quick_rcp_denies
        else:
            return "allowed"
        for view in views:
            for deny in denies:
                # What holds for a part of a wildcard request blocks it: one denied resource is enough.
                if deny(view) is not False:
                    return "explicitDeny"
        if asked.scp:
            for view in views:
                for level in plan.quick_allows:
                    for allow in level:
                        if allow(view):
                            break
                    else:
                        return "implicitDeny"
        return "allowed"

    def read(self, request: Mapping[str, Any], partial: bool) -> Asked:
        """Read a request: its views, its plan, and who is exempt. Raises InputError for what is no request."""
        action = request.get("action") if isinstance(request, Mapping) else None
        plan = self._plans.get(action) if isinstance(action, str) else None
        if plan is None or not request.keys() <= _KEYS:
            action = check_request(request)
            plan = self._plan(action)
        assert isinstance(action, str)
        known = read_context(request.get("context"))
        given = request.get("principal")
        principal = read_principal(given) if given is not None else None
        resource = request.get("resource")
        if isinstance(resource, str):
            views: tuple[View, ...] = (View(known, resource, principal, partial),)
        else:
            views = tuple(View(known, one.arn, principal, partial, one.lacks) for one in read_resources(resource))
        scp, rcp = bool(self._scps), self._has_rcps
        exemptions: tuple[str, ...] = ()
        if not scp:
            exemptions = (_NO_LEVELS,)
        if principal is not None or "aws:principalarn" in known:
            if service_linked(principal, views[0]):
                return Asked(action, views, principal, partial, False, False,
                             ("A service-linked role is bound by no SCP and no RCP.",), plan)  # fmt: skip
            if scp and principal is not None and principal.name[:4] != "arn:" and (why := outside_scps(principal)):
                scp, exemptions = False, (why,)
        if rcp:
            if plan.rcp_exempt:
                rcp, exemptions = False, (*exemptions, plan.rcp_exempt)
            elif action[:4].lower() == "kms:" and any(map(aws_managed_key, views)):
                rcp, exemptions = False, (*exemptions, "AWS-managed KMS keys are exempt from RCPs.")
        return Asked(action, views, principal, partial, scp, rcp, exemptions, plan)

    def _plan(self, action: str) -> Plan:
        found = self._plans.get(action)
        if found is not None:
            return found
        scp_denies: list[Rule] = []
        allows = []
        satisfied = []
        for index, level in enumerate(self._scps):
            matching = _matching(level, action)
            scp_denies += [rule for rule in matching if rule.statement.effect == "Deny"]
            granting = [rule for rule in matching if rule.statement.effect == "Allow"]
            sure = next((rule for rule in granting if rule.statement.unconditional and not rule.partly), None)
            if sure is None:
                allows.append((index, tuple(granting)))
            else:
                satisfied.append(sure)
        rcp_denies = tuple(
            rule for level in self._rcps for rule in _matching(level, action) if rule.statement.effect == "Deny"
        )
        plan = Plan(
            tuple(scp_denies),
            rcp_denies,
            tuple(allows),
            tuple(satisfied),
            outside_rcps(action) if self._has_rcps else None,
            fused_denies(rule.statement for rule in scp_denies),
            tuple(distinct_tests(rule.statement for rule in rules if not rule.partly) for _, rules in allows),
            fused_denies(rule.statement for rule in rcp_denies),
        )
        if len(self._plans) >= _PLANS_KEPT:
            self._plans.clear()
        self._plans[action] = plan
        return plan


_KEYS = frozenset({"action", "resource", "principal", "context"})


def _matching(level: tuple[Rule, ...], action: str) -> list[Rule]:
    found = []
    for rule in level:
        match = rule.statement.matches_action(action)
        if match:
            found.append(rule)
        elif match is None:
            found.append(Rule(rule.kind, rule.level, rule.level_name, rule.policy, rule.statement, rule.decide, True))
    return found


def _read_levels(
    levels: Sequence[Level | Iterable[Named | Document]], type: str, kind: str
) -> tuple[tuple[str, ...], tuple[tuple[Rule, ...], ...]]:
    if isinstance(levels, (str, bytes, Mapping)) or not isinstance(levels, Iterable):
        raise InputError(
            "levels are a list for each level: root, each OU, the account",
            where="levels",
            mend="wrap the policy: [[policy]]",
        )
    names, read = [], []
    for index, level in enumerate(levels):
        name = level.name if isinstance(level, Level) else f"level {index + 1}"
        policies: Iterable[Named | Document] = level.policies if isinstance(level, Level) else level
        if isinstance(policies, (str, bytes, Mapping, PolicyDocument, Named)) or not isinstance(policies, Iterable):
            what = shown(policies) if policies is None or isinstance(policies, (int, float)) else "a policy"
            raise InputError(
                f"{name} is {what}; a level is a list of policies", where="levels", mend="wrap it: [policy]"
            )
        rules: list[Rule] = []
        for number, given in enumerate(policies):
            if isinstance(given, Named):
                label, document = given.name, given.document
            else:
                label, document = "", given
            policy = parse(document, type=type, name=label or None)
            label = label or policy.name or f"policy {number + 1}"
            rules += [Rule(kind, index, name, label, one, one.decide) for one in policy.statements]
        names.append(name)
        read.append(tuple(rules))
    return tuple(names), tuple(read)
