"""moto's view of the organization, for those of its services that look accounts and OUs up there."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from orgkit.cloud.organizations import Organizations


def mirror(organizations: Organizations) -> None:
    """Show moto the organization as it stands now.

    Stack sets take accounts by their parent and OUs by their parent, one level deep; AWS deploys to all accounts below
    an OU and never to the management account. So an OU appears once under each of its ancestors, and of the accounts
    only active members do.
    """
    from moto.organizations.models import OrganizationsBackend, organizations_backends

    org = organizations.organization
    backend: Any = organizations_backends[organizations.management_id]["aws"]
    organizations_backends.master_accounts.clear()
    if org is None:
        OrganizationsBackend._reset(backend)
        return
    units = [unit for unit in org.units.values() if unit.parent]
    description = {
        "Organization": {
            "Id": org.id,
            "Arn": org.arn("organization"),
            "FeatureSet": org.features,
            "MasterAccountId": org.management_id,
            "MasterAccountArn": org.arn("account", org.management_id),
        }
    }
    backend.org = SimpleNamespace(id=org.id, describe=lambda: description)
    backend.accounts = [
        SimpleNamespace(id=account.id, name=account.name, email=account.email, parent_id=account.parent)
        for account in org.accounts.values()
        if account.state == "ACTIVE" and account.id != org.management_id
    ]
    backend.ou = []
    for unit in units:
        ancestor = unit.parent
        while ancestor:
            backend.ou.append(SimpleNamespace(id=unit.id, parent_id=ancestor, name=unit.name))
            ancestor = org.units[ancestor].parent
    shown = [SimpleNamespace(id=unit.id, arn=org.arn("ou", unit.id), name=unit.name) for unit in units]
    # RAM asks for the root and then for the OUs below it; it accepts an OU of any depth in AWS.
    backend.list_roots = lambda: {"Roots": [{"Id": org.root_id, "Name": "Root", "Arn": org.arn("root", org.root_id)}]}
    backend.list_organizational_units_for_parent = lambda **_: (shown, None)
    organizations_backends.master_accounts.update(
        {account: (org.management_id, "aws") for account in org.accounts if account != org.management_id}
    )
