"""The whole catalogue under one chain of levels: bit sets for each level, joined down the tree.

A level is read once for all accounts that see the same policies from the same viewpoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from orgkit.design import RCP
from orgkit.guardrails.inheritance import document
from orgkit.guardrails.meaning import Meaning, Viewpoint, meaning
from orgkit.policy.catalogue import Catalogue, load_catalogue


@dataclass(frozen=True)
class Open:
    """A statement that turns on something for some actions, with the policy that it stands in."""

    policy: str
    meaning: Meaning


@dataclass(frozen=True)
class LevelBits:
    """What one level says: actions surely denied, perhaps denied, surely allowed, perhaps allowed."""

    denied: int
    perhaps_denied: int
    allowed: int
    perhaps_allowed: int
    opens: tuple[Open, ...] = ()


@dataclass(frozen=True)
class ChainBits:
    """What a chain of levels says. `blocked` and `depends` are bit sets; all other actions are not blocked.

    `above` and `level` are what it is made of: the chain up to the level above, and the last level.
    """

    denied: int
    perhaps_denied: int
    allowed: int
    perhaps_allowed: int
    above: ChainBits | None
    level: LevelBits | None
    proven_blocked: int = 0  # what statements that are open one by one block, or leave alone, together
    proven_free: int = 0

    @cached_property
    def blocked(self) -> int:
        """Actions that a Deny surely catches, or that some level surely has no Allow for."""
        never = load_catalogue().all_bits & ~(self.allowed | self.perhaps_allowed)
        return self.denied | never | self.proven_blocked

    @cached_property
    def depends(self) -> int:
        """Actions for which it turns on what is open."""
        turning = self.perhaps_denied | (load_catalogue().all_bits & ~self.allowed)
        return turning & ~self.blocked & ~self.proven_free

    @property
    def opens(self) -> list[Open]:
        """Every statement on the chain that turns on something."""
        found = list(self.level.opens) if self.level else []
        return (self.above.opens if self.above else []) + found

    @cached_property
    def turns(self) -> tuple[tuple[tuple[str, ...], int], ...]:
        """Actions that depend, grouped by what they depend on: (keys, bit set), widest group first."""
        found: dict[tuple[str, ...], int] = {(): self.depends}
        for one in self.opens:
            for bits, keys in one.meaning.keys:
                cut: dict[tuple[str, ...], int] = {}
                for before, held in found.items():
                    if held & ~bits:
                        cut[before] = cut.get(before, 0) | (held & ~bits)
                    if held & bits:
                        both = tuple(sorted({*before, *keys}))
                        cut[both] = cut.get(both, 0) | (held & bits)
                found = cut
        return tuple(sorted(((k, b) for k, b in found.items() if b), key=lambda pair: (-pair[1].bit_count(), pair[0])))

    def keys(self, bit: int) -> tuple[str, ...]:
        """What one action (its bit) depends on."""
        found = {key for one in self.opens for bits, keys in one.meaning.keys if bits & bit for key in keys}
        return tuple(sorted(found))

    def below(self, level: LevelBits) -> ChainBits:
        """The chain with one more level."""
        return ChainBits(
            self.denied | level.denied,
            self.perhaps_denied | level.perhaps_denied,
            self.allowed & level.allowed,
            (self.allowed | self.perhaps_allowed) & (level.allowed | level.perhaps_allowed),
            self,
            level,
        )


def unbound() -> ChainBits:
    """No level binds: nothing is blocked."""
    return ChainBits(0, 0, load_catalogue().all_bits, 0, None, None)


def level_bits(read: list[tuple[str, Meaning]], type: str, viewpoint: Viewpoint) -> LevelBits:
    """Join what a level's statements mean, each with its policy's name; an RCP's Allow decides nothing."""
    denied = perhaps_denied = allowed = perhaps_allowed = parts = 0
    opens = []
    allows: list[Meaning] = []
    for name, one in read:
        if one.statement.effect == "Deny":
            denied |= one.yes
            perhaps_denied |= one.maybe
        elif type == RCP:
            continue
        else:
            allowed |= one.yes
            perhaps_allowed |= one.maybe
            parts |= one.part
            allows.append(one)
        if one.maybe:
            opens.append(Open(name, one))
    if type == RCP:
        allowed = load_catalogue().all_bits
    elif parts & ~allowed:
        allowed, perhaps_allowed = _several_resources(parts & ~allowed, allows, allowed, perhaps_allowed, viewpoint)
    return LevelBits(denied, perhaps_denied & ~denied, allowed, perhaps_allowed & ~allowed, tuple(opens))


def read_document(name: str, text: str, type: str, viewpoint: Viewpoint) -> list[tuple[str, Meaning]]:
    """What each statement of a policy means from a viewpoint; RCPs bind only services that support them."""
    catalogue = load_catalogue()
    among = catalogue.rcp_bits if type == RCP else catalogue.all_bits
    return [(name, meaning(one, among, viewpoint)) for one in document(text, type, name).statements]


def _several_resources(
    bits: int, meanings: list[Meaning], allowed: int, perhaps: int, viewpoint: Viewpoint
) -> tuple[int, int]:
    """Calls whose resources are allowed by different statements of the level: each resource needs one of them."""
    catalogue: Catalogue = load_catalogue()
    for action in catalogue.names(bits):
        bit = 1 << catalogue.index[action.lower()]
        mine = [one.statement for one in meanings if one.statement.action_bits(catalogue) & bit]
        keys = frozenset(
            key.lower()
            for statement in mine
            for key in (*(k for c in statement.conditions for k in c.keys), *statement.resource_keys)
        )
        results = set()
        for views in viewpoint.views(action, keys):
            each = [{statement.applies(view) for statement in mine} for view in views]
            results.add(all(True in one for one in each) or (None if all(one - {False} for one in each) else False))
        if results == {True}:
            allowed |= bit
        elif results == {False}:
            perhaps &= ~bit
        else:
            perhaps |= bit
    return allowed, perhaps
