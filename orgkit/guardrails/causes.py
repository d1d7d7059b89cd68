"""Why an account's guardrails differ between two designs: moves, attachments, and policies that read otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from orgkit.design import RCP, SCP, Account, Organization
from orgkit.design.entities import IMPLIED
from orgkit.guardrails.inheritance import Texts, attached, binds, document
from orgkit.policy.catalogue import load_catalogue

_WORDS = {SCP: "service control policies", RCP: "resource control policies"}


@dataclass(frozen=True)
class Cause:
    """One change that reaches an account, in words, and the actions on which it can have a say."""

    words: str
    bits: int

    def __str__(self) -> str:
        return self.words


class Causes:
    """Finds the causes for the accounts of two designs; what two accounts share is looked at once."""

    def __init__(self, before: Organization, after: Organization) -> None:
        self._before = before
        self._after = after
        self._levels: dict[tuple[str | None, str | None, str], tuple[Cause, ...]] = {}

    def of(self, old: Account, new: Account) -> tuple[Cause, ...]:
        """The causes for one account, from the root down."""
        found: list[Cause] = []
        everything = load_catalogue().all_bits
        if old.management != new.management:
            word = "became" if new.management else "is no longer"
            found.append(Cause(f"{new.handle} {word} the management account", everything))
        before, after = self._before.ancestors(old.id), self._after.ancestors(new.id)
        moved = before[-1] != after[-1] and (
            before[-1] not in self._after or after[-1] not in self._before or before != after
        )
        if moved:
            found.append(
                Cause(f"moved from {self._before.path(before[-1])} to {self._after.path(after[-1])}", everything)
            )
        for type in (SCP, RCP):
            there, here = binds(self._before, old.id, type), binds(self._after, new.id, type)
            if there != here and not self._has_a_say(old, new, type):
                continue
            if there != here and old.management == new.management:
                found.append(Cause(f"{_WORDS[type]} {'switched on' if here else 'switched off'}", everything))
            elif here and not moved:
                for node in (*after, new.id):
                    found += self._at(old.id if node == new.id else node, node, type)
            elif here:
                # Below a move only what changed on levels that both paths share is another cause.
                for node in (one for one in (*after, new.id) if one in before or one == new.id):
                    found += self._at(old.id if node == new.id else node, node, type)
        return tuple(found)

    def _has_a_say(self, old: Account, new: Account, type: str) -> bool:
        """Whether the type, where it is switched on, has more to say than AWS's own allow-all."""
        levels = [attached(self._before, node, type) for node in self._before.chain(old.id)]
        levels += [attached(self._after, node, type) for node in self._after.chain(new.id)]
        return any(name != IMPLIED[type].handle for texts in levels for name, _ in texts) or (
            type == SCP and () in levels
        )

    def _at(self, old: str, new: str, type: str) -> tuple[Cause, ...]:
        key = (old, new, type)
        found = self._levels.get(key)
        if found is None:
            before = attached(self._before, old, type) if old in self._before else ()
            after = attached(self._after, new, type) if new in self._after else ()
            found = self._levels[key] = tuple(_differences(before, after, type, self._after.path(new)))
        return found


def _differences(before: Texts, after: Texts, type: str, path: str) -> Iterator[Cause]:
    if before == after:
        return
    old, new = dict(before), dict(after)
    for name, text in new.items():
        if name not in old:
            yield Cause(f"{name} attached to {path}", _bits(name, text, type))
        elif old[name] != text:
            yield Cause(f"{name} changed", _changed_bits(name, old[name], text, type))
    for name, text in old.items():
        if name not in new:
            yield Cause(f"{name} detached from {path}", _bits(name, text, type))


@lru_cache(maxsize=4096)
def _bits(name: str, text: str, type: str) -> int:
    bits = 0
    for statement in document(text, type, name).statements:
        bits |= statement.action_bits(load_catalogue())
    return bits


@lru_cache(maxsize=4096)
def _changed_bits(name: str, old: str, new: str, type: str) -> int:
    """The actions of statements that only one of the two texts has; where they stand in the policy is no matter."""
    bits = 0
    sides = [
        {repr((s.effect, s.actions, s.not_action, s.resources, s.not_resource, s.conditions, s.variables)): s
         for s in document(text, type, name).statements}
        for text in (old, new)
    ]  # fmt: skip
    for key in sides[0].keys() ^ sides[1].keys():
        bits |= (sides[0].get(key) or sides[1][key]).action_bits(load_catalogue())
    return bits
