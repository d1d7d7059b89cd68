"""An organization: the graph of root, OUs, accounts and policies, what can be asked of it, and how it is edited.

Nodes of `Organization.graph` have string ids that stay through renames and moves; attribute `entity` holds the typed,
frozen entity. Edges have attribute `kind`: `contains` (root or OU → OU or account) or `attached` (policy → target).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import networkx as nx

from orgkit.design import edits, quotas, split_charges
from orgkit.design.changes import Add, Attach, Change, Configure, Detach, Edit, Move, Remove, Replace
from orgkit.design.entities import (
    IMPLIED,
    SCP,
    Account,
    Entity,
    OrganizationalUnit,
    Policy,
    Root,
    Target,
)
from orgkit.design.names import NameIndex
from orgkit.design.quotas import Quotas
from orgkit.design.sections import Settings
from orgkit.design.walk import Walk
from orgkit.errors import DesignError

CONTAINS = "contains"
ATTACHED = "attached"


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Organization:
    """An AWS organization, as designed or as it stands.

    Edits are validated before anything changes, go through `perform`, and can be undone exactly. `unknown` names parts
    that could not be read from a live organization; answers that depend on them say so. `origin` is the target that a
    live organization was read from.
    """

    def __init__(
        self,
        root: Root | None = None,
        settings: Settings | None = None,
        *,
        marks: Mapping[str, Mark] | None = None,
    ) -> None:
        root = root or Root()
        self._take(nx.DiGraph())
        self._graph.add_node(root.id, entity=root)
        self._root_id = root.id
        self._settings = settings or Settings()
        self._names = NameIndex(self)
        self._walk = Walk(self)
        self._head: tuple[Account | None] | None = (
            None  # the management account, once looked for; until the next change
        )
        self._policies: tuple[Policy, ...] | None = None  # see policies(); until then too
        self._bound: frozenset[str] | None = None  # see bound(); until an attachment changes
        self._log: list[Edit] = []  # everything performed, undoing included: its length is the revision
        self._done: list[Edit] = []
        self._undone: list[Edit] = []
        self.marks: Mapping[str, Mark] = MappingProxyType(dict(marks or {}))
        self.unknown: tuple[str, ...] = ()
        # What is live and its settings do not say, in sentences; a new file has them as comments on top.
        self.remarks: tuple[str, ...] = ()
        # The files it was read from or saved to, by resolved path, with a digest of their text.
        self.sources: Mapping[str, str] = MappingProxyType({})
        self.origin: str | None = None  # the target it was read from, as connect() takes it
        self.caller: str | None = None  # the ARN that read it
        # What a live organization has beside Organizations itself, by part, as plain data: budgets, contacts, tags.
        self.surroundings: Mapping[str, Any] = MappingProxyType({})
        # Reads more of the surroundings while the target is open: what the given parts name, and answers anew.
        self.look: Callable[[Mapping[str, Any]], Organization] | None = None

    # ---- the graph and its entities ------------------------------------------------------------------

    @property
    def graph(self) -> nx.DiGraph[str]:
        """A read-only view of the graph; it follows every edit."""
        view: nx.DiGraph[str] = self._graph.copy(as_view=True)
        return view

    @property
    def settings(self) -> Settings:
        """What stands beside the tree."""
        return self._settings

    @property
    def quotas(self) -> Quotas:
        """AWS's limits, with what `limits:` says this organization was granted."""
        return quotas.load().granting(self._settings.limits)

    @property
    def root(self) -> Root:
        entity = self._graph.nodes[self._root_id]["entity"]
        assert isinstance(entity, Root)
        return entity

    @property
    def management(self) -> Account | None:
        """The management account, or None in an organization that does not exist yet."""
        if self._head is None:
            self._head = (next((account for account in self.accounts() if account.management), None),)
        return self._head[0]

    def __contains__(self, node: object) -> bool:
        return node in self._graph

    def entity(self, ref: str) -> Entity:
        """The entity a node id, handle, path, name, email or AWS id stands for."""
        return self._entity(ref if ref in self._data else self.find(ref))

    def entities(self) -> tuple[Entity, ...]:
        """Everything there is: the root, OUs, accounts and policies, in the order they came."""
        return tuple(map(self._entity, self._graph.nodes))

    def target(self, ref: str) -> Target:
        """The root, OU or account of this name; a policy is refused."""
        entity = self.entity(self.find(ref, "root", "ou", "account"))
        assert not isinstance(entity, Policy)
        return entity

    def account(self, ref: str) -> Account:
        entity = self.entity(self.find(ref, "account"))
        assert isinstance(entity, Account)
        return entity

    def ou(self, ref: str) -> OrganizationalUnit:
        entity = self.entity(self.find(ref, "ou"))
        assert isinstance(entity, OrganizationalUnit)
        return entity

    def policy(self, ref: str) -> Policy:
        entity = self.entity(self.find(ref, "policy"))
        assert isinstance(entity, Policy)
        return entity

    def find(self, ref: str, *kinds: str) -> str:
        """The node id that `ref` stands for: an id, handle, path, name, email or AWS id.

        `kinds` (root, ou, account, policy) narrows the search. Raises UnknownName, or AmbiguousName with candidates.
        """
        return self._names.find(ref, kinds)

    # ---- the tree ------------------------------------------------------------------------------------

    def parent(self, node: str) -> str | None:
        """The id of the root or OU that holds this OU or account; None for the root and for policies."""
        for before, data in self._up[node].items():
            if data["kind"] == CONTAINS:
                return before
        return None

    def children(self, node: str) -> tuple[str, ...]:
        """Ids of the OUs and accounts directly below, in the order of the file; nothing for a policy."""
        return tuple(after for after, data in self._down[node].items() if data["kind"] == CONTAINS)

    def chain(self, node: str) -> tuple[str, ...]:
        """Ids from the root down to the node itself."""
        up = [node]
        while (above := self.parent(up[-1])) is not None:
            up.append(above)
        return tuple(reversed(up))

    def ancestors(self, node: str) -> tuple[str, ...]:
        """Ids from the root down to the node's parent."""
        return self.chain(node)[:-1]

    def subtree(self, node: str | None = None) -> Iterator[str]:
        """Ids of the node and everything below it, parents before children, in the order of the file."""
        return (entity.id for entity, _ in self.tree(node))

    def tree(self, node: str | None = None) -> tuple[tuple[Target, str | None], ...]:
        """The same as entities, each with its parent's id; the whole tree is walked once and kept through edits."""
        if node is None or node == self._root_id:
            return self._walk.rows()
        return tuple(self._walk.below(node))

    def depth(self, node: str) -> int:
        """How many OU levels deep: 0 for the root, 1 for an OU right under it; an account has its parent's depth."""
        return sum(1 for above in self.chain(node) if isinstance(self._entity(above), OrganizationalUnit))

    def path(self, node: str) -> str:
        """Handles from below the root, as in `Workloads/Production/app-a-prod`; `root`, or a policy's own handle."""
        return "/".join(self._entity(above).handle for above in self.chain(node)[1:]) or self._entity(node).handle

    def aws_path(self, node: str) -> str:
        """The same with the names that AWS shows."""
        return "/".join(self._entity(above).name for above in self.chain(node)[1:]) or self._entity(node).name

    def where(self, key: str) -> str:
        """Where something stands: file, line and column where known, and the path; for messages.

        `key` is a node id or a dotted path into the settings.
        """
        mark = self.marks.get(key)
        name = self.path(key) if key in self._graph else key
        return f"{mark} ({name})" if mark else name

    def accounts(self, under: str | None = None) -> tuple[Account, ...]:
        """Every account, or those below `under`."""
        if under is None:
            return self._walk.accounts()
        return tuple(target for target, _ in self._below(under) if isinstance(target, Account))

    def ous(self, under: str | None = None) -> tuple[OrganizationalUnit, ...]:
        """Every OU, or those below `under`, parents before children."""
        if under is None:
            return self._walk.ous()
        return tuple(target for target, _ in self._below(under) if isinstance(target, OrganizationalUnit))

    # ---- policies ------------------------------------------------------------------------------------

    def policies(self, type: str | None = None) -> tuple[Policy, ...]:
        """The policies written in the design; the implied FullAWSAccess is not among them."""
        if self._policies is None:
            self._policies = tuple(e for e in map(self._entity, self._graph.nodes) if isinstance(e, Policy))
        return self._policies if type is None else tuple(e for e in self._policies if e.type == type)

    def bound(self) -> frozenset[str]:
        """Ids of the nodes to which any policy of the design is attached; the implied ones do not count."""
        if self._bound is None:
            self._bound = frozenset(target for policy in self.policies() for target in self._down[policy.id])
        return self._bound

    def attached(self, node: str, type: str | None = None, *, implied: bool = True) -> tuple[Policy, ...]:
        """The policies on this very node; with those that AWS attaches by itself, unless `implied` is False.

        FullAWSAccess is among them unless it was taken away, RCPFullAWSAccess always.
        """
        found: list[Policy] = []
        if implied:
            has_full = self._entity(node).full_aws_access  # type: ignore[union-attr]
            found += [
                policy
                for policy in IMPLIED.values()
                if type in (None, policy.type) and self.enforces(policy.type) and (has_full or policy.type != SCP)
            ]
        for before, data in self._up[node].items():
            entity = self._entity(before)
            if data["kind"] == ATTACHED and isinstance(entity, Policy) and type in (None, entity.type):
                found.append(entity)
        return tuple(found)

    def inherited(self, node: str, type: str | None = None) -> tuple[tuple[str, tuple[Policy, ...]], ...]:
        """For each level from the root down to the node itself: its id and the policies attached there."""
        return tuple((level, self.attached(level, type)) for level in self.chain(node))

    def targets(self, policy: str) -> tuple[str, ...]:
        """Ids of what a policy is attached to, sorted."""
        return tuple(sorted(after for after, data in self._down[policy].items() if data["kind"] == ATTACHED))

    def enforces(self, type: str) -> bool:
        """Whether policies of this type have effect: all features on, and the type enabled on the root."""
        return self._settings.features == "ALL" and type in self._settings.policy_types

    # ---- edits ---------------------------------------------------------------------------------------

    @property
    def revision(self) -> int:
        """Grows by one with every edit, undo and redo."""
        return len(self._log)

    @property
    def history(self) -> tuple[Edit, ...]:
        """The edits that stand, oldest first."""
        return tuple(self._done)

    @property
    def undone(self) -> tuple[Edit, ...]:
        """The edits that were undone and can be redone, the next one first."""
        return tuple(reversed(self._undone))

    def changes(self, since: int = 0) -> tuple[Change, ...]:
        """Every change performed after a revision, for whoever follows the design step by step."""
        return tuple(change for edit in self._log[since:] for change in edit.changes)

    def perform(self, edit: Edit) -> Edit:
        """Carry out an edit, which the functions of `orgkit.design.edits` build and validate."""
        self._carry_out(edit)
        self._done.append(edit)
        self._undone.clear()
        return edit

    def build(self, *changes: Change) -> None:
        """Carry out changes as the state to begin with: no history, nothing to undo. The caller has checked them."""
        for change in changes:
            self._change(change)

    def undo(self) -> Edit:
        """Take the last edit back, exactly; a DesignError where there is none."""
        if not self._done:
            raise DesignError("there is nothing to undo")
        edit = self._done.pop()
        self._carry_out(edit.inverse)
        self._undone.append(edit)
        return edit

    def redo(self) -> Edit:
        """Do again what was undone last; a DesignError where there is nothing."""
        if not self._undone:
            raise DesignError("there is nothing to redo")
        edit = self._undone.pop()
        self._carry_out(edit)
        self._done.append(edit)
        return edit

    def add_ou(self, handle: str, parent: str = "root", **fields: Any) -> Edit:
        """Add an OU; `fields` are those of OrganizationalUnit (name, tags, owner, budget, …)."""
        return self.perform(edits.add_ou(self, handle, parent, **fields))

    def add_account(self, handle: str, parent: str = "root", *, email: str, **fields: Any) -> Edit:
        """Add an account; `fields` are those of Account."""
        return self.perform(edits.add_account(self, handle, parent, email=email, **fields))

    def add_policy(self, handle: str, content: str | Mapping[str, Any], **fields: Any) -> Edit:
        """Add a policy, attached to nothing yet; `content` is JSON text or a document; `type` defaults to an SCP."""
        return self.perform(edits.add_policy(self, handle, content, **fields))

    def rename(self, ref: str, name: str) -> Edit:
        """Give an OU, account or policy another name in AWS; its handle stays."""
        return self.perform(edits.rename(self, ref, name))

    def move(self, ref: str, to: str) -> Edit:
        """Move an OU or an account under another OU or the root."""
        return self.perform(edits.move(self, ref, to))

    def remove(self, ref: str) -> Edit:
        """Remove an account, a policy, or an OU with everything below it, from the design."""
        return self.perform(edits.remove(self, ref))

    def attach(self, policy: str, target: str) -> Edit:
        """Attach a policy to the root, an OU or an account."""
        return self.perform(edits.attach(self, policy, target))

    def detach(self, policy: str, target: str) -> Edit:
        """Detach a policy; `FullAWSAccess` may be named too."""
        return self.perform(edits.detach(self, policy, target))

    def set(self, ref: str, **fields: Any) -> Edit:
        """Set fields of an entity: tags, owner, budget, monthly_cost, email, description, content …"""
        return self.perform(edits.set_fields(self, ref, **fields))

    def configure(self, **fields: Any) -> Edit:
        """Set fields of the settings beside the tree."""
        return self.perform(edits.configure(self, **fields))

    def share_cost(self, name: str, *, source: str, method: str, to: split_charges.Carriers, step: int = 0) -> Edit:
        """Have others carry the cost of an account, or of each one of an OU: EVEN, FIXED, PROPORTIONAL or USAGE.

        `to` names accounts, OUs, `root` or `tag:KEY=VALUE`; with FIXED (percentages) and USAGE it maps them to numbers.
        """
        return self.perform(edits.share_cost(self, name, source=source, method=method, to=to, step=step))

    def copy(self) -> Organization:
        """An independent organization of the same state, with no history."""
        other = Organization(self.root, self._settings, marks=self.marks)
        other._take(self._graph.copy())
        for node in self.subtree():  # networkx copies edges node by node, policies in the order of the policies
            policies = self.attached(node, implied=False)
            if len(policies) > 1:
                other._put_behind([(policy.id, node) for policy in policies])
        other.unknown = self.unknown
        other.remarks = self.remarks
        other.sources = self.sources
        other.origin = self.origin
        other.caller = self.caller
        other.surroundings = self.surroundings
        other.look = self.look
        other._names.rebuild()
        return other

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Organization):
            return NotImplemented
        return (
            self._settings == other._settings
            and self._graph.nodes.keys() == other._graph.nodes.keys()
            and all(self._entity(n) == other._entity(n) for n in self._graph.nodes)
            and dict(self._graph.edges) == dict(other._graph.edges)
            and all(self.children(n) == other.children(n) for n in self.subtree())
            and all(self.attached(n) == other.attached(n) for n in self.subtree())
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        counts = (len(self.ous()), len(self.accounts()), len(self.policies()))
        return "Organization({} OUs, {} accounts, {} policies)".format(*counts)

    # ---- carrying out --------------------------------------------------------------------------------

    def _take(self, graph: nx.DiGraph[str]) -> None:
        self._graph = graph
        # The plain dicts behind networkx's views answer several times as fast; everything asks them all the time.
        self._data: dict[str, dict[str, Any]] = graph._node  # type: ignore[attr-defined]
        self._up: dict[str, dict[str, dict[str, Any]]] = graph._pred  # type: ignore[attr-defined]
        self._down: dict[str, dict[str, dict[str, Any]]] = graph._succ  # type: ignore[attr-defined]

    def _carry_out(self, edit: Edit) -> None:
        for change in edit.changes:
            self._change(change)
        self._log.append(edit)

    def _change(self, change: Change) -> None:
        self._perform_on_graph(change)
        self._walk.follow(change)
        if isinstance(change, (Add, Remove, Replace)):
            entity = change.after if isinstance(change, Replace) else change.entity
            if isinstance(entity, Policy):
                self._policies = None
            elif isinstance(entity, Account):
                self._head = None

    def _perform_on_graph(self, change: Change) -> None:
        graph = self._graph
        match change:
            case Add(entity, parent, index):
                graph.add_node(entity.id, entity=entity)
                if parent is not None:
                    self._place(parent, entity.id, index)
            case Remove(entity):
                self._names.forget(entity.id)
                graph.remove_node(entity.id)
                return
            case Replace(before, after):
                self._names.forget(before.id)
                graph.nodes[after.id]["entity"] = after
            case Move(node, old, _, new, index):
                self._names.forget(node)
                graph.remove_edge(old, node)
                self._place(new, node, index)
            case Attach(policy, target, index):
                self._bound = None
                graph.add_edge(policy, target, kind=ATTACHED)
                if index is not None:
                    others = [p.id for p in self.attached(target, implied=False) if p.id != policy]
                    self._put_behind([(other, target) for other in others[index:]])
                return
            case Detach(policy, target):
                self._bound = None
                graph.remove_edge(policy, target)
                return
            case Configure(_, settings):
                self._settings = settings
                return
        self._names.learn(change_node(change))

    def _place(self, parent: str, node: str, index: int | None) -> None:
        self._graph.add_edge(parent, node, kind=CONTAINS)
        if index is None or index == self._graph.out_degree(parent) - 1:
            return
        others = [child for child in self.children(parent) if child != node]
        self._put_behind([(parent, other) for other in others[index:]])

    def _put_behind(self, edges: Iterable[tuple[str, str]]) -> None:
        # networkx keeps edges in the order they were added: those that belong behind a new one are added anew.
        for before, after in edges:
            kind = self._graph.edges[before, after]["kind"]
            self._graph.remove_edge(before, after)
            self._graph.add_edge(before, after, kind=kind)

    def _entity(self, node: str) -> Entity:
        entity: Entity = self._data[node]["entity"]
        return entity

    def _below(self, under: str) -> tuple[tuple[Target, str | None], ...]:
        return self.tree(self.find(under, "root", "ou", "account"))


def change_node(change: Change) -> str:
    """The id of the node that a change of the tree is about."""
    match change:
        case Add(entity) | Remove(entity) | Replace(_, entity):
            return entity.id
        case Move(node):
            return node
        case Attach(_, target) | Detach(_, target):
            return target
        case Configure():
            return "root"
