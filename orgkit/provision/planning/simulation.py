"""The organization as it stands after each step of a plan, without a call: the live one, edited step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from orgkit.design import FULL_AWS_ACCESS, SCP, Account, Edit, Organization, OrganizationalUnit, Policy, Root
from orgkit.design.changes import Add, Attach, Change, Configure, Detach, Move, Remove, Replace
from orgkit.provision.planning import references
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.steps import Step


class Simulation:
    """One state of the organization; `perform` takes it to the next.

    Nodes are those of the live organization; what a step creates has the id `new:` and that of the design.
    """

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self.org = draft.live.copy() if draft.exists else self._newborn()
        self._changed = False
        self._nodes: dict[str, str] = {}  # reference → node
        for node in draft.live.graph.nodes if draft.exists else ():
            self._nodes[draft.live_name(node)] = node
        self._nodes[references.ROOT] = self.org.root.id

    def _newborn(self) -> Organization:
        """What CreateOrganization makes: a root, the management account in it, service control policies."""
        features = self._draft.design.settings.features
        settings = replace(Organization().settings, features=features, policy_types=(SCP,) if features == "ALL" else ())
        return Organization(Root(), settings)

    def account(self, design_node: str) -> str | None:
        """The node of an account of the design, once it exists."""
        return self._nodes.get(self._draft.name(design_node))

    def perform(self, step: Step) -> tuple[str, ...]:
        """Do what a step does; returns the nodes at and below which other guardrails may hold now."""
        method = getattr(self, f"_{step.kind}", None)
        if method is None:
            self._changed = False
            return ()
        changes, touched = method(step.parameters, step)
        self._changed = bool(changes)
        if changes:
            self.org.perform(Edit(step.id, tuple(changes)))
        return tuple(touched)

    def take_back(self) -> None:
        """Undo the step that was performed last."""
        if self._changed:
            self.org.undo()
            self._changed = False

    def node(self, name: str) -> str:
        """The node that a reference, without its braces, stands for by now."""
        return self._nodes[name]

    def reference(self, node: str) -> str:
        """The reference, with its braces, that steps name a node by."""
        return references.written(node[4:]) if node.startswith("new:") else self._draft.live_ref(node)

    def _node(self, parameter: str) -> str:
        (name,) = references.named_in(parameter)
        return self._nodes[name]

    # ---- one method a kind: the changes it makes, and the nodes whose guardrails it may change -----

    def _create_organization(self, parameters: Any, step: Step) -> tuple[list[Change], list[str]]:
        management = self._draft.design.management
        if management is None:
            return [], []
        account = replace(management, id=f"new:{management.id}")
        self._nodes[self._draft.name(management.id)] = account.id
        return [Add(account, self.org.root.id)], []

    def _enable_policy_type(self, parameters: Any, step: Step) -> tuple[list[Change], list[str]]:
        types = (*self.org.settings.policy_types, parameters["PolicyType"])
        return [self._types(types)], [self.org.root.id]

    def _disable_policy_type(self, parameters: Any, step: Step) -> tuple[list[Change], list[str]]:
        types = tuple(kind for kind in self.org.settings.policy_types if kind != parameters["PolicyType"])
        return [self._types(types)], [self.org.root.id]

    def _types(self, types: tuple[str, ...]) -> Change:
        return Configure(self.org.settings, replace(self.org.settings, policy_types=types))

    def _create_policy(self, parameters: Any, step: Step) -> tuple[list[Change], list[str]]:
        node = f"new:{step.produces[0]}"
        content = references.bind_known(parameters["Content"], self._draft.ids)
        name, kind = parameters["Name"], parameters["Type"]
        self._nodes[step.produces[0]] = node
        return [Add(Policy(id=node, handle=name, name=name, type=kind, content=content))], []

    def _update_policy(self, parameters: Any, step: Step) -> tuple[list[Change], list[str]]:
        if "Content" not in parameters:
            return [], []
        node = self._node(parameters["PolicyId"])
        before = self.org.policy(node)
        after = replace(before, content=references.bind_known(parameters["Content"], self._draft.ids))
        return [Replace(before, after)], list(self.org.targets(node))

    def _create_ou(self, parameters: Any, step: Step) -> tuple[list[Change], list[str]]:
        node, name = f"new:{step.produces[0]}", parameters["Name"]
        self._nodes[step.produces[0]] = node
        return [Add(OrganizationalUnit(id=node, handle=name, name=name), self._node(parameters["ParentId"]))], []

    def _delete_ou(self, parameters: Any, step: Step) -> tuple[list[Change], list[str]]:
        node = self._node(parameters["OrganizationalUnitId"])
        parent = self.org.parent(node)
        if self.org.children(node):
            return [], []  # it is blocked, and the plan says so
        detached: list[Change] = [Detach(policy.id, node) for policy in self.org.attached(node, implied=False)]
        return [*detached, Remove(self.org.entity(node), parent, None)], []

    def _create_account(self, parameters: Any, step: Step) -> tuple[list[Change], list[str]]:
        node = f"new:{step.produces[0]}"
        handle = step.produces[0].removeprefix("account.").removesuffix(".id")
        self._nodes[step.produces[0]] = node
        account = Account(id=node, handle=handle, name=parameters["AccountName"], email=parameters["Email"])
        return [Add(account, self.org.root.id)], [node]

    def _move_account(self, parameters: Any, step: Step) -> tuple[list[Change], list[str]]:
        node = self._node(parameters["AccountId"])
        before, after = self.org.parent(node), self._node(parameters["DestinationParentId"])
        assert before is not None
        return [Move(node, before, None, after)], [node]

    def _attach_policy(self, parameters: Any, step: Step) -> tuple[list[Change], list[str]]:
        target = self._node(parameters["TargetId"])
        if self._is_full_access(parameters["PolicyId"]):
            return [self._full_access(target, True)], [target]
        return [Attach(self._node(parameters["PolicyId"]), target)], [target]

    def _detach_policy(self, parameters: Any, step: Step) -> tuple[list[Change], list[str]]:
        target = self._node(parameters["TargetId"])
        if self._is_full_access(parameters["PolicyId"]):
            return [self._full_access(target, False)], [target]
        return [Detach(self._node(parameters["PolicyId"]), target)], [target]

    def _is_full_access(self, parameter: str) -> bool:
        (name,) = references.named_in(parameter)
        return name not in self._nodes and self._draft.ids.get(name) == FULL_AWS_ACCESS.aws_id

    def _full_access(self, target: str, has: bool) -> Change:
        before = self.org.target(target)
        return Replace(before, replace(before, full_aws_access=has))
