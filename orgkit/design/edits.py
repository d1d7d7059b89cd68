"""The verbs: each checks that an organization may be edited so, and returns the Edit that does it, without doing it.

`Organization` performs them; a preview can perform one on a copy. What only AWS's naming rules or counts forbid is left
to the checks, so that an organization which already breaks them can still be mended step by step.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from orgkit.design import quotas, references, split_charges
from orgkit.design.changes import Add, Attach, Change, Configure, Detach, Edit, Move, Remove, Replace
from orgkit.design.entities import (
    IMPLIED,
    POLICY_TYPES,
    RCP,
    SCP,
    Account,
    Entity,
    OrganizationalUnit,
    Policy,
    Target,
)
from orgkit.design.money import Money
from orgkit.design.sections import CostAllocation, Moved, Settings
from orgkit.errors import DesignError, did_you_mean

if TYPE_CHECKING:
    from orgkit.design.organization import Organization

# What a verb other than `set` changes, or nothing may.
_FIXED = frozenset({"id", "handle", "name", "management", "declared", "state", "joined", "type"})


def add_ou(org: Organization, handle: str, parent: str = "root", **values: Any) -> Edit:
    holder = _container(org, parent)
    check_handle(handle, "OU")
    ou = _build(
        OrganizationalUnit,
        id=_free_id(org, holder, handle),
        handle=handle,
        name=values.pop("name", handle),
        **values,
    )
    check_ou_place(org, ou, holder)
    return Edit(f"add OU {_below(org, holder, handle)}", (Add(ou, holder), *_declare(org, holder, "ous")))


def add_account(org: Organization, handle: str, parent: str = "root", *, email: str, **values: Any) -> Edit:
    holder = _container(org, parent)
    check_handle(handle, "account")
    account = _build(
        Account, id=f"account:{handle}", handle=handle, name=values.pop("name", handle), email=email, **values
    )
    check_account_place(org, account, holder)
    return Edit(
        f"add account {_below(org, holder, handle)}",
        (Add(account, holder), *_declare(org, holder, "accounts")),
    )


def add_policy(org: Organization, handle: str, content: str | Mapping[str, Any], **values: Any) -> Edit:
    check_handle(handle, "policy")
    text = content if isinstance(content, str) else json.dumps(content, indent=2)
    policy = _build(
        Policy,
        id=f"policy:{handle}",
        handle=handle,
        name=values.pop("name", handle),
        type=values.pop("type", SCP),
        content=text,
        **values,
    )
    check_policy(org, policy)
    return Edit(f"add policy {handle}", (Add(policy),))


def rename(org: Organization, ref: str, name: str) -> Edit:
    before = org.entity(org.find(ref))
    if before.kind == "root":
        raise DesignError("the root cannot be renamed", mend="AWS calls it Root.")
    if not name:
        raise DesignError(f"{org.path(before.id)} needs a name")
    after = _changed(before, name=name)
    changes: list[Change] = [Replace(before, after)]
    settings = _following(org, before.id)
    if settings != org.settings:
        changes.append(Configure(org.settings, settings))
    if isinstance(after, Policy):
        check_policy_name(org, after)
        changes += _record_move(org, before, before.name, name, settings)
    if isinstance(after, OrganizationalUnit):
        parent = org.parent(after.id)
        assert parent is not None
        check_ou_place(org, after, parent)
        if name != before.name:
            *above, _ = org.aws_path(before.id).split("/")
            changes += _record_move(org, before, org.aws_path(before.id), "/".join([*above, name]), settings)
    return Edit(f"rename {org.path(before.id)} to {name}", tuple(changes))


def move(org: Organization, ref: str, to: str) -> Edit:
    node = org.find(ref, "ou", "account", "root")
    entity = org.entity(node)
    holder = _container(org, to)
    before = org.parent(node)
    if before is None:
        raise DesignError("the root cannot be moved")
    if before == holder:
        raise DesignError(f"{org.path(node)} is already in {org.path(holder)}")
    if node in org.chain(holder):
        raise DesignError(
            f"{org.path(node)} cannot be moved under itself",
            where=org.path(holder),
            mend="Choose an OU outside of it.",
        )
    index = org.children(before).index(node)
    changes: list[Change] = [Move(node, before, index, holder)]
    settings = _redirected(org, node, _below(org, holder, entity.handle))
    if settings != org.settings:
        changes.append(Configure(org.settings, settings))
    if isinstance(entity, OrganizationalUnit):
        check_ou_place(org, entity, holder)
        new_aws_path = entity.name if holder == org.root.id else f"{org.aws_path(holder)}/{entity.name}"
        changes += _record_move(org, entity, org.aws_path(node), new_aws_path, settings)
    changes += _declare(org, holder, "ous" if isinstance(entity, OrganizationalUnit) else "accounts")
    return Edit(f"move {org.path(node)} to {org.path(holder)}", tuple(changes))


def remove(org: Organization, ref: str) -> Edit:
    node = org.find(ref)
    entity = org.entity(node)
    if entity.kind == "root":
        raise DesignError("the root cannot be removed")
    if isinstance(entity, Policy):
        detached = tuple(_detachment(org, node, target) for target in org.targets(node))
        return Edit(f"remove policy {entity.handle}", (*detached, Remove(entity, None, None)))
    gone = list(org.subtree(node))
    for below in gone:
        inside = org.entity(below)
        if isinstance(inside, Account) and inside.management:
            raise DesignError(
                f"{org.path(below)} is the management account; an organization cannot be without it",
                where=org.where(below),
            )
    _check_unmentioned(org, gone)
    holders = dict.fromkeys(filter(None, map(org.parent, gone)))
    places = {child: place for holder in holders for place, child in enumerate(org.children(holder))}
    changes: list[Change] = []
    for below in reversed(gone):
        parent = org.parent(below)
        assert parent is not None
        changes += [_detachment(org, policy.id, below) for policy in reversed(org.attached(below, implied=False))]
        changes.append(Remove(org.entity(below), parent, places[below]))  # those behind it are gone already
    inside_words = f" and the {len(gone) - 1} things in it" if len(gone) > 1 else ""
    return Edit(f"remove {org.path(node)}{inside_words}", tuple(changes))


def attach(org: Organization, policy: str, target: str) -> Edit:
    place = org.target(target)
    label = f"attach {policy} to {org.path(place.id)}"
    if policy in _IMPLIED_HANDLES:
        if place.full_aws_access or policy == IMPLIED[RCP].handle:
            raise DesignError(f"{policy} is attached to {org.path(place.id)} already")
        return Edit(label, (Replace(place, _changed(place, full_aws_access=True)),))
    found = org.policy(policy)
    if org._graph.has_edge(found.id, place.id):
        raise DesignError(f"{found.handle} is attached to {org.path(place.id)} already", where=org.where(place.id))
    return Edit(label, (Attach(found.id, place.id), *_declare(org, place.id, "policies")))


def detach(org: Organization, policy: str, target: str) -> Edit:
    place = org.target(target)
    label = f"detach {policy} from {org.path(place.id)}"
    if policy == IMPLIED[RCP].handle:
        raise DesignError(f"AWS does not let {policy} be detached", mend="Attach a policy that denies instead.")
    if policy == IMPLIED[SCP].handle:
        if not place.full_aws_access:
            raise DesignError(f"{policy} is not attached to {org.path(place.id)}")
        return Edit(label, (Replace(place, _changed(place, full_aws_access=False, declared="full_aws_access")),))
    found = org.policy(policy)
    if not org._graph.has_edge(found.id, place.id):
        attached = ", ".join(p.handle for p in org.attached(place.id)) or "nothing"
        raise DesignError(
            f"{found.handle} is not attached to {org.path(place.id)}", mend=f"Attached there: {attached}."
        )
    return Edit(label, (_detachment(org, found.id, place.id), *_declare(org, place.id, "policies")))


def set_fields(org: Organization, ref: str, **values: Any) -> Edit:
    before = org.entity(org.find(ref))
    known = [f.name for f in fields(before) if f.name not in _FIXED]
    for name in values:
        if name not in known:
            raise DesignError(
                f"{before.kind} {org.path(before.id)} has no field {name!r} to set",
                mend=did_you_mean(name, known),
            )
    if "content" in values and not isinstance(values["content"], str):
        values["content"] = json.dumps(values["content"], indent=2)
    after = _changed(before, **values, declared=tuple(values))
    changes: list[Change] = [Replace(before, after)]
    if isinstance(before, Account) and isinstance(after, Account) and after.email != before.email:
        check_email(org, after)
        if before.email:
            changes += _record_move(org, before, before.email, after.email)
    return Edit(f"set {', '.join(sorted(values))} of {org.path(before.id)}", tuple(changes))


def configure(org: Organization, **values: Any) -> Edit:
    known = [f.name for f in fields(Settings) if f.name != "declared"]
    for name in values:
        if name not in known:
            raise DesignError(f"there is no setting {name!r}", mend=did_you_mean(name, known))
    quotas.load().granting(values.get("limits", {}))  # refuses a limit that does not exist
    after = replace(org.settings, **values, declared=org.settings.declared | values.keys())
    return Edit(f"configure {', '.join(sorted(values))}", (Configure(org.settings, after),))


def share_cost(
    org: Organization, name: str, *, source: str, method: str, to: split_charges.Carriers, step: int = 0
) -> Edit:
    def named(ref: str) -> str:
        entity = org.target(ref)
        return entity.handle if isinstance(entity, Account) else org.path(entity.id)

    targets = tuple(
        one if one.place is None else replace(one, place=named(one.place)) for one in split_charges.carriers(to)
    )
    if org.find(source, "root", "ou", "account") == org.root.id:
        raise DesignError("the cost of everything has nobody to be shared by", mend="Name an account or an OU.")
    try:
        charge = split_charges.split_charge(name=name, source=named(source), method=method, to=targets, step=step)
    except DesignError as error:
        raise DesignError(f"shared cost {name} {error.what}", mend=error.mend) from None
    cost = org.settings.cost or CostAllocation()
    after = replace(
        org.settings,
        cost=replace(cost, shared={**cost.shared, name: charge}),
        declared=org.settings.declared | {"cost"},
    )
    return Edit(f"share the cost of {source} as {name}", (Configure(org.settings, after),))


# ---- what an organization cannot have: also asked by whoever builds one from a file or from AWS --


def check_handle(handle: str, what: str) -> None:
    """A handle is a step of a path."""
    if not handle or "/" in handle or handle != handle.strip():
        raise DesignError(
            f"{handle!r} cannot be the handle of an {what}".replace("an policy", "a policy"),
            mend="A handle is not empty and has no slash or outer blanks; give an unusual AWS name with name:.",
        )


def check_ou_place(org: Organization, ou: OrganizationalUnit, parent: str) -> None:
    """Siblings need different names in AWS and different handles here, and OUs nest only so deep.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
    """
    for what, said in (("name", "named"), ("handle", "with the handle")):
        mine = getattr(ou, what)
        for twin in org._names.find_named(mine):
            other = org.entity(twin)
            if twin == ou.id or not isinstance(other, OrganizationalUnit) or org.parent(twin) != parent:
                continue
            if getattr(other, what) == mine:
                raise DesignError(
                    f"{org.path(parent)} has an OU {said} {mine!r} already",
                    where=org.where(twin),
                    mend=f"OUs of one parent need different {what}s.",
                )
    below = [org.depth(node) for node in org.subtree(ou.id)] if ou.id in org else [0]
    height = max(below) - min(below) + 1
    limit = org.quotas["ou_depth"]
    if org.depth(parent) + height > limit:
        raise DesignError(
            f"OU {_below(org, parent, ou.handle)} would be {org.depth(parent) + height} levels below the root"
            if height == 1
            else f"under {org.path(parent)}, the OUs of {ou.handle} would reach {org.depth(parent) + height} levels",
            mend=f"AWS nests OUs {limit} deep: move it further up.",
        )


def check_account_place(org: Organization, account: Account, parent: str) -> None:
    """Handles and email addresses are unique; an organization has one management account."""
    if account.id in org:
        raise DesignError(
            f"there is an account {account.handle!r} already",
            where=org.where(account.id),
            mend="Handles of accounts are unique; the names in AWS (name:) may repeat.",
        )
    if account.management and (other := org.management) is not None:
        raise DesignError(f"{other.handle} is the management account already", where=org.where(other.id))
    check_email(org, account)


def check_email(org: Organization, account: Account) -> None:
    holder = org._names.holder_of_email(account.email) if account.email else None
    if holder is not None and holder != account.id:
        raise DesignError(
            f"account {account.handle} has the email {account.email}, which {org.path(holder)} has already",
            where=org.where(holder),
            mend="Every AWS account needs an email address of its own; plus-addressing (aws+name@…) gives many.",
        )


def check_policy(org: Organization, policy: Policy) -> None:
    """Handles are unique, names are unique in a type, and the type is one of AWS's."""
    if policy.type not in POLICY_TYPES:
        raise DesignError(
            f"policy {policy.handle} has the type {policy.type!r}",
            mend=did_you_mean(policy.type, POLICY_TYPES),
        )
    if policy.id in org or policy.handle in _IMPLIED_HANDLES:
        raise DesignError(f"there is a policy {policy.handle!r} already", mend="Handles of policies are unique.")
    check_policy_name(org, policy)


