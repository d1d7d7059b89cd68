"""A second opinion on rehearsals: the steps carried out one by one on plain dictionaries, every account looked at.

Written from AWS's rules and from what a step's API call says, with nothing of the planner's or the engine's. It knows
policies whose statements name whole actions or `*`, on resource `*`, with or without a condition of which nothing is
known: enough for what the tests make up.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from orgkit.design import SCP, Organization, OrganizationalUnit
from orgkit.provision.planning.steps import Step

FREE, DEPENDS, BLOCKED = range(3)
OTHER = "any other action"
ALLOWS_EVERYTHING = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
Answers = dict[str, dict[str, int]]  # account → action → how it stands


@dataclass
class State:
    """An organization as AWS has it: names are the references that steps use."""

    parents: dict[str, str] = field(default_factory=dict)
    attached: dict[str, set[str]] = field(default_factory=dict)
    documents: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    accounts: set[str] = field(default_factory=set)  # member accounts
    enforced: bool = True
    slots: int = 10

    def answers(self, actions: Iterable[str]) -> Answers:
        return {account: {action: self._answer(account, action) for action in actions} for account in self.accounts}

    def _answer(self, account: str, action: str) -> int:
        if not self.enforced:
            return FREE
        worst = FREE
        node: str | None = account
        while node is not None:
            statements = [one for name in self.attached[node] for one in self.documents[name]["Statement"]]
            mine = [one for one in statements if one["Action"] == "*" or action in one["Action"]]
            if not any(one["Effect"] == "Allow" for one in mine):
                return BLOCKED
            denies = [one for one in mine if one["Effect"] == "Deny"]
            if any("Condition" not in one for one in denies):
                return BLOCKED
            worst = max(worst, DEPENDS if denies else FREE)
            node = self.parents.get(node)
        return worst

    def perform(self, step: Step) -> None:
        said = {key: value for key, value in step.parameters.items() if isinstance(value, str)}
        match step.kind:
            case "create_organization":
                for name in step.produces[1:]:  # the root, and the management account in it
                    self._new("{{" + name + "}}", None if name == "root.id" else "{{root.id}}")
                self.enforced = said["FeatureSet"] == "ALL"
            case "enable_policy_type":
                self.enforced |= said["PolicyType"] == SCP
            case "create_policy":
                self.documents[_made(step)] = json.loads(said["Content"])
            case "update_policy" if "Content" in said:
                self.documents[said["PolicyId"]] = json.loads(said["Content"])
            case "create_ou":
                self._new(_made(step), said["ParentId"])
            case "create_account":
                self._new(_made(step), "{{root.id}}")
                self.accounts.add(_made(step))
            case "move_account":
                assert self.parents.get(said["AccountId"], "{{root.id}}") == said["SourceParentId"]
                self.parents[said["AccountId"]] = said["DestinationParentId"]
            case "attach_policy":
                assert said["PolicyId"] not in self.attached[said["TargetId"]]
                self.attached[said["TargetId"]].add(said["PolicyId"])
                assert len(self.attached[said["TargetId"]]) <= self.slots
            case "detach_policy":
                self.attached[said["TargetId"]].remove(said["PolicyId"])
                assert self.attached[said["TargetId"]]
            case "delete_ou":
                assert said["OrganizationalUnitId"] not in self.parents.values()
            case "delete_policy":
                assert not any(said["PolicyId"] in names for names in self.attached.values())

    def _new(self, name: str, parent: str | None) -> None:
        if parent is not None:
            self.parents[name] = parent
        self.attached[name] = {FULL}


SLOTS = f"attached.{SCP}"
FULL = "{{policy.SERVICE_CONTROL_POLICY/FullAWSAccess.id}}"


def _made(step: Step) -> str:
    return "{{" + step.produces[0] + "}}"


def state_of(live: Organization, ids: Mapping[str, str]) -> State:
    """The live organization, with the names that a plan has for what it knows (`Plan.ids`)."""
    names = {value: "{{" + name + "}}" for name, value in ids.items()}
    state = State(documents={FULL: ALLOWS_EVERYTHING}, enforced=live.enforces(SCP), slots=live.quotas[SLOTS])
    for policy in live.policies(SCP):
        state.documents[names[policy.aws_id or ""]] = json.loads(policy.content)
    for entity, parent in live.tree():
        name = names[entity.aws_id or ""]
        state.attached[name] = {names[one.aws_id or ""] for one in live.attached(entity.id, SCP, implied=False)}
        if entity.full_aws_access:
            state.attached[name].add(FULL)
        if parent is not None:
            state.parents[name] = names[live.target(parent).aws_id or ""]
        if not isinstance(entity, OrganizationalUnit) and parent is not None and not live.account(entity.id).management:
            state.accounts.add(name)
    return state


def exposed(before: State, steps: Iterable[Step], actions: Iterable[str]) -> Iterator[tuple[Step, Answers]]:
    """Walk the steps; after each, for whom which actions are less guarded than both before all of it and after."""
    actions = tuple(actions)
    first, walk = before.answers(actions), list(steps)
    states: list[Answers] = []
    for step in walk:
        before.perform(step)
        states.append(before.answers(actions))
    last = states[-1] if states else first
    for step, now in zip(walk, states, strict=True):
        yield step, {account: dict(_less(now[account], first.get(account), last[account])) for account in now}


def _less(now: dict[str, int], was: dict[str, int] | None, will: dict[str, int]) -> Iterator[tuple[str, int]]:
    for action, level in now.items():
        if level < will[action] and (was is None or level < was[action]):
            yield action, level
