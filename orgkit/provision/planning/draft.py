"""A plan in the making: both organizations, what is matched, the names of things, and the steps so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orgkit.cloud.looking import INVITED
from orgkit.design import Account, Organization, OrganizationalUnit, Policy, Problem, Severity
from orgkit.provision.parts.removals import Removals
from orgkit.provision.planning import references
from orgkit.provision.planning.match import Match, entities, ou_paths
from orgkit.provision.planning.steps import NEUTRAL, Step

CONTROL_TOWER = "control-tower"
# https://docs.aws.amazon.com/controltower/latest/userguide/guardrails.html
_CONTROL_TOWERS_POLICIES = "aws-guardrails-"


class Draft:
    """Collects steps and findings; the parts of the planner write into it.

    `ids` binds the references that are known already. `after` are the orderings that references alone do not show, as
    (step, step before it). `held` are differences that are not carried out, `blocked` what stops the plan.
    """

    def __init__(self, design: Organization, live: Organization, match: Match, removals: Removals) -> None:
        self.design = design
        self.live = live
        self.match = match
        self.removals = removals
        self.quotas = design.quotas
        self.exists = live.settings.organization_id is not None
        self.steps: dict[str, Step] = {}
        self.after: list[tuple[str, str]] = []
        self.touches: dict[str, tuple[str, ...]] = {}  # policy step → references of where it happens
        self.moves: dict[str, tuple[str, str | None]] = {}  # step → account of the design, live parent it comes from
        self.held: list[Problem] = []
        self.blocked: list[Problem] = list(match.problems)
        self.unmanaged: list[Problem] = []
        self.ids: dict[str, str] = {}
        self.design_paths = ou_paths(design)
        self.live_paths = ou_paths(live)
        self.handle_paths = _handle_paths(design)
        self._places: dict[str, str] = dict(self.handle_paths)
        self.managed_by = _managed_by(design)
        self.invited = frozenset(party.casefold() for party in live.surroundings.get(INVITED, ()))
        self.recreated: set[str] = _recreated(design, live, match)  # design nodes of OUs that get a new id
        self._learn_ids()

    # ---- names -----------------------------------------------------------------------------------

    def name(self, node: str) -> str:
        """The reference that stands for a node of the design."""
        entity = self.design.entity(node)
        if isinstance(entity, Policy):
            return references.policy(entity.handle)
        if isinstance(entity, Account):
            return references.account(entity.handle)
        if isinstance(entity, OrganizationalUnit):
            return references.ou(self.handle_paths[node])
        return references.ROOT

    def live_name(self, node: str) -> str:
        """The reference that stands for a node of the live organization as it is now."""
        matched = self.match.design.get(node)
        if matched is not None and matched not in self.recreated:
            return self.name(matched)
        entity = self.live.entity(node)
        if isinstance(entity, Policy):
            return references.policy(f"{entity.type}/{entity.name}")
        if isinstance(entity, Account):
            return references.account(entity.email)
        return references.ou(f"/{self.live_paths[node]}")

    def ref(self, node: str) -> str:
        return references.written(self.name(node))

    def live_ref(self, node: str) -> str:
        return references.written(self.live_name(node))

    def place(self, node: str) -> str:
        """How a person knows a node of the design."""
        found = self._places.get(node)
        if found is None:
            above = self.handle_paths.get(self.design.parent(node) or "")
            own = self.design.entity(node).handle
            found = self._places[node] = f"{above}/{own}" if above else own
        return found

    def live_place(self, node: str) -> str:
        return self.live_paths.get(node) or self.live.path(node)

    def _learn_ids(self) -> None:
        if not self.exists:
            return
        assert self.live.settings.organization_id is not None
        self.ids[references.ORGANIZATION] = self.live.settings.organization_id
        for entity in entities(self.live):
            if entity.aws_id is not None:
                self.ids[self.live_name(entity.id)] = entity.aws_id

    # ---- writing ---------------------------------------------------------------------------------

    def add(
        self,
        kind: str,
        key: str,
        text: str,
        *,
        place: str,
        why: str = "",
        parameters: Mapping[str, Any] | None = None,
        produces: Iterable[str] = (),
        account: str | None = None,
        role: str | None = None,
        part_of: str | None = None,
        effect: str = NEUTRAL,
        after: Iterable[str] = (),
        notes: Iterable[str] = (),
        reaches: Iterable[str] = (),
    ) -> str:
        """Add a step and return its id, which is its kind and a key that is unique among its kind."""
        step = Step(
            id=f"{kind}:{key}",
            kind=kind,
            place=place,
            text=text,
            why=why,
            parameters=dict(parameters or {}),
            produces=tuple(produces),
            account=account,
            role=role,
            part_of=part_of,
            effect=effect,
            notes=tuple(notes),
            reaches=tuple(reaches),
        )
        self.steps[step.id] = step
        self.after += [(step.id, before) for before in after]
        return step.id

    def hold(self, code: str, where: str, message: str, fix: str, *, severity: Severity = "note") -> None:
        """Say of a difference that it is not carried out, and what would do it."""
        self.held.append(Problem(code=code, severity=severity, where=where, message=message, fix=fix))

    def block(self, code: str, where: str, message: str, fix: str) -> None:
        """Say what AWS, or orgkit, would refuse half-way."""
        self.blocked.append(Problem(code=code, severity="error", where=where, message=message, fix=fix))

    def leave(self, where: str, message: str, fix: str = "") -> None:
        """Say of something live that the design does not mention it."""
        self.unmanaged.append(Problem(code="unmanaged", severity="note", where=where, message=message, fix=fix))

    def part_of(self, node: str) -> str | None:
        """The move of an OU that a step about this node belongs to, if it is part of one."""
        return (
            f"move OU {self.live_place(self.match.live[node])} to {self.place(node)}"
            if node in self.recreated
            else None
        )

    def left_to(self, node: str) -> str | None:
        """Who else writes this node of the design, if anybody; a step about it is then left to them."""
        return self.managed_by.get(node)

    def live_left_to(self, node: str) -> str | None:
        """Who else writes this node of the live organization: it, or what it stands in, is marked in the design."""
        entity = self.live.entity(node)
        if isinstance(entity, Policy):
            owner = self.managed_by.get(self.match.design.get(node, ""))
            return owner or (CONTROL_TOWER if entity.name.startswith(_CONTROL_TOWERS_POLICIES) else None)
        above = (self.managed_by.get(self.match.design.get(one, "")) for one in reversed(self.live.chain(node)))
        return next(filter(None, above), None)

    def leave_to(self, owner: str, where: str, message: str) -> None:
        """Say of a difference that it is left to who else writes there."""
        self.hold("managed-elsewhere", where, f"{message}; that is left to {owner}", f"Change it with {owner}.")


def _handle_paths(design: Organization) -> dict[str, str]:
    paths: dict[str, str] = {}
    for ou in design.ous():
        above = paths.get(design.parent(ou.id) or "")
        paths[ou.id] = f"{above}/{ou.handle}" if above else ou.handle
    return paths


def _managed_by(design: Organization) -> dict[str, str]:
    """Every node in a subtree, or every policy, that is marked as somebody else's."""
    found: dict[str, str] = {p.id: p.managed_by for p in design.policies() if p.managed_by}
    for node in design.subtree():
        entity = design.entity(node)
        assert not isinstance(entity, Policy)
        above = found.get(design.parent(node) or "")
        owner = entity.managed_by or above
        if owner:
            found[node] = owner
    return found


def _recreated(design: Organization, live: Organization, match: Match) -> set[str]:
    """OUs that stand elsewhere in the design: AWS cannot move them, so they and all OUs in them are made anew."""
    found: set[str] = set()
    for ou in design.ous():
        now = match.live.get(ou.id)
        parent = design.parent(ou.id)
        assert parent is not None
        if now is not None and (parent in found or match.live.get(parent) != live.parent(now)):
            found.add(ou.id)
    return found
