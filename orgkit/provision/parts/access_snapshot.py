"""What a plan rests on of roles and Identity Center, as facts that are looked at again before it is applied.

The facts of a role are a hash of it, without its external id.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from orgkit.cloud.looking import LOOKED_AT
from orgkit.cloud.looks import who
from orgkit.design import Organization
from orgkit.design.live_access import LiveRole, live_identity_center, live_roles, plain_policy


def access_facts(live: Organization) -> Iterator[tuple[str, dict[str, Any]]]:
    """The facts, by what they are about: of roles, those that the list of looks names."""
    roles = live_roles(live)
    for account in live.accounts():
        for name in live.surroundings.get(LOOKED_AT, {}).get("roles", {}).get(who(account), {}).get("names", ()):
            role = roles.role(account.aws_id or "", name)
            if role is not None:
                yield f"role {name} in {account.email}", {"as it is": _hash(_plain(role))}
    found = live_identity_center(live)
    if found.instance is None:
        return
    yield "Identity Center", {"instance": found.instance}
    for name, entry in sorted(found.permission_sets.items()):
        facts = {
            "description": entry.description,
            "session": entry.session_duration,
            "managed": sorted(entry.managed_policies),
            "inline": plain_policy(entry.inline_policy),
            "boundary": entry.permissions_boundary,
        }
        yield f"permission set {name}", {"as it is": _hash(facts)}
    for name, group in sorted(found.groups.items()):
        yield f"group {name}", {"id": group.id}
    for group_name, permission_set, account_id in sorted(found.assignments):
        yield f"assignment {group_name}/{permission_set} in {account_id}", {"is": "there"}


def _plain(role: LiveRole) -> dict[str, Any]:
    return {
        "trust": plain_policy(role.trust),
        "session": role.max_session,
        "description": role.description,
        "inline": {name: plain_policy(one) for name, one in role.inline_policies.items()},
        "managed": sorted(role.managed_policies),
        "boundary": role.permissions_boundary,
        "tags": dict(role.tags),
    }


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
