"""The smallest changes an organization knows, each with its inverse; an Edit is a labelled sequence of them."""

from __future__ import annotations

from dataclasses import dataclass

from orgkit.design.entities import Entity
from orgkit.design.sections import Settings


@dataclass(frozen=True, slots=True)
class Add:
    """Add a node; `parent` is None for a policy, `index` is its place among the parent's children (None: last)."""

    entity: Entity
    parent: str | None = None
    index: int | None = None

    @property
    def inverse(self) -> Remove:
        return Remove(self.entity, self.parent, self.index)


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove a node that has no children and to which nothing is attached."""

    entity: Entity
    parent: str | None
    index: int | None

    @property
    def inverse(self) -> Add:
        return Add(self.entity, self.parent, self.index)


@dataclass(frozen=True, slots=True)
class Replace:
    """Put another entity on the same node."""

    before: Entity
    after: Entity

    @property
    def inverse(self) -> Replace:
        return Replace(self.after, self.before)


@dataclass(frozen=True, slots=True)
class Move:
    """Give a node another parent; indices are places among the parents' children (None: last)."""

    node: str
    before: str
    before_index: int | None
    after: str
    after_index: int | None = None

    @property
    def inverse(self) -> Move:
        return Move(self.node, self.after, self.after_index, self.before, self.before_index)


@dataclass(frozen=True, slots=True)
class Attach:
    """Attach a policy to the root, an OU or an account; `index` is its place among the policies there (None: last)."""

    policy: str
    target: str
    index: int | None = None

    @property
    def inverse(self) -> Detach:
        return Detach(self.policy, self.target, self.index)


@dataclass(frozen=True, slots=True)
class Detach:
    """Detach a policy."""

    policy: str
    target: str
    index: int | None = None

    @property
    def inverse(self) -> Attach:
        return Attach(self.policy, self.target, self.index)


@dataclass(frozen=True, slots=True)
class Configure:
    """Put other settings beside the tree."""

    before: Settings
    after: Settings

    @property
    def inverse(self) -> Configure:
        return Configure(self.after, self.before)


Change = Add | Remove | Replace | Move | Attach | Detach | Configure


@dataclass(frozen=True, slots=True)
class Edit:
    """What one verb does to an organization: a label to read, and the changes in order."""

    label: str
    changes: tuple[Change, ...]

    @property
    def inverse(self) -> Edit:
        return Edit(f"undo: {self.label}", tuple(change.inverse for change in reversed(self.changes)))

    def __str__(self) -> str:
        return self.label
