"""What each kind of step leaves behind in the facts of an organization, so that a run can tell its own work.

Steps of Organizations, accounts, budgets and contacts change exactly these facts. Of steps of other services it is said
which facts they may change, and not to what: AWS works out much of that by itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from orgkit.cloud.read_billing import BUDGET_PREFIX, BUDGETS, CONTACTS, COST_TAGS
from orgkit.design import FULL_AWS_ACCESS, SCP
from orgkit.design.contacts import CONTACT_SERVICE
from orgkit.provision.execution.atoms import ACCOUNT, ADMINISTERS, FULL_ACCESS, OU, POLICY, ROOT, Atom, Atoms, leaves
from orgkit.provision.execution.carry_out_access import EXECUTORS as ACCESS_KINDS
from orgkit.provision.planning import references
from orgkit.provision.planning.snapshot import content_hash
from orgkit.provision.planning.steps import Step

AROUND: Final = ("logging: ", "baselines: ", "security: ")
SOMETHING: Final = object()  # there is such a fact, and it does not matter what it says


class Expected:
    """What the facts may be: as they were before the run, changed by what the run did, or may have done."""

    def __init__(self, before: Atoms, now: Atoms, ids: Mapping[str, str], management: str) -> None:
        self.before, self.now = before, now
        self.ids = dict(ids)
        self.management = management  # the id of the account that steps mean which name none
        self._allowed: dict[Atom, list[Any]] = {atom: [value] for atom, value in before.facts.items()}
        self._open: set[Atom] = set()
        self._open_keys: set[str] = set()
        self._open_ids: set[str] = set()
        self.labels: dict[str, str] = {}  # what the run made, by id
        self.certain = True

    def put(self, atom: Atom, value: Any) -> None:
        """The fact is this now, None for none; where the step is not certain, it may be as it was."""
        if isinstance(value, Mapping):
            for leaf, inner in leaves(atom, value):
                self.put(leaf, inner)
        elif self.certain:
            self._allowed[atom] = [value]
        else:
            self._allowed.setdefault(atom, [None]).append(value)

    def drop(self, *beginning: str) -> None:
        """Facts that begin so are no more."""
        for atom in [atom for atom in self._allowed if atom[: len(beginning)] == beginning]:
            self.put(atom, None)

    def forget(self, id: str) -> None:
        """What is said of this id is said no more."""
        for atom in [atom for atom in self._allowed if any(id in part for part in atom[1:])]:
            self.put(atom, None)

    def leave_open(self, *beginning: str) -> None:
        """Facts that begin so may be whatever they are."""
        self._open.add(beginning)

    def leave_keys_open(self, *beginnings: str) -> None:
        """Facts whose first word begins with one of these may be whatever they are."""
        self._open_keys.update(beginnings)

    def leave_around_open(self, account: str) -> None:
        """What stands around the tree may say of this account whatever it says: AWS follows accounts by itself."""
        self._open_ids.add(account)

    def values(self, atom: Atom) -> list[Any]:
        """What a fact may be."""
        return self._allowed.get(atom, [None])

    def known(self, id: str) -> bool:
        """Whether an account, OU or policy may be there."""
        return self.values(("name", id)) != [None]

    def allows(self, atom: Atom, value: Any) -> bool:
        """Whether a fact may be as it is."""
        values = self.values(atom)
        if value in values or (value is not None and SOMETHING in values):
            return True
        if any(atom[: len(beginning)] == beginning for beginning in self._open):
            return True
        if atom[0].startswith(tuple(self._open_keys)):
            return True
        return atom[0].startswith(AROUND) and any(id in part for part in atom[1:] for id in self._open_ids)

    def atoms(self) -> set[Atom]:
        """Every fact that something is known of, or that there is now."""
        return self._allowed.keys() | self.now.facts.keys()

    def new(self, kind: str, value: Any) -> set[str]:
        """Ids that have this value now and were not there before the run."""
        return {id for id in self.now.find(kind, value) if ("name", id) not in self.before.facts}

    def perform(self, step: Step, *, certain: bool) -> None:
        """Take into account a step that is done, or that may be done, wholly or in part."""
        self.certain = certain
        footprint = FOOTPRINTS.get(step.kind)
        if footprint is not None:
            footprint(self, step)
        else:
            _of_service(self, step)

    def bound(self, step: Step) -> dict[str, Any]:
        """The step's parameters with ids."""
        found: dict[str, Any] = references.bind(dict(step.parameters), self.ids)
        return found

    def made(self, step: Step, found: set[str]) -> str | None:
        """The id that a creation made; where its reply is missing, the one that was found, if it was carried out."""
        if step.produces[0] not in self.ids and len(found) == 1:
            self.ids[step.produces[0]] = next(iter(found))
        return self.ids.get(step.produces[0])