def check_policy_name(org: Organization, policy: Policy) -> None:
    for twin in org._names.find_named(policy.name):
        other = org.entity(twin)
        if (
            isinstance(other, Policy)
            and other.id != policy.id
            and (other.type, other.name) == (policy.type, policy.name)
        ):
            raise DesignError(
                f"policies {other.handle} and {policy.handle} of type {policy.type} are both named {policy.name!r}",
                mend="In AWS, policies of one type need different names.",
            )


# ---- small parts ---------------------------------------------------------------------------------

_IMPLIED_HANDLES = frozenset(policy.handle for policy in IMPLIED.values())


def _container(org: Organization, ref: str) -> str:
    node = org.find(ref)
    if org.entity(node).kind not in ("root", "ou"):
        what = "an account" if org.entity(node).kind == "account" else "a policy"
        raise DesignError(f"{org.path(node)} is {what} and holds nothing", mend="Name the root or an OU.")
    return node


def _free_id(org: Organization, parent: str, handle: str) -> str:
    """An id for a new OU: its path now, or that and a number where a former holder of the path still lives."""
    base = candidate = f"ou:{_below(org, parent, handle)}"
    number = 2
    while candidate in org:
        candidate = f"{base}~{number}"
        number += 1
    return candidate


def _below(org: Organization, parent: str, handle: str) -> str:
    return handle if parent == org.root.id else f"{org.path(parent)}/{handle}"


