"""Taking what is live into the design: the edits that make a difference go away without a call to AWS."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from orgkit.design import Account, Organization, Policy
from orgkit.design.live_access import plain_policy
from orgkit.design.sections import CostAllocation
from orgkit.errors import Refused
from orgkit.provision.adopt_around import AROUND
from orgkit.provision.drift import PROVISION, design_names
from orgkit.provision.planning import references
from orgkit.provision.planning.difference import EXTRA, STATE, Difference, Drift
from orgkit.provision.planning.match import match
from orgkit.provision.planning.steps import Step


def adopt(drift: Drift, chosen: Iterable[Difference]) -> Organization:
    """A copy of the design with these differences as they are live; its history are the edits."""
    work = Adoption(drift)
    # What only AWS has first: others may be attached to it, or stand in it.
    for one in sorted(chosen, key=lambda one: one.kind != EXTRA):
        work.take(one)
    return work.org


class Adoption:
    """The copy that is edited, and which of its nodes is which of the live organization."""

    def __init__(self, drift: Drift) -> None:
        self.org = drift.design.copy()
        self.live = drift.live
        self._ids = drift.plan.ids
        self._steps = {step.id: step for step in drift.plan.steps}
        self._names = design_names(drift.pinned)
        found = match(drift.pinned, drift.live)
        self._to_live = dict(found.live)
        self._to_design = dict(found.design)

    def take(self, one: Difference) -> None:
        if one.kind == EXTRA:
            self._extra(self.live.entity(one.node or "").id)
            return
        if one.kind == STATE:
            self.org.remove(self._to_design[one.node or ""])
            return
        steps = [self._steps[step] for step in one.steps]
        if steps[0].part_of is not None:
            self._moved_ou(steps)
            return
        # What a missing thing would get goes with it.
        for step in steps[:1] if steps[0].kind.startswith("create_") else steps:
            if step is not steps[0] and step.kind in _BEHIND:
                continue
            edit = _EDITS.get(step.kind) or AROUND.get(step.kind)
            if edit is None:
                raise Refused(
                    f"{one.text}: no edit of the design is known for this",
                    where=one.place,
                    mend="Edit the design by hand, or revert the difference.",
                )
            edit(self, step)

    # ---- which node ------------------------------------------------------------------------------

    def node(self, parameter: str) -> str:
        """The node of the design that a parameter's reference stands for; what only AWS has is added first."""
        (name,) = references.named_in(parameter)
        found = self._names.get(name)
        return found if found is not None else self._extra(self._live_node(name))

    def now(self, node: str) -> str:
        return self._to_live[node]

    def management(self) -> str:
        assert self.org.management is not None
        return self.org.management.id

    def live_id(self, node: str) -> str:
        """The AWS id of an account of the design, empty where it is not live."""
        now = self._to_live.get(node)
        return (self.live.account(now).aws_id or "") if now is not None else ""

    def design_handle(self, handle: str) -> str:
        """What the design calls an account that has this handle, or number, live."""
        known = f"account:{handle}" in self.live
        node = self._to_design.get(self.live.account(handle).id) if known else None
        return self.org.account(node).handle if node is not None else handle

    def bound(self, text: str | None) -> str | None:
        """A text of the design with the ids that its references stand for."""
        return None if text is None else references.bind_known(text, self._ids)

    def same_policy(self, written: str, live: str) -> bool:
        return bool(plain_policy(json.loads(self.bound(written) or "")) == plain_policy(json.loads(live)))

    def _live_node(self, name: str) -> str:
        return self.live.find(self._ids[name])

    def parent(self, live_node: str) -> str:
        """The node of the design in which something stands live."""
        parent = self.live.parent(live_node) or self.live.root.id
        return self._to_design.get(parent) or self._extra(parent)

    def _extra(self, live_node: str) -> str:
        """Add what only AWS has, with everything in it that the design does not have either."""
        known = self._to_design.get(live_node)
        if known is not None:
            return known
        entity = self.live.entity(live_node)
        tags = {key: value for key, value in getattr(entity, "tags", {}).items() if not key.startswith("aws:")}
        fields = {"tags": tags} if tags else {}
        if isinstance(entity, Policy):
            handle = self._free(entity.handle, "policy")
            self.org.add_policy(
                handle, entity.content, name=entity.name, type=entity.type, description=entity.description, **fields
            )
            node = f"policy:{handle}"
        elif isinstance(entity, Account):
            handle = self._free(entity.handle, "account")
            parent = self.parent(live_node)
            self.org.add_account(handle, parent, email=entity.email, name=entity.name, **fields)
            node = f"account:{handle}"
        else:
            parent = self.parent(live_node)
            handle = entity.name.replace("/", "-").strip()
            self.org.add_ou(handle, parent, name=entity.name, **fields)
            node = next(c for c in self.org.children(parent) if self.org.entity(c).handle == handle)
        self._to_design[live_node] = node
        self._to_live[node] = live_node
        if not isinstance(entity, Policy):
            for policy in self.live.attached(live_node, implied=False):
                self.org.attach(self._extra(policy.id), node)
            for child in self.live.children(live_node):
                if child not in self._to_design:
                    self._extra(child)
        return node

    def _free(self, wanted: str, kind: str) -> str:
        handle, number = wanted, 2
        while f"{kind}:{handle}" in self.org:
            handle, number = f"{wanted}-{number}", number + 1
        return handle

    def _moved_ou(self, steps: list[Step]) -> None:
        """An OU that the design puts elsewhere goes back to where it stands."""
        made = [self._names[step.produces[0]] for step in steps if step.kind == "create_ou"]
        top = min(made, key=self.org.depth)
        self.org.move(top, self.parent(self._to_live[top]))