Footprint = Callable[[Expected, Step], None]


def _create_organization(expected: Expected, step: Step) -> None:
    here = expected.now.facts.get(("organization", "id"))
    if here is None:
        return
    found = (here, *expected.now.find("name", ROOT), expected.management)
    expected.ids = dict(zip(step.produces, found, strict=True)) | expected.ids
    organization, root, management = (expected.ids[name] for name in step.produces)
    expected.put(("organization", "id"), organization)
    expected.put(("organization", "features"), step.parameters["FeatureSet"])
    if step.parameters["FeatureSet"] == "ALL":
        expected.put(("policy types", SCP), True)
    expected.put(("name", root), ROOT)
    for fact in ("name", "email", "state"):
        expected.put((fact, management), SOMETHING)
    expected.put(("in", management), root)
    # What the account has had for itself all along can be seen from now on.
    for part in ("Identity Center", BUDGETS, COST_TAGS, CONTACTS):
        expected.leave_open(part)


def _enable_trusted_access(expected: Expected, step: Step) -> None:
    _trust(expected, step.parameters["ServicePrincipal"], True)


def _disable_trusted_access(expected: Expected, step: Step) -> None:
    _trust(expected, step.parameters["ServicePrincipal"], None)


def _trust(expected: Expected, service: str, value: bool | None) -> None:
    expected.put(("trusted access", service), value)
    if service == CONTACT_SERVICE:
        expected.leave_open(CONTACTS)  # only with it they can be read


def _enable_policy_type(expected: Expected, step: Step) -> None:
    expected.put(("policy types", step.parameters["PolicyType"]), True)


def _disable_policy_type(expected: Expected, step: Step) -> None:
    kind = step.parameters["PolicyType"]
    expected.put(("policy types", kind), None)
    expected.leave_open("attached", kind)
    if kind == SCP:
        expected.leave_open(FULL_ACCESS)


def _create_policy(expected: Expected, step: Step) -> None:
    asked = expected.bound(step)
    id = expected.made(step, expected.new("name", asked["Name"]) & expected.new("type", asked["Type"]))
    if id is not None:
        expected.labels[id] = f"{POLICY}{asked['Type']}/{asked['Name']}"
        expected.put(("name", id), asked["Name"])
        expected.put(("type", id), asked["Type"])
        expected.put(("description", id), asked.get("Description", ""))
        expected.put(("content", id), content_hash(json.loads(asked["Content"])))
        _tags(expected, id, asked)


def _update_policy(expected: Expected, step: Step) -> None:
    asked = expected.bound(step)
    for fact in ("Name", "Description"):
        if fact in asked:
            expected.put((fact.lower(), asked["PolicyId"]), asked[fact])
    if "Content" in asked:
        expected.put(("content", asked["PolicyId"]), content_hash(json.loads(asked["Content"])))


def _attachment(on: bool) -> Footprint:
    def footprint(expected: Expected, step: Step) -> None:
        asked = expected.bound(step)
        policy, target = asked["PolicyId"], asked["TargetId"]
        if policy == FULL_AWS_ACCESS.aws_id:
            expected.put((FULL_ACCESS, target), None if on else False)
            return
        kind = next((value for value in expected.values(("type", policy)) if value is not None), "")
        expected.put(("attached", kind, policy, target), True if on else None)

    return footprint


