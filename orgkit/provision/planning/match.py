"""Which thing of the live organization is which of the design: identity, before any comparison.

An account is matched by its pinned id, else by email; an OU by its pinned id, else by the path of names that AWS shows,
after the `moved:` entries that are still to be followed; a policy by its pinned id, else by type and name, after them
too; the management account by its role.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from orgkit.cloud.looking import INVITED
from orgkit.design import Account, Entity, Organization, OrganizationalUnit, Policy, Problem
from orgkit.provision.planning.moves import Agreement, Name, follow


@dataclass(slots=True)
class Match:
    """Pairs of node ids, in both directions, and what stands in the way of matching the rest."""

    live: dict[str, str] = field(default_factory=dict)  # design node → live node
    design: dict[str, str] = field(default_factory=dict)  # live node → design node
    problems: list[Problem] = field(default_factory=list)

    def pair(self, design: str, live: str) -> None:
        self.live[design] = live
        self.design[live] = design

    def take(self, pairs: Mapping[str, str]) -> None:
        for design, live in pairs.items():
            self.pair(design, live)


def match(design: Organization, live: Organization) -> Match:
    """Pair the nodes of both organizations."""
    found = Match()
    found.pair(design.root.id, live.root.id)
    if live.settings.organization_id is None:
        return found
    if design.management is not None and live.management is not None:
        found.pair(design.management.id, live.management.id)
    by_id = {entity.aws_id: entity.id for entity in entities(live) if entity.aws_id is not None}
    _accounts(design, live, by_id, found)
    _policies(design, live, by_id, found)
    _ous(design, live, by_id, found)
    return found


# What no entry leads to is looked for once more under the name that it has: AWS would refuse a second one of it.


def _accounts(design: Organization, live: Organization, by_id: dict[str, str], found: Match) -> None:
    emails: dict[Name, str] = {(a.email.casefold(),): a.id for a in live.accounts() if not a.management}
    moves = [((move.old.casefold(),), (move.new.casefold(),)) for move in design.settings.moved if move.policy is None]
    mine = [a for a in design.accounts() if not a.management]
    _pair_pinned(design, live, mine, by_id, found)
    searched = [a for a in mine if a.aws_id is None]

    def pair(names: Mapping[Name, str]) -> Mapping[str, str]:
        candidates = {a.id: names.get((a.email.casefold(),)) for a in searched}
        return {a: b for a, b in candidates.items() if b and a not in found.live and b not in found.design}

    def agreement(pairs: Mapping[str, str]) -> Agreement:
        alike = sum(design.entity(mine).name == live.entity(it).name for mine, it in pairs.items())
        return _agreement(pairs, len(searched), alike=alike, could=len(searched))

    found.take(follow(emails, moves, pair, agreement))
    found.take(pair(emails))


def _policies(design: Organization, live: Organization, by_id: dict[str, str], found: Match) -> None:
    names: dict[Name, str] = {(p.type, p.name): p.id for p in live.policies()}
    moves = [
        ((move.policy, move.old), (move.policy, move.new)) for move in design.settings.moved if move.policy is not None
    ]
    mine = design.policies()
    _pair_pinned(design, live, mine, by_id, found)
    searched = [p for p in mine if p.aws_id is None]

    def pair(names: Mapping[Name, str]) -> Mapping[str, str]:
        candidates = {p.id: names.get((p.type, p.name)) for p in searched}
        return {a: b for a, b in candidates.items() if b and a not in found.live and b not in found.design}

    def agreement(pairs: Mapping[str, str]) -> Agreement:
        alike = sum(_content(design, mine) == _content(live, it) for mine, it in pairs.items())
        return _agreement(pairs, len(searched), alike=alike, could=len(searched))

    found.take(follow(names, moves, pair, agreement))
    found.take(pair(names))


def _ous(design: Organization, live: Organization, by_id: dict[str, str], found: Match) -> None:
    shown = ou_paths(live)
    moves = [
        (_steps(move.old.strip("/")), _steps(move.new.strip("/")))
        for move in design.settings.moved
        if move.policy is None
    ]
    mine = design.ous()
    _pair_pinned(design, live, mine, by_id, found)
    wanted = ou_paths(design)
    searched = [ou for ou in mine if ou.aws_id is None]

    def pair(names: Mapping[Name, str]) -> Mapping[str, str]:
        path_of = {node: path for path, node in names.items()}
        pairs: dict[str, str] = {}
        taken: set[str] = set()
        for node, path in wanted.items():
            entity = design.entity(node)
            if entity.aws_id is not None:
                continue
            # A parent that was matched by its id may have another path in AWS; its children are found below it there.
            parent = design.parent(node) or ""
            above = path_of.get(found.live.get(parent) or pairs.get(parent, ""), ())
            candidate = names.get((*above, *_steps(entity.name))) if above else None
            candidate = candidate or names.get(_steps(path))
            if candidate is not None and candidate not in found.design and candidate not in taken:
                pairs[node] = candidate
                taken.add(candidate)
        return pairs

    def agreement(pairs: Mapping[str, str]) -> Agreement:
        return _agreement(pairs, len(searched), **_evidence(design, live, found, pairs))

    found.take(follow({_steps(path): node for node, path in shown.items()}, moves, pair, agreement))
    _namesakes(design, live, found, wanted)


def _namesakes(design: Organization, live: Organization, found: Match, wanted: Iterable[str]) -> None:
    """What has the same name in the same place is the same."""
    for node in wanted:
        above = found.live.get(design.parent(node) or "")
        if node in found.live or above is None or design.entity(node).aws_id is not None:
            continue
        for child in live.children(above):
            entity = live.entity(child)
            if entity.kind == "ou" and entity.name == design.entity(node).name and child not in found.design:
                found.pair(node, child)


def _evidence(design: Organization, live: Organization, found: Match, pairs: Mapping[str, str]) -> dict[str, int]:
    """What stands in the OUs, hangs on them and is written on them: how much agrees, and how much could."""
    ou_of = {**found.live, **pairs}
    accounts = [account.id for account in design.accounts() if account.id in found.live]
    placed = sum(ou_of.get(design.parent(node) or "") == live.parent(found.live[node]) for node in accounts)
    alike = could = 0
    for ou in design.ous():
        policies = [policy.id for policy in design.attached(ou.id, implied=False)]
        could += len(policies) + len(ou.tags)
        it = ou_of.get(ou.id)
        if it is not None:
            there = {found.design.get(policy.id) for policy in live.attached(it, implied=False)}
            alike += len(there.intersection(policies)) + len(ou.tags.items() & live.target(it).tags.items())
    return {"placed": placed, "could_place": len(accounts), "alike": alike, "could": could}


def _agreement(
    pairs: Mapping[str, str], wanted: int, *, alike: int, could: int, placed: int = 0, could_place: int = 0
) -> Agreement:
    missing = wanted - len(pairs)
    whole = not missing and placed == could_place and alike == could
    return Agreement(len(pairs), placed, alike, missing=missing, whole=whole)


def _content(org: Organization, policy: str) -> object:
    entity = org.entity(policy)
    assert isinstance(entity, Policy)
    try:
        return json.loads(entity.content)
    except ValueError:
        return entity.content


def _steps(path: str) -> Name:
    return tuple(path.split("/"))


def entities(org: Organization) -> Iterator[Entity]:
    """Every entity: root, OUs, accounts and policies."""
    yield from (org.entity(node) for node in org.graph.nodes)


def ou_paths(org: Organization) -> dict[str, str]:
    """Every OU's path of names as AWS shows them, parents before children."""
    paths: dict[str, str] = {}
    waiting = [(org.root.id, "")]
    while waiting:
        above, path = waiting.pop()
        for node in org.children(above):
            entity = org.entity(node)
            if isinstance(entity, OrganizationalUnit):
                paths[node] = f"{path}/{entity.name}" if path else entity.name
                waiting.append((node, paths[node]))
    return paths