def _build(kind: type[Any], **values: Any) -> Any:
    known = [f.name for f in fields(kind)]
    for name in values:
        if name not in known:
            raise DesignError(f"{kind.__name__} has no field {name!r}", mend=did_you_mean(name, known))
    values.setdefault("declared", frozenset(values) - _FIXED)
    return kind(**_typed(values))


def _typed(values: dict[str, Any]) -> dict[str, Any]:
    """Amounts may be given as texts; what is no amount, or no map of tags, is refused here and not where it is used."""
    for name in ("budget", "monthly_cost"):
        value = values.get(name)
        if isinstance(value, str):
            values[name] = Money.parse(value)
        elif value is not None and not isinstance(value, Money):
            raise DesignError(f"{name} is {value!r}, not an amount of money", mend="Write it as in 9000 USD.")
    tags = values.get("tags", {})
    if not isinstance(tags, Mapping) or not all(isinstance(text, str) for pair in tags.items() for text in pair):
        raise DesignError(f"tags are {tags!r}, not a map of texts", mend='Write them as in {"Team": "web"}.')
    return values


def _changed(entity: Any, *, declared: str | tuple[str, ...] = (), **values: Any) -> Any:
    names = {declared} if isinstance(declared, str) else set(declared)
    return replace(entity, **_typed(values), declared=entity.declared | names)