def _create_ou(expected: Expected, step: Step) -> None:
    asked = expected.bound(step)
    id = expected.made(step, expected.new("name", asked["Name"]) & expected.new("in", asked["ParentId"]))
    if id is not None:
        expected.labels[id] = f"{OU}{step.place}"
        expected.put(("name", id), asked["Name"])
        expected.put(("in", id), asked["ParentId"])
        _tags(expected, id, asked)


def _rename_ou(expected: Expected, step: Step) -> None:
    asked = expected.bound(step)
    expected.put(("name", asked["OrganizationalUnitId"]), asked["Name"])


def _deletion(parameter: str) -> Footprint:
    def footprint(expected: Expected, step: Step) -> None:
        expected.forget(expected.bound(step)[parameter])

    return footprint


def _create_account(expected: Expected, step: Step) -> None:
    asked = expected.bound(step)
    wanted = asked["Email"].casefold()
    emails = {value for atom, value in expected.now.facts.items() if atom[0] == "email" and value.casefold() == wanted}
    id = expected.made(step, {id for email in emails for id in expected.new("email", email)})
    if id is not None:
        expected.labels[id] = f"{ACCOUNT}{asked['Email']}"
        expected.leave_around_open(id)
        expected.put(("email", id), SOMETHING)  # in whatever case AWS writes it
        expected.put(("name", id), asked["AccountName"])
        expected.put(("state", id), SOMETHING)
        expected.put(("in", id), expected.ids[references.ROOT])
        _tags(expected, id, asked)


def _move_account(expected: Expected, step: Step) -> None:
    asked = expected.bound(step)
    expected.put(("in", asked["AccountId"]), asked["DestinationParentId"])
    expected.leave_around_open(asked["AccountId"])


def _rename_account(expected: Expected, step: Step) -> None:
    asked = expected.bound(step)
    expected.put(("name", asked.get("AccountId", expected.management)), asked["AccountName"])


def _close_account(expected: Expected, step: Step) -> None:
    id = expected.bound(step)["AccountId"]
    expected.put(("state", id), SOMETHING)
    expected.leave_open(CONTACTS, id)  # read of active accounts only
    expected.leave_around_open(id)


def _tag(expected: Expected, step: Step) -> None:
    asked = expected.bound(step)
    _tags(expected, asked["ResourceId"], asked)


def _tags(expected: Expected, id: str, asked: Mapping[str, Any]) -> None:
    for tag in asked.get("Tags", ()):
        expected.put(("tag", id, tag["Key"]), tag["Value"])


def _untag(expected: Expected, step: Step) -> None:
    asked = expected.bound(step)
    for key in asked["TagKeys"]:
        expected.put(("tag", asked["ResourceId"], key), None)


def _administration(on: bool) -> Footprint:
    def footprint(expected: Expected, step: Step) -> None:
        asked = expected.bound(step)
        expected.put((ADMINISTERS, asked["ServicePrincipal"], asked["AccountId"]), True if on else None)

    return footprint


def _put_contact(expected: Expected, step: Step) -> None:
    asked = expected.bound(step)
    names = {"name": "Name", "title": "Title", "email": "EmailAddress", "phone": "PhoneNumber"}
    contact = {ours: asked[theirs] for ours, theirs in names.items()}
    whose = asked.get("AccountId", expected.management)
    expected.put((CONTACTS, whose, asked["AlternateContactType"].casefold()), contact)


def _budget(expected: Expected, step: Step) -> None:
    asked = expected.bound(step)
    budget = asked.get("Budget") or asked["NewBudget"]
    limit = budget["BudgetLimit"]
    value = {
        "amount": f"{Decimal(limit['Amount']).normalize():f}",
        "currency": limit["Unit"],
        "accounts": sorted(budget.get("CostFilters", {}).get("LinkedAccount", ())),
    }
    expected.put((BUDGETS, budget["BudgetName"].removeprefix(BUDGET_PREFIX)), value)