def _pair_pinned(
    design: Organization,
    live: Organization,
    entities: Iterable[Account | OrganizationalUnit | Policy],
    by_id: dict[str, str],
    found: Match,
) -> None:
    invited = live.surroundings.get(INVITED, ())
    for entity in entities:
        if entity.aws_id is None or entity.aws_id in invited:
            continue
        candidate = by_id.get(entity.aws_id)
        if candidate is None and entity.kind == "policy" and "policies" in live.unknown:
            continue  # the plan says that policies could not be read
        if candidate is None or live.entity(candidate).kind != entity.kind:
            found.problems.append(
                Problem(
                    code="pinned-id-unknown",
                    severity="error",
                    where=design.where(entity.id),
                    message=f"the live organization has no {entity.kind} with the pinned id {entity.aws_id}",
                    fix="Correct the id, or take it out to have it matched by name or created.",
                    node=entity.id,
                )
            )
        elif candidate in found.design:
            other = design.path(found.design[candidate])
            found.problems.append(
                Problem(
                    code="pinned-id-twice",
                    severity="error",
                    where=design.where(entity.id),
                    message=f"the pinned id {entity.aws_id} is that of {other} too",
                    fix="Give each its own id.",
                    node=entity.id,
                )
            )
        else:
            found.pair(entity.id, candidate)
