"""What an organization holds: root, OUs, accounts, policies and what hangs on them, keyed for constant-time lookups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"

SCP = "SERVICE_CONTROL_POLICY"
RCP = "RESOURCE_CONTROL_POLICY"
# AWS puts these on every root, OU and account while their type is enabled.
FULL_ACCESS = {SCP: "p-FullAWSAccess", RCP: "p-RCPFullAWSAccess"}


def new_id(ids: Random, prefix: str, length: int) -> str:
    """Return an identifier of AWS's form, for example `ou-` and eight characters."""
    return prefix + "".join(ids.choices(LOWER, k=length))


@dataclass(slots=True)
class Unit:
    """The root (whose parent is empty) or an organizational unit."""

    id: str
    name: str
    parent: str
    tags: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)  # name of a child OU → its id
    accounts: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Account:
    """An account of the organization; times are seconds since 1970."""

    id: str
    email: str
    name: str
    parent: str
    joined: float
    method: str = "CREATED"
    state: str = "ACTIVE"
    role: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    closing: Wait | None = None


@dataclass(slots=True)
class Policy:
    """A policy of any of the types, and the targets it is attached to."""

    id: str
    name: str
    type: str
    content: str
    description: str = ""
    aws_managed: bool = False
    updated: float = 0.0
    tags: dict[str, str] = field(default_factory=dict)
    targets: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Wait:
    """An asynchronous request under way: done after so many more looks at it, or when its time has come."""

    looks: int
    due: float


@dataclass(slots=True)
class Creation:
    """A request to create an account; `failure` is decided when it is made and shown when it ends."""

    id: str
    name: str
    email: str
    role: str
    requested: float
    account_id: str
    wait: Wait | None
    failure: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    completed: float | None = None


@dataclass(slots=True)
class Handshake:
    """An invitation to an account, by its id or its email."""

    id: str
    party: str
    party_type: str
    requested: float
    state: str = "OPEN"
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Organization:
    """One organization; every collection keeps the order in which things were made."""

    id: str
    root_id: str
    management_id: str
    management_email: str
    features: str
    created: float
    units: dict[str, Unit] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    emails: dict[str, str] = field(default_factory=dict)  # folded email → account id
    policies: dict[str, Policy] = field(default_factory=dict)
    attached: dict[str, dict[str, dict[str, None]]] = field(default_factory=dict)  # target → type → policy ids
    policy_types: dict[str, str] = field(default_factory=dict)  # type → ENABLED, PENDING_ENABLE, PENDING_DISABLE
    type_waits: dict[str, Wait] = field(default_factory=dict)
    creations: dict[str, Creation] = field(default_factory=dict)
    open_creations: dict[str, None] = field(default_factory=dict)
    closing: dict[str, float] = field(default_factory=dict)  # account being closed → since when
    closures: list[float] = field(default_factory=list)  # when accounts were closed, oldest first
    closed: dict[str, float] = field(default_factory=dict)  # closed account → when it was closed, oldest first
    services: dict[str, float] = field(default_factory=dict)  # trusted access → since when
    delegates: dict[str, dict[str, float]] = field(default_factory=dict)  # account → service → since when
    resource_policy: dict[str, Any] | None = None
    handshakes: dict[str, Handshake] = field(default_factory=dict)

    def arn(self, kind: str, *parts: str) -> str:
        """Return the ARN of something in this organization."""
        return f"arn:aws:organizations::{self.management_id}:{kind}/" + "/".join((self.id, *parts))

    def path(self, unit_id: str) -> str:
        """Return AWS's path of the root or an OU: organization, root and OUs by id, with a slash at the end."""
        ids: list[str] = []
        while unit_id:
            ids.append(unit_id)
            unit_id = self.units[unit_id].parent
        return "/".join((self.id, *reversed(ids))) + "/"

    def depth(self, unit_id: str) -> int:
        """Return how many OUs stand above and including this one; the root's depth is 0."""
        depth = -1
        while unit_id:
            depth += 1
            unit_id = self.units[unit_id].parent
        return depth

    def target(self, target_id: str) -> Unit | Account | None:
        """Return the root, OU or account of this id."""
        return self.units.get(target_id) or self.accounts.get(target_id)

    def targets(self) -> Iterator[str]:
        """Yield the ids of the root, every OU and every account."""
        yield from self.units
        yield from self.accounts

    def attach(self, policy: Policy, target_id: str) -> None:
        """Attach a policy without asking the rules."""
        self.attached.setdefault(target_id, {}).setdefault(policy.type, {})[policy.id] = None
        policy.targets[target_id] = None

    def detach(self, policy: Policy, target_id: str) -> None:
        """Detach a policy without asking the rules."""
        self.attached[target_id][policy.type].pop(policy.id, None)
        policy.targets.pop(target_id, None)

    def attached_to(self, target_id: str, policy_type: str) -> dict[str, None]:
        """Return the ids of the policies of one type that are attached to a target itself."""
        return self.attached.get(target_id, {}).get(policy_type, {})

    def adopt(self, target_id: str) -> None:
        """Attach AWS's full-access policies to something new, as AWS does while their type is enabled."""
        for policy_type, policy_id in FULL_ACCESS.items():
            if self.policy_types.get(policy_type) == "ENABLED":
                self.attach(self.policies[policy_id], target_id)

    def forget(self, target_id: str) -> None:
        """Detach everything from a target that goes."""
        for ids in self.attached.pop(target_id, {}).values():
            for policy_id in ids:
                self.policies[policy_id].targets.pop(target_id, None)