def _delete_budget(expected: Expected, step: Step) -> None:
    expected.drop(BUDGETS, expected.bound(step)["BudgetName"].removeprefix(BUDGET_PREFIX))


def _set_cost_tags(expected: Expected, step: Step) -> None:
    expected.certain = False  # a tag that AWS does not know yet is passed over
    for tag in step.parameters["CostAllocationTagsStatus"]:
        expected.put((COST_TAGS, tag["TagKey"]), tag["Status"])


def _assignment(on: bool) -> Footprint:
    def footprint(expected: Expected, step: Step) -> None:
        asked = step.parameters
        (group,) = references.named_in(asked["PrincipalId"])
        (permission_set,) = references.named_in(asked["PermissionSetArn"])
        names = [name.split(".", 1)[1].removesuffix(".id") for name in (group, permission_set)]
        account = expected.bound(step)["TargetId"]
        expected.put((f"assignment {'/'.join(names)} in {account}", "is"), "there" if on else None)

    return footprint


FOOTPRINTS: Final[Mapping[str, Footprint]] = MappingProxyType(
    {
        "create_organization": _create_organization,
        "enable_trusted_access": _enable_trusted_access,
        "disable_trusted_access": _disable_trusted_access,
        "enable_policy_type": _enable_policy_type,
        "disable_policy_type": _disable_policy_type,
        "create_policy": _create_policy,
        "update_policy": _update_policy,
        "delete_policy": _deletion("PolicyId"),
        "attach_policy": _attachment(True),
        "detach_policy": _attachment(False),
        "create_ou": _create_ou,
        "rename_ou": _rename_ou,
        "delete_ou": _deletion("OrganizationalUnitId"),
        "create_account": _create_account,
        "move_account": _move_account,
        "rename_account": _rename_account,
        "remove_account": _deletion("AccountId"),
        "close_account": _close_account,
        "tag": _tag,
        "untag": _untag,
        "register_delegated_administrator": _administration(True),
        "deregister_delegated_administrator": _administration(False),
        "put_contact": _put_contact,
        "create_budget": _budget,
        "update_budget": _budget,
        "delete_budget": _delete_budget,
        "set_cost_tags": _set_cost_tags,
        "assign": _assignment(True),
        "unassign": _assignment(False),
    }
)

# Facts that steps of a service may change, by how the facts begin; stack sets make whatever their templates say.
OPENED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "s3": ("logging: bucket", "logging: config_bucket", "baselines: "),
        "cloudtrail": ("logging: trail",),
        "config": ("logging: recorder", "logging: aggregator"),
        "iam": ("logging: ", "baselines: ", "security: "),
        "ec2": ("baselines: ",),
        "cloudformation": ("baselines: ", "logging: ", "security: ", "role "),
        "guardduty": ("security: guardduty",),
        "securityhub": ("security: securityhub",),
        "ram": ("security: ram",),
        "sts": ("security: ",),
    }
)
# Services that switch on their trusted access, and name their administrator, by themselves.
_PRINCIPALS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cloudtrail": "cloudtrail.amazonaws.com",
        "cloudformation": "member.org.stacksets.cloudformation.amazonaws.com",
        "guardduty": "guardduty.amazonaws.com",
        "securityhub": "securityhub.amazonaws.com",
        "ram": "ram.amazonaws.com",
        "iam": "iam.amazonaws.com",
    }
)


def _of_service(expected: Expected, step: Step) -> None:
    service = step.operation.partition(":")[0]
    if step.kind in ACCESS_KINDS:
        if "RoleName" in step.parameters:
            expected.leave_keys_open(f"role {step.parameters['RoleName']} in ")
        for name in [*references.named_in(step.parameters), *step.produces]:
            kind, _, rest = name.partition(".")
            if kind in ("permission_set", "group"):
                expected.leave_open(f"{kind.replace('_', ' ')} {rest.removesuffix('.id')}")
        return
    expected.leave_keys_open(*OPENED[service])
    if service in _PRINCIPALS:
        expected.leave_open("trusted access", _PRINCIPALS[service])
        expected.leave_open(ADMINISTERS, _PRINCIPALS[service])
