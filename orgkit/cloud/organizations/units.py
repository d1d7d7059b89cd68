"""Organizational units, and walking up and down the tree."""

from __future__ import annotations

from orgkit.cloud.organizations.accounts import show_account
from orgkit.cloud.organizations.call import Call, Operation, Reply, wanted_tags
from orgkit.cloud.organizations.errors import ApiError, constraint
from orgkit.cloud.organizations.pages import page
from orgkit.cloud.organizations.state import Organization, Unit, new_id


def parent_of(org: Organization, call: Call) -> Unit:
    """Return the root or OU that `ParentId` names, or raise ParentNotFoundException."""
    unit = org.units.get(call.params["ParentId"])
    if unit is None:
        raise ApiError(
            "ParentNotFoundException",
            f"There is no root or OU with the ParentId {call.params['ParentId']}.",
        )
    return unit


def unit_of(org: Organization, call: Call) -> Unit:
    """Return the OU that `OrganizationalUnitId` names, or raise OrganizationalUnitNotFoundException."""
    unit = org.units.get(call.params["OrganizationalUnitId"])
    if unit is None or not unit.parent:
        raise ApiError(
            "OrganizationalUnitNotFoundException",
            f"There is no OU with the OrganizationalUnitId {call.params['OrganizationalUnitId']}.",
        )
    return unit


def _refuse_duplicate(parent: Unit, name: str) -> None:
    if name in parent.units:
        raise ApiError(
            "DuplicateOrganizationalUnitException",
            f'An OU with the name "{name}" already exists under the same parent.',
        )


def show_unit(org: Organization, unit: Unit) -> Reply:
    """Return an OU as AWS shows it."""
    return {
        "Id": unit.id,
        "Arn": org.arn("ou", unit.id),
        "Name": unit.name,
        "Path": org.path(unit.id),
    }


def create_organizational_unit(org: Organization, call: Call) -> Reply:
    """Create an OU under the root or another OU; names are unique among siblings, five levels are the limit."""
    parent = parent_of(org, call)
    tags = wanted_tags(call)
    _refuse_duplicate(parent, call.params["Name"])
    if org.depth(parent.id) >= call.limits["ou_depth"]:
        raise constraint("OU_DEPTH_LIMIT_EXCEEDED", f"OUs can be nested {call.limits['ou_depth']} levels deep.")
    if len(org.units) - 1 >= call.limits["ous"]:
        raise constraint("OU_NUMBER_LIMIT_EXCEEDED", f"The organization may have {call.limits['ous']} OUs.")
    unit_id = new_id(call.ids, f"ou-{org.root_id[2:]}-", 8)
    unit = Unit(unit_id, call.params["Name"], parent.id, tags)
    org.units[unit_id] = unit
    parent.units[unit.name] = unit_id
    org.adopt(unit_id)
    call.changed = True
    return {"OrganizationalUnit": show_unit(org, unit)}


def update_organizational_unit(org: Organization, call: Call) -> Reply:
    """Rename an OU; its id stays."""
    unit = unit_of(org, call)
    name = call.params.get("Name")
    if name is not None and name != unit.name:
        parent = org.units[unit.parent]
        _refuse_duplicate(parent, name)
        del parent.units[unit.name]
        unit.name = name
        parent.units[name] = unit.id
        call.changed = True
    return {"OrganizationalUnit": show_unit(org, unit)}


def delete_organizational_unit(org: Organization, call: Call) -> Reply:
    """Delete an OU that has neither OUs nor accounts."""
    unit = unit_of(org, call)
    if unit.units or unit.accounts:
        raise ApiError(
            "OrganizationalUnitNotEmptyException",
            f"The OU still has {len(unit.units)} OUs and {len(unit.accounts)} accounts. Move or delete them first.",
        )
    org.forget(unit.id)
    del org.units[unit.parent].units[unit.name]
    del org.units[unit.id]
    call.changed = True
    return {}


def describe_organizational_unit(org: Organization, call: Call) -> Reply:
    """Describe an OU."""
    return {"OrganizationalUnit": show_unit(org, unit_of(org, call))}


def list_organizational_units_for_parent(org: Organization, call: Call) -> Reply:
    """List the OUs directly under the root or an OU."""
    parent = parent_of(org, call)
    return page(call, "OrganizationalUnits", parent.units.values(), lambda unit_id: show_unit(org, org.units[unit_id]))


def list_accounts_for_parent(org: Organization, call: Call) -> Reply:
    """List the accounts directly under the root or an OU."""
    parent = parent_of(org, call)
    return page(
        call,
        "Accounts",
        parent.accounts,
        lambda account_id: show_account(org, call, org.accounts[account_id]),
    )


def list_children(org: Organization, call: Call) -> Reply:
    """List the ids of the OUs or of the accounts directly under the root or an OU."""
    parent = parent_of(org, call)
    kind = call.params["ChildType"]
    ids = list(parent.units.values()) if kind == "ORGANIZATIONAL_UNIT" else list(parent.accounts)
    return page(call, "Children", ids, lambda child_id: {"Id": child_id, "Type": kind})


def list_parents(org: Organization, call: Call) -> Reply:
    """Name the root or OU that holds an OU or account."""
    child = org.target(call.params["ChildId"])
    if child is None or not child.parent:
        raise ApiError("ChildNotFoundException", f"There is no OU or account {call.params['ChildId']}.")
    kind = "ROOT" if child.parent == org.root_id else "ORGANIZATIONAL_UNIT"
    return page(call, "Parents", [child.parent], lambda parent_id: {"Id": parent_id, "Type": kind})


OPERATIONS: dict[str, Operation] = {
    "CreateOrganizationalUnit": create_organizational_unit,
    "UpdateOrganizationalUnit": update_organizational_unit,
    "DeleteOrganizationalUnit": delete_organizational_unit,
    "DescribeOrganizationalUnit": describe_organizational_unit,
    "ListOrganizationalUnitsForParent": list_organizational_units_for_parent,
    "ListAccountsForParent": list_accounts_for_parent,
    "ListChildren": list_children,
    "ListParents": list_parents,
}