# What another step needs, or what it brings with it; the design says nothing of it.
_BEHIND: Final = frozenset({"create_service_role", "create_service_linked_role", PROVISION})


# ---- one function a kind of step -----------------------------------------------------------------------

Take = Callable[[Adoption, Step], None]


def _attached(work: Adoption, step: Step, *, live: bool) -> None:
    (name,) = references.named_in(step.parameters["PolicyId"])
    full = name.endswith("/FullAWSAccess.id")
    policy = "FullAWSAccess" if full else work.node(step.parameters["PolicyId"])
    target = work.node(step.parameters["TargetId"])
    (work.org.attach if live else work.org.detach)(policy, target)


def _remove_missing(work: Adoption, step: Step) -> None:
    (name,) = step.produces
    work.org.remove(work._names[name])


def _remove_missing_ou(work: Adoption, step: Step) -> None:
    node = work._names[step.produces[0]]
    there = [account.handle for account in work.org.accounts(node) if account.id in work._to_live]
    if there:
        raise Refused(
            f"{step.place} is missing, and the design has {', '.join(there)} in it, which are live elsewhere",
            where=step.place,
            mend="Adopt where they stand first, or revert this.",
        )
    work.org.remove(node)


def _account_place(work: Adoption, step: Step) -> None:
    node = work.node(step.parameters["AccountId"])
    work.org.move(node, work.parent(work.now(node)))


def _name(parameter: str) -> Take:
    def take(work: Adoption, step: Step) -> None:
        reference = step.parameters.get(parameter)
        node = work.node(reference) if reference is not None else work.management()
        work.org.rename(node, work.live.entity(work.now(node)).name)

    return take


def _policy(work: Adoption, step: Step) -> None:
    node = work.node(step.parameters["PolicyId"])
    now = work.live.policy(work.now(node))
    if "Name" in step.parameters:
        work.org.rename(node, now.name)
    if "Description" in step.parameters:
        work.org.set(node, description=now.description)
    if "Content" in step.parameters:
        work.org.set(node, content=now.document)


def _tags(work: Adoption, step: Step) -> None:
    node = work.node(step.parameters["ResourceId"])
    entity = work.live.entity(work.now(node))
    work.org.set(node, tags={key: value for key, value in entity.tags.items() if not key.startswith("aws:")})


def _contacts(work: Adoption, step: Step) -> None:
    reference = step.parameters.get("AccountId")
    node = work.node(reference) if reference is not None else work.management()
    kind = step.parameters["AlternateContactType"].lower()
    now = work.live.account(work.now(node)).contacts
    if kind not in now:
        raise Refused(
            f"nobody is named live about {kind} of {step.place}",
            where=step.place,
            mend="Take the contact out of the design by hand, or revert the difference.",
        )
    work.org.set(node, contacts={**work.org.account(node).contacts, kind: now[kind]})


def _budget(parameter: str) -> Take:
    def take(work: Adoption, step: Step) -> None:
        node = work.node(step.parameters[parameter]["BudgetName"])
        work.org.set(node, budget=work.live.target(work.now(node)).budget)

    return take


def _cost_tags(work: Adoption, step: Step) -> None:
    cost = work.org.settings.cost or CostAllocation()
    live = work.live.settings.cost
    work.org.configure(cost=replace(cost, allocation_tags=live.allocation_tags if live is not None else ()))


def _listed(setting: str, parameter: str, *, live: bool) -> Take:
    def take(work: Adoption, step: Step) -> None:
        value = step.parameters[parameter]
        kept = tuple(one for one in getattr(work.org.settings, setting) if one != value)
        work.org.configure(**{setting: (*kept, value) if live else kept})

    return take


def _administrator(work: Adoption, step: Step, *, live: bool) -> None:
    service = step.parameters["ServicePrincipal"]
    handle = work.org.entity(work.node(step.parameters["AccountId"])).handle
    admins = dict(work.org.settings.delegated_administrators)
    kept = tuple(one for one in admins.get(service, ()) if work.org.account(one).handle != handle)
    admins[service] = (*kept, handle) if live else kept
    work.org.configure(delegated_administrators={name: who for name, who in admins.items() if who})


_EDITS: Final[Mapping[str, Take]] = MappingProxyType(
    {
        "attach_policy": lambda work, step: _attached(work, step, live=False),
        "detach_policy": lambda work, step: _attached(work, step, live=True),
        "create_ou": _remove_missing_ou,
        "create_account": _remove_missing,
        "create_policy": _remove_missing,
        "move_account": _account_place,
        "rename_ou": _name("OrganizationalUnitId"),
        "rename_account": _name("AccountId"),
        "update_policy": _policy,
        "put_contact": _contacts,
        "create_budget": _budget("Budget"),
        "update_budget": _budget("NewBudget"),
        "set_cost_tags": _cost_tags,
        "tag": _tags,
        "untag": _tags,
        "enable_trusted_access": _listed("trusted_access", "ServicePrincipal", live=False),
        "disable_trusted_access": _listed("trusted_access", "ServicePrincipal", live=True),
        "enable_policy_type": _listed("policy_types", "PolicyType", live=False),
        "disable_policy_type": _listed("policy_types", "PolicyType", live=True),
        "register_delegated_administrator": lambda work, step: _administrator(work, step, live=False),
        "deregister_delegated_administrator": lambda work, step: _administrator(work, step, live=True),
    }
)
