"""The tag policy that goes with a design: the tags that it requires, written in one way everywhere.

A tag policy cannot make anybody tag; it keeps a key's capitals, and its values where they are few, alike.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_tag-policies.html
"""

from __future__ import annotations

import json
from typing import Any, Final

from orgkit.design import Organization

TAG_POLICY: Final = "TAG_POLICY"
NAME: Final = "required-tags"


def tag_policy(org: Organization, *, values: bool = False) -> dict[str, Any]:
    """The document of a tag policy for `cost.required_tags`; with `values`, only those in use may be given."""
    cost = org.settings.cost
    tags: dict[str, Any] = {}
    for key in cost.required_tags if cost is not None else ():
        rule: dict[str, Any] = {"tag_key": {"@@assign": key}}
        used = sorted({target.tags[key] for target, _ in org.tree() if key in target.tags})
        if values and used:
            rule["tag_value"] = {"@@assign": used}
        tags[key.lower()] = rule
    return {"tags": tags}


def attach_tag_policy(org: Organization, *, values: bool = False) -> Organization:
    """A copy of a design in which the root has that policy, and its type is enabled; `org` stays as it is."""
    copy = org.copy()
    content = json.dumps(tag_policy(copy, values=values), indent=2)
    if TAG_POLICY not in copy.settings.policy_types:
        copy.configure(policy_types=(*copy.settings.policy_types, TAG_POLICY))
    if f"policy:{NAME}" in copy:
        copy.set(NAME, content=content)
    else:
        copy.add_policy(NAME, content, type=TAG_POLICY, description="Tags that every account carries, written alike")
    if copy.root.id not in copy.targets(f"policy:{NAME}"):
        copy.attach(NAME, "root")
    return copy


def covered_keys(org: Organization) -> frozenset[str]:
    """The tag keys, as they are to be written, that a tag policy attached anywhere speaks of."""
    found: set[str] = set()
    for policy in org.policies(TAG_POLICY):
        if org.targets(policy.id):
            for name, rule in policy.document.get("tags", {}).items():
                written = rule.get("tag_key", {}) if isinstance(rule, dict) else {}
                key = written.get("@@assign", name) if isinstance(written, dict) else name
                found.add(str(key))
    return frozenset(found)
