"""A live organization as plain facts by path, email and name: what a plan was made for, and what has changed since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from orgkit.cloud.read_billing import BUDGETS, CONTACTS, COST_TAGS
from orgkit.design import Account, Organization, Policy, Target
from orgkit.provision.parts.access_snapshot import access_facts
from orgkit.provision.planning.looked_facts import looked_facts
from orgkit.provision.planning.match import ou_paths

MOST_SHOWN = 20
Snapshot = Mapping[str, Mapping[str, Any]]


def snapshot(live: Organization) -> dict[str, dict[str, Any]]:
    """The facts that a plan rests on, as JSON."""
    if live.settings.organization_id is None:
        return {}
    return dict(_facts(live))


def _facts(live: Organization) -> Iterator[tuple[str, dict[str, Any]]]:
    settings = live.settings
    admins = {
        service: sorted(live.account(handle).email for handle in handles)
        for service, handles in settings.delegated_administrators.items()
    }
    yield (
        "organization",
        {
            "id": settings.organization_id,
            "features": settings.features,
            "trusted access": sorted(settings.trusted_access),
            "policy types": sorted(settings.policy_types),
            "delegated administrators": admins,
        },
    )
    for part in (BUDGETS, COST_TAGS, CONTACTS):
        if live.surroundings.get(part):
            yield part, dict(live.surroundings[part])
    yield from looked_facts(live)
    yield from access_facts(live)
    paths = {live.root.id: "root", **ou_paths(live)}
    for policy in live.policies():
        yield (
            f"policy {policy.type}/{policy.name}",
            {
                "id": policy.aws_id,
                "description": policy.description,
                "content": content_hash(policy.document),
                "tags": dict(policy.tags),
            },
        )
    for node in live.subtree():
        entity = live.entity(node)
        assert not isinstance(entity, Policy)
        if isinstance(entity, Account):
            facts = {"name": entity.name, "in": paths[live.parent(node) or ""], "state": entity.state}
            yield f"account {entity.email}", facts | _target(live, entity)
        else:
            above = live.parent(node)
            place = {} if above is None else {"in": live.target(above).aws_id}
            yield (paths[node] if above is None else f"OU {paths[node]}"), _target(live, entity) | place


def content_hash(document: Any) -> str:
    """What stands for the content of a policy: the same for the same JSON, however it is written."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:16]


def _target(live: Organization, entity: Target) -> dict[str, Any]:
    policies = sorted(f"{p.type}/{p.name}" for p in live.attached(entity.id, implied=False))
    facts: dict[str, Any] = {"id": entity.aws_id}
    if policies:
        facts["policies"] = policies
    if entity.tags:
        facts["tags"] = dict(entity.tags)
    if not entity.full_aws_access:
        facts["FullAWSAccess"] = False
    return facts


def differences(before: Snapshot, after: Snapshot) -> list[str]:
    """Sentences about what differs between two snapshots; none where they are alike."""
    found = [f"{key} is gone" for key in before if key not in after]
    found += [f"{key} is new" for key in after if key not in before]
    for key in before:
        for fact in sorted(before[key].keys() | after.get(key, before[key]).keys()):
            was, now = before[key].get(fact), after.get(key, before[key]).get(fact)
            if was != now:
                found.append(f"{fact} of {key}: was {_shown(was)}, is {_shown(now)}")
    return found


def listed(changed: list[str]) -> str:
    """The first of them, a line each, and how many more there are."""
    more = [f"and {len(changed) - MOST_SHOWN} more"] if len(changed) > MOST_SHOWN else []
    return "\n  ".join([*changed[:MOST_SHOWN], *more])


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