def _declare(org: Organization, node: str, key: str) -> tuple[Change, ...]:
    """Adding to a list makes it a written one, and a written list is complete."""
    entity: Entity = org.entity(node)
    if key in entity.declared:
        return ()
    return (Replace(entity, _changed(entity, declared=key)),)


def _detachment(org: Organization, policy: str, target: str) -> Detach:
    attached = [other.id for other in org.attached(target, implied=False)]
    return Detach(policy, target, attached.index(policy))


def _check_unmentioned(org: Organization, gone: list[str]) -> None:
    going = set(gone)
    found = references.mentions(org.settings)
    places = [place for place, name, kinds in found if going.intersection(org._names.matches(name, kinds))]
    if places:
        verb = "names" if len(places) == 1 else "name"
        raise DesignError(
            f"{org.path(gone[0])} cannot be removed: {', '.join(places[:5])} still {verb} it",
            mend="Take it out there first.",
        )


def _redirected(org: Organization, moving: str, new: str) -> Settings:
    """The settings after a move: what they name by a path through `moving` follows it to the path `new`."""
    old = org.path(moving)

    def rename(name: str, kinds: tuple[str, ...]) -> str:
        found = org._names.matches(name, kinds)
        if len(found) != 1 or moving not in org.chain(found[0]) or found[0] not in org._names.at_path(name):
            return name
        if org.entity(found[0]).kind == "account" and "/" not in name:
            return name  # an account is known by its handle wherever it stands
        return new + org.path(found[0])[len(old) :]

    return references.redirect(org.settings, rename)


