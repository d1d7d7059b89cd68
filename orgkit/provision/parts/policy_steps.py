"""Steps about policies: creating and changing them; and what a policy does to those it is attached to."""

from __future__ import annotations

import json
from typing import Any

from orgkit.design import SCP, Policy
from orgkit.provision.parts.tags import tag_list
from orgkit.provision.planning import references
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.steps import CHANGES, GUARDING, NEUTRAL, STRENGTHENS, WEAKENS


def plan_policies(draft: Draft) -> None:
    """Create what is missing, change what differs, and list what the design does not mention."""
    for policy in draft.design.policies():
        now = draft.match.live.get(policy.id)
        if draft.left_to(policy.id):
            _left_to(draft, policy, now)
        elif now is None:
            _create(draft, policy)
        else:
            _update(draft, policy, _live_policy(draft, now))
    _free_names(draft)
    for policy in draft.live.policies():
        if policy.id not in draft.match.design and policy.id not in draft.removals.policies:
            draft.leave(policy.handle, f"policy {policy.name} ({policy.type})", "Add it to the design to manage it.")


def _live_policy(draft: Draft, node: str) -> Policy:
    entity = draft.live.entity(node)
    assert isinstance(entity, Policy)
    return entity


def _left_to(draft: Draft, policy: Policy, now: str | None) -> None:
    owner = draft.left_to(policy.id)
    assert owner is not None
    if now is None:
        draft.leave_to(owner, policy.handle, "it does not exist")
    elif _content_differs(draft, policy, _live_policy(draft, now)):
        draft.leave_to(owner, policy.handle, "it differs")


def _create(draft: Draft, policy: Policy) -> None:
    parameters: dict[str, Any] = {
        "Name": policy.name,
        "Description": policy.description,
        "Type": policy.type,
        "Content": policy.minified,
    }
    if policy.tags:
        parameters["Tags"] = tag_list(policy.tags)
    enable = f"enable_policy_type:{policy.type}"
    draft.add(
        "create_policy",
        policy.handle,
        f"create {policy.type} {policy.name}",
        place=policy.handle,
        parameters=parameters,
        produces=[draft.name(policy.id)],
        after=[enable] if enable in draft.steps else [],
    )


def _update(draft: Draft, policy: Policy, now: Policy) -> None:
    changed: dict[str, Any] = {}
    effect = NEUTRAL
    if policy.name != now.name:
        changed["Name"] = policy.name
    if policy.description != now.description and (policy.description or "description" in policy.declared):
        changed["Description"] = policy.description
    if _content_differs(draft, policy, now):
        changed["Content"] = policy.minified
        effect = effect_of_change(now, policy)
    if changed:
        draft.add(
            "update_policy",
            policy.handle,
            f"change the {' and the '.join(word.lower() for word in changed)} of {policy.name}",
            place=policy.handle,
            parameters={"PolicyId": draft.ref(policy.id), **changed},
            effect=effect,
        )
        targets = [draft.live_ref(target) for target in draft.live.targets(now.id)]
        targets += [draft.ref(target) for target in draft.design.targets(policy.id)]
        draft.touches[f"update_policy:{policy.handle}"] = tuple(dict.fromkeys(targets))


def _free_names(draft: Draft) -> None:
    """Names are unique in a type at every moment: whoever takes a name waits for, or renames, who has it now."""
    holder = {(policy.type, policy.name): policy for policy in draft.live.policies()}
    waits: dict[str, str] = {}  # policy that takes a name → policy that gives it up by a rename of its own
    for policy in draft.design.policies():
        steps = (f"create_policy:{policy.handle}", f"update_policy:{policy.handle}")
        taking = next((s for s in steps if s in draft.steps and "Name" in draft.steps[s].parameters), None)
        other = holder.get((policy.type, policy.name))
        if taking is None or other is None or other.id == draft.match.live.get(policy.id):
            continue
        theirs = draft.match.design.get(other.id)
        final = f"update_policy:{draft.design.entity(theirs).handle}" if theirs is not None else ""
        if theirs is None or final not in draft.steps:
            draft.block(
                "name-taken",
                draft.design.where(policy.id),
                f"the live organization has another {policy.type} named {policy.name!r}",
                "Pin its id, or give one of them another name.",
            )
            continue
        last = theirs
        while last in waits:
            last = waits[last]
        if last != policy.id:
            waits[policy.id] = theirs
            draft.after.append((taking, final))
            continue
        aside = draft.add(
            "update_policy",
            f"{other.name} aside",
            f"rename policy {other.name} for the time being",
            place=other.handle,
            why=f"its name is needed for {policy.handle}",
            parameters={"PolicyId": draft.ref(theirs), "Name": f"{other.name[:119]} (moving)"},
        )
        draft.after += [(taking, aside), (final, aside)]


def _content_differs(draft: Draft, policy: Policy, now: Policy) -> bool:
    text = references.bind_known(policy.content, draft.ids)
    return text != now.content and json.loads(text) != json.loads(now.content)


def effect_of_change(before: Policy, after: Policy) -> str:
    """Whether another text guards more or less, as far as its statements show."""
    if before.type not in GUARDING:
        return NEUTRAL
    old, new = _statements(before), _statements(after)
    more = _effects(old - new, "Allow") or _effects(new - old, "Deny")
    less = _effects(old - new, "Deny") or _effects(new - old, "Allow")
    return CHANGES if more and less else WEAKENS if less else STRENGTHENS


def effect_of_attaching(policy: Policy) -> str:
    """A policy that denies strengthens what it is attached to; one that allows, weakens it."""
    if policy.type not in GUARDING:
        return NEUTRAL
    statements = _statements(policy)
    if policy.type == SCP and _effects(statements, "Allow"):
        return CHANGES if _effects(statements, "Deny") else WEAKENS
    return STRENGTHENS


def effect_of_detaching(policy: Policy) -> str:
    """The opposite of attaching it."""
    opposite = {WEAKENS: STRENGTHENS, STRENGTHENS: WEAKENS}
    attaching = effect_of_attaching(policy)
    return opposite.get(attaching, attaching)


def _effects(statements: set[tuple[str, str]], effect: str) -> bool:
    return any(one == effect for one, _ in statements)


def _statements(policy: Policy) -> set[tuple[str, str]]:
    statements = policy.document.get("Statement", [])
    listed = statements if isinstance(statements, list) else [statements]
    return {
        (str(s.get("Effect")), json.dumps({k: v for k, v in s.items() if k != "Sid"}, sort_keys=True))
        for s in listed
        if isinstance(s, dict)
    }
