"""What edits touch: which accounts, OUs and policies may be judged otherwise now, and which surely not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from types import UnionType
from typing import Any, Final, Literal

from orgkit.design.changes import Add, Attach, Change, Configure, Detach, Move, Remove, Replace
from orgkit.design.entities import Account, Entity, Policy
from orgkit.design.organization import Organization

# How much of the tree a judgement of one thing looks at beside the thing and what is attached to it: "above" what
# stands over it, with the policies there (over everything it is attached to, for a policy); "below" what stands under
# it; "around" both.
Sees = Literal["itself", "above", "below", "around"]
# The settings that judgements of single things may read; after a change of one of them all are made anew.
READ: Final = ("features", "policy_types", "partition", "limits", "cost", "organization_id")


class Touched:
    """What some changes touch, `org` being the organization after them.

    `whole`: everything may be judged otherwise. A node that was removed counts as touched.
    """

    def __init__(self, org: Organization, changes: Iterable[Change], *, whole: bool = False) -> None:
        self._org = org
        self._own: set[str] = set()
        self._parents: set[str] = set()
        self._all: dict[Any, list[Any]] = {}
        self.whole = whole
        for change in changes:
            self._take(change)

    @classmethod
    def everything(cls, org: Organization) -> Touched:
        """Nothing is known of before."""
        return cls(org, (), whole=True)

    def nodes(self, sees: Sees) -> frozenset[str]:
        """Ids of what may be judged otherwise by who sees so much; not to be asked where it is `whole`."""
        return self._nodes[sees]

    def things(self, of: type[Entity] | UnionType, sees: Sees) -> Sequence[Any]:
        """The same as entities, of a class or several, as far as they are still there."""
        org = self._org
        if self.whole:
            if of not in self._all:
                self._all[of] = [one for one in org.entities() if isinstance(one, of)]
            return self._all[of]
        return [one for node in self._nodes[sees] if node in org and isinstance(one := org.entity(node), of)]

    @cached_property
    def _nodes(self) -> dict[Sees, frozenset[str]]:
        own = frozenset(self._own)
        return {
            "itself": own,
            "above": own | self._beneath,
            "below": own | self._over,
            "around": own | self._beneath | self._over,
        }

    @cached_property
    def _beneath(self) -> set[str]:
        """Everything below, and the policies attached there."""
        org = self._org
        found: set[str] = set()
        for node in self._own:
            if node not in found and node in org and not isinstance(org.entity(node), Policy):
                found.update(org.subtree(node))
        return found | {policy.id for node in found for policy in org.attached(node, implied=False)}

    @cached_property
    def _over(self) -> set[str]:
        """Everything above, before and after."""
        org = self._org
        return {above for node in self._own | self._parents if node in org for above in org.chain(node)}

    def _take(self, change: Change) -> None:
        org = self._org
        match change:
            case Add(entity, parent) | Remove(entity, parent):
                self._own.add(entity.id)
                self._parents.update([parent] if parent else [])
                self._refer(entity)
            case Replace(before, after):
                self.whole |= before.aws_id != after.aws_id  # which any policy may name
                self._own.add(after.id)
                if _said(before) != _said(after):
                    self._refer(after)
            case Move(node, old, _, new):
                self._own.update(org.subtree(node) if node in org else [node])
                self._parents.update((old, new))
            case Attach(policy, target) | Detach(policy, target):
                self._own.update((policy, target))
            case Configure(before, after):
                self.whole |= any(getattr(before, name) != getattr(after, name) for name in READ)

    def _refer(self, entity: Entity) -> None:
        """What a policy says touches its targets; what an account is, the policies that refer to accounts."""
        org = self._org
        if isinstance(entity, Policy):
            self._own.update(org.targets(entity.id) if entity.id in org else ())
        elif isinstance(entity, Account):
            for policy in org.policies():
                if f"account.{entity.handle}." in policy.content:  # {{account.shop.id}}
                    self._own.update((policy.id, *org.targets(policy.id)))


def _said(entity: Entity) -> tuple[str, ...]:
    """What other things say by naming this one."""
    if isinstance(entity, Policy):
        return entity.content, entity.type, entity.handle
    return (entity.name, entity.email) if isinstance(entity, Account) else ()