def _following(org: Organization, renamed: str) -> Settings:
    """The settings before a rename: what they name by the old name, or by a path through it, is named by handles."""
    before = org.entity(renamed)

    def rename(name: str, kinds: tuple[str, ...]) -> str:
        found = org._names.matches(name, kinds)
        steps = name.strip("/").split("/")
        if len(found) != 1 or before.name == before.handle or before.name not in steps:
            return name
        if renamed not in org.chain(found[0]):
            return name
        entity = org.entity(found[0])
        return entity.handle if entity.kind == "account" else org.path(found[0])

    return references.redirect(org.settings, rename)


def _record_move(
    org: Organization, entity: Target | Policy, old: str, new: str, settings: Settings | None = None
) -> list[Change]:
    """A `moved:` entry, so that a plan sees a rename and not a removal.

    It is added even where it takes an earlier one back, since nobody knows here what was applied meanwhile. A pinned id
    says it already, but not for what is below.
    """
    settings = settings or org.settings
    below = org.subtree(entity.id) if isinstance(entity, OrganizationalUnit) else (entity.id,)
    unpinned = any(org.entity(node).aws_id is None and org.entity(node).kind == entity.kind for node in below)
    if old == new or not unpinned:
        return []
    entry = Moved(old=old, new=new, policy=entity.type if isinstance(entity, Policy) else None)
    return [
        Configure(settings, replace(settings, moved=(*settings.moved, entry), declared=settings.declared | {"moved"}))
    ]
