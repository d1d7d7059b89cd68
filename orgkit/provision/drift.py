"""Drift: how the live organization differs from the design, and on which side the change was made.

Three ways: the design as it is now, the design as it was last applied (the journal has it), and what is live. A
difference is what a plan would do about it, so whatever can be planned can drift. Planned for the design as applied,
the same step says that somebody changed the live organization; no such step, that the design was changed, not applied.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from orgkit.design import Account, Edit, Organization, OrganizationalUnit, Policy
from orgkit.design.changes import Change, Replace
from orgkit.provision.drift_words import words
from orgkit.provision.execution.journal import Past
from orgkit.provision.looked_at import looked_at
from orgkit.provision.planning import references
from orgkit.provision.planning.difference import BOTH, DESIGN, EXTRA, LIVE, STATE, UNKNOWN, Difference, Drift
from orgkit.provision.planning.match import entities, match, ou_paths
from orgkit.provision.planning.plan import Plan
from orgkit.provision.planning.planner import plan
from orgkit.provision.planning.steps import Step

_MAKES: Final = "create_"
_TAGGING: Final = ("tag", "untag")
PROVISION: Final = "provision_permission_set"
_FOR_SERVICES: Final = ("create_service_role:", "create_service_linked_role:")
_REMOVES: Final = frozenset({"delete_ou", "delete_policy", "close_account", "remove_account"})


def drift(design: Organization, applied: Past | Organization | None, live: Organization) -> Drift:
    """Compare a design with what was applied last and with what is live.

    `applied` is a run from a journal (`last_design`), or the design of it; without it no difference says which side
    changed. Nothing is written, and the design is not edited.
    """
    past = applied if isinstance(applied, Past) else None
    base = past.plan.design.organization if past is not None and past.plan.design is not None else None
    if isinstance(applied, Organization):
        base = applied
    ids = known_ids(past) if past is not None else {}
    pinned = pin(design, ids, live)
    live = looked_at(pinned, live)
    wanted = plan(pinned, live)
    before = pin(base, ids, live) if base is not None else None
    earlier = plan(before, looked_at(before, live)) if before is not None else None
    unfinished = frozenset(step.id for step in past.plan.steps) - past.done.keys() if past is not None else frozenset()
    found = [
        *_stepwise(wanted, earlier, unfinished, live),
        *_states(pinned, live),
        *_extras(pinned, base, past, live, wanted),
    ]
    return Drift(
        differences=tuple(replace(one, number=number) for number, one in enumerate(found, 1)),
        unmanaged=wanted.unmanaged,
        held=wanted.held,
        unknown=tuple(live.unknown),
        applied_at=past.at if past is not None else None,
        compared=base is not None,
        design=design,
        pinned=pinned,
        live=live,
        plan=wanted,
    )


# ---- identity --------------------------------------------------------------------------------------


def known_ids(past: Past) -> dict[str, str]:
    """The ids of everything that a run found or made, by reference."""
    ids = dict(past.plan.ids)
    for step in past.plan.steps:
        ids.update(zip(step.produces, past.done.get(step.id, ()), strict=False))
    return ids


def design_names(org: Organization) -> dict[str, str]:
    """The references of a design, with the nodes they stand for."""
    names = {references.ROOT: org.root.id}
    names |= {references.account(account.handle): account.id for account in org.accounts()}
    names |= {references.policy(policy.handle): policy.id for policy in org.policies()}
    return names | {references.ou(org.path(ou.id)): ou.id for ou in org.ous()}


def pin(org: Organization, ids: Mapping[str, str], live: Organization) -> Organization:
    """A copy in which what was applied has the id it had then, so that a thing renamed by hand is known again."""
    there = {entity.aws_id for entity in entities(live) if entity.aws_id is not None}
    taken = {entity.aws_id for entity in entities(org)}
    copy = org.copy()
    changes: list[Change] = []
    for name, node in design_names(copy).items():
        entity = copy.entity(node)
        found = ids.get(name)
        if entity.aws_id is None and found in there - taken and not getattr(entity, "management", False):
            changes.append(Replace(entity, replace(entity, aws_id=found)))
    if changes:
        copy.perform(Edit("pin what is known", tuple(changes)))
    return copy


# ---- what a plan would do --------------------------------------------------------------------------


def _stepwise(
    wanted: Plan, earlier: Plan | None, unfinished: frozenset[str], live: Organization
) -> Iterator[Difference]:
    before = {step.id: step for step in earlier.steps} if earlier is not None else {}
    for steps in _grouped(wanted):
        sides = {_side(step, before, unfinished, compared=earlier is not None) for step in steps}
        first = steps[0]
        moved = f"{first.part_of.removeprefix('move ')}: it stands where it was" if first.part_of else ""
        yield Difference(
            number=0,
            kind=first.kind,
            place=first.place,
            text=moved or "; ".join(words(step, live) for step in (steps if first.kind in _TAGGING else steps[:1])),
            side=sides.pop() if len(sides) == 1 else BOTH,
            steps=tuple(step.id for step in steps),
            mends=tuple(step.text for step in steps),
        )


def _grouped(plan: Plan) -> Iterator[list[Step]]:
    """The steps of one difference together: of an OU that moves, of a thing that is missing, of the tags of a place.

    What a missing thing would get goes with it: steps at its place that wait for the one that makes it. A role that a
    service needs comes behind what needs it, as it is never the point; so does bringing a changed permission set to
    those who have it.
    """
    found: dict[str, list[Step]] = {}
    made: dict[str, str] = {}
    behind: dict[str, set[str]] = {}  # step → the steps that make something, and that it waits for
    before: dict[str, list[str]] = {}
    serves: dict[str, str] = {}  # the step of a service's role → the first that needs it
    for first, then, _ in plan.edges:
        before.setdefault(then, []).append(first)
        if first.startswith(_FOR_SERVICES):
            serves.setdefault(first, then)
    for step in plan.steps:
        mine = behind[step.id] = set()
        for first in before.get(step.id, ()):
            mine |= behind.get(first, set()) | ({first} if first.startswith(_MAKES) else set())
        key = step.id
        if step.part_of is not None:
            key = step.part_of
        elif step.id in serves:
            key = serves[step.id]
        elif step.kind == PROVISION and (changed := [one for one in before.get(step.id, ()) if one in found]):
            key = changed[0]
        elif step.kind.startswith(_MAKES):
            made.setdefault(step.place, key)
        elif made.get(step.place) in behind[step.id]:
            key = made[step.place]
        elif step.kind in _TAGGING:
            key = f"tags:{step.place}"
        found.setdefault(key, []).append(step)
    for together in found.values():
        yield sorted(together, key=lambda step: step.id in serves)


def _side(step: Step, before: Mapping[str, Step], unfinished: frozenset[str], *, compared: bool) -> str:
    if not compared:
        return UNKNOWN
    twin = before.get(step.id)
    if twin is None:
        return DESIGN
    if _meant(twin.parameters) != _meant(step.parameters):
        return BOTH
    return DESIGN if step.id in unfinished else LIVE


def _meant(value: Any) -> Any:
    """Parameters with their documents as what they say, however they are written."""
    if isinstance(value, Mapping):
        return {key: _meant(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_meant(inner) for inner in value]
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            return json.loads(value)
        except ValueError:
            return value  # a reference, such as {{organization.id}}
    return value


# ---- what no plan does by itself -------------------------------------------------------------------


def _states(design: Organization, live: Organization) -> Iterator[Difference]:
    """Accounts that somebody closed or AWS suspended."""
    for node, now in match(design, live).live.items():
        entity = live.entity(now)
        if isinstance(entity, Account) and entity.state != "ACTIVE":
            place = design.path(node)
            yield Difference(0, STATE, place, f"{place} is {entity.state}", LIVE, node=now)


def _extras(
    design: Organization, base: Organization | None, past: Past | None, live: Organization, wanted: Plan
) -> Iterator[Difference]:
    """What only AWS has, and had not when the design was applied; what it had then is unmanaged."""
    if base is None:
        return
    matched = match(design, live).design
    applied = match(pin(base, known_ids(past) if past is not None else {}, live), live).design
    then = past.plan.before if past is not None else {}
    going = {
        wanted.ids.get(name)
        for step in wanted.steps
        if step.kind in _REMOVES
        for name in references.named_in(step.parameters)
    }
    paths = ou_paths(live)
    inside: set[str] = set()
    for node in [*live.subtree(), *(policy.id for policy in live.policies())]:
        entity = live.entity(node)
        if node in matched or entity.aws_id in going:
            continue
        if live.parent(node) in inside if not isinstance(entity, Policy) else False:
            inside.add(node)
            continue
        if isinstance(entity, Account):
            key, what = f"account {entity.email}", f"account {live.path(node)} ({entity.email})"
        elif isinstance(entity, Policy):
            key, what = f"policy {entity.type}/{entity.name}", f"policy {entity.name} ({entity.type})"
        elif isinstance(entity, OrganizationalUnit):
            key, what = f"OU {paths[node]}", f"OU {paths[node]}"
        else:
            continue
        place = live.path(node)
        if node in applied:
            yield Difference(0, EXTRA, place, f"{what} is there, and was taken out of the design", DESIGN, node=node)
        elif key not in then:
            inside.add(node)
            yield Difference(0, EXTRA, place, f"{what} is new", LIVE, node=node)
