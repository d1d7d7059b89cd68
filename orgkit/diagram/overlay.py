"""Two organizations laid over each other: what is in both, what was added, removed, moved or changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields, replace

from orgkit.design import Account, Organization, Policy, Target

# Not a difference between a design and the live organization: where a fact was read, or what only AWS knows.
_BESIDE = frozenset({"id", "handle", "aws_id", "declared", "managed_by", "joined", "state", "full_aws_access"})


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of a node. `kind` is added, removed, moved, changed or empty; `notes` say what of it."""

    kind: str = ""
    notes: tuple[str, ...] = ()
    attached: tuple[Policy, ...] = ()
    detached: tuple[Policy, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.kind or self.attached or self.detached)


class Overlay:
    """A tree that can be drawn: `after`, with what only `before` has at the place where it stood.

    `apart` names fields that are not compared.
    """

    def __init__(self, before: Organization, after: Organization, *, apart: Collection[str] = ()) -> None:
        self.after = after
        self._twins = dict(_twins(before, after))  # node in before → node in after
        self.places = {new: old for old, new in self._twins.items()}  # node here → node in before, where it has one
        self._children = {node: list(after.children(node)) for node in after.subtree()}
        self._entities: dict[str, Target] = {node: after.target(node) for node in self._children}
        self.differences: dict[str, Difference] = {
            node: _difference(before, self.places.get(node), after, node, self._twins, _BESIDE.union(apart))
            for node in self._children
        }
        shown = dict(self._twins)
        for old in before.subtree():
            if old in shown:
                continue
            parent = before.parent(old)
            assert parent is not None  # roots are twins
            node = old if old not in self._entities else f"before:{old}"
            shown[old] = node
            self.places[node] = old
            self._entities[node] = replace(before.target(old), id=node)
            self._children[node] = []
            self._children[shown[parent]].append(node)
            self.differences[node] = Difference("removed", detached=before.attached(old, implied=False))

    def entity(self, ref: str) -> Target:
        return self._entities[ref]

    def children(self, node: str) -> list[str]:
        return self._children[node]


def _twins(before: Organization, after: Organization) -> Iterator[tuple[str, str]]:
    """Which node of `before` is which node of `after`.

    By AWS's id first, then an account by its email (the management account by its role), then by the id in the graph,
    then an OU by its path: a design and the live organization share no more than that.
    """
    by_aws_id: dict[str, str] = {}
    by_email: dict[str, str] = {}
    by_path: dict[str, str] = {}
    kinds: dict[str, str] = {}
    for node in after.subtree():
        entity = after.target(node)
        kinds[node] = entity.kind
        if entity.aws_id:
            by_aws_id[entity.aws_id] = node
        if isinstance(entity, Account):
            by_email["management" if entity.management else entity.email.casefold()] = node
        else:
            by_path[after.aws_path(node)] = node
    taken: set[str] = set()
    for old in before.subtree():
        entity = before.target(old)
        if isinstance(entity, Account):
            natural = by_email.get("management" if entity.management else entity.email.casefold())
            candidates = [by_aws_id.get(entity.aws_id or ""), natural, old]
        elif entity.kind == "root":
            candidates = [after.root.id]
        else:
            candidates = [by_aws_id.get(entity.aws_id or ""), old, by_path.get(before.aws_path(old))]
        for new in candidates:
            if new is not None and new not in taken and kinds.get(new) == entity.kind:
                taken.add(new)
                yield old, new
                break


def _difference(
    before: Organization,
    old: str | None,
    after: Organization,
    new: str,
    twins: Mapping[str, str],
    apart: Collection[str],
) -> Difference:
    now = {(policy.type, policy.name): policy for policy in after.attached(new, implied=False)}
    if old is None:
        return Difference("added", attached=tuple(now.values()))
    then = {(policy.type, policy.name): policy for policy in before.attached(old, implied=False)}
    was, parent = before.target(old), before.parent(old)
    attached = tuple(policy for key, policy in now.items() if key not in then)
    detached = tuple(policy for key, policy in then.items() if key not in now)
    if parent is not None and twins.get(parent) != after.parent(new):
        return Difference("moved", (f"from {before.aws_path(parent)}",), attached, detached)
    entity = after.target(new)
    declared = entity.declared | was.declared  # what neither design states is left alone
    if isinstance(entity, Account) and entity.management:
        apart = {*apart, "email"}  # known by its role: its email is whatever AWS says
    changed = [
        field.name
        for field in fields(entity)
        if field.name not in apart
        and (field.name in declared or old == new)
        and getattr(was, field.name) != getattr(entity, field.name)
    ]
    notes = tuple(name.replace("_", " ") for name in changed)
    if was.full_aws_access != entity.full_aws_access:
        notes += ("FullAWSAccess attached" if entity.full_aws_access else "FullAWSAccess detached",)
    return Difference("changed" if notes else "", notes, attached, detached)
