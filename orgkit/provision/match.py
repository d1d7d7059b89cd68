"""Which thing of the live organization is which of the design: identity, before any comparison.

An account is matched by its pinned id, else by email; an OU by its pinned id, else by the path of names that AWS shows,
after the `moved:` entries; a policy by its pinned id, else by type and name; the management account by its role.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from orgkit.design import Account, Entity, Organization, OrganizationalUnit, Policy, Problem
from orgkit.design.sections import Moved


@dataclass(slots=True)
class Match:
    """Pairs of node ids, in both directions, and what stands in the way of matching the rest."""

    live: dict[str, str] = field(default_factory=dict)  # design node → live node
    design: dict[str, str] = field(default_factory=dict)  # live node → design node
    problems: list[Problem] = field(default_factory=list)

    def pair(self, design: str, live: str) -> None:
        self.live[design] = live
        self.design[live] = design


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
    _ous(design, live, by_id, found)
    _policies(design, live, by_id, found)
    return found


def _accounts(design: Organization, live: Organization, by_id: dict[str, str], found: Match) -> None:
    emails = {a.email.casefold(): a.id for a in live.accounts() if not a.management}
    for move in design.settings.moved:
        old, new = move.old.casefold(), move.new.casefold()
        if "@" in old and old in emails and new not in emails:
            emails[new] = emails.pop(old)
    mine = [a for a in design.accounts() if not a.management]
    _pair_pinned(design, live, mine, by_id, found)
    for account in mine:
        candidate = emails.get(account.email.casefold())
        if account.aws_id is None and candidate is not None and candidate not in found.design:
            found.pair(account.id, candidate)


def _ous(design: Organization, live: Organization, by_id: dict[str, str], found: Match) -> None:
    paths = {path: node for node, path in ou_paths(live).items()}
    for move in design.settings.moved:
        paths = _moved(paths, move)
    mine = design.ous()
    _pair_pinned(design, live, mine, by_id, found)
    path_of = {node: path for path, node in paths.items()}
    for node, path in ou_paths(design).items():
        entity = design.entity(node)
        if entity.aws_id is not None:
            continue
        # A parent that was matched by its id may have another path in AWS; its children are found below it there.
        above = path_of.get(found.live.get(design.parent(node) or "", ""), "")
        candidate = paths.get(f"{above}/{entity.name}") if above else None
        candidate = candidate or paths.get(path)
        if candidate is not None and candidate not in found.design:
            found.pair(node, candidate)


def _policies(design: Organization, live: Organization, by_id: dict[str, str], found: Match) -> None:
    names = {(p.type, p.name): p.id for p in live.policies()}
    mine = design.policies()
    _pair_pinned(design, live, mine, by_id, found)
    for policy in mine:
        candidate = names.get((policy.type, policy.name))
        if policy.aws_id is None and candidate is not None and candidate not in found.design:
            found.pair(policy.id, candidate)


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


def _moved(paths: dict[str, str], move: Moved) -> dict[str, str]:
    """The paths after one entry; an entry that was carried out already, or never will be, changes nothing."""
    old, new = move.old.strip("/"), move.new.strip("/")
    if old not in paths or new in paths:
        return paths
    below = f"{old}/"
    return {
        new + path[len(old) :] if path == old or path.startswith(below) else path: node for path, node in paths.items()
    }


def _pair_pinned(
    design: Organization,
    live: Organization,
    entities: Iterable[Account | OrganizationalUnit | Policy],
    by_id: dict[str, str],
    found: Match,
) -> None:
    for entity in entities:
        if entity.aws_id is None:
            continue
        candidate = by_id.get(entity.aws_id)
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
