"""Reading what stands beside the tree about money and people: budgets, cost allocation tags, alternate contacts.

Each is a part of `Organization.surroundings`, as plain data by AWS id; what may not be read is unknown. Budgets are
orgkit's own, known by their name: those that others made are left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from orgkit.cloud.sessions import plain
from orgkit.design import Account, Money, Organization, Policy
from orgkit.design.changes import Configure, Replace
from orgkit.design.contacts import CONTACT_KINDS, CONTACT_SERVICE, Contact
from orgkit.design.sections import CostAllocation

if TYPE_CHECKING:
    from orgkit.cloud.target import Target

# The name of a budget is this and the id of the account, OU or root that it is for: ids stay through renames.
BUDGET_PREFIX: Final = "orgkit-"
BUDGETS, COST_TAGS, CONTACTS = "budgets", "cost allocation tags", "alternate contacts"
_DENIED = frozenset({"AccessDeniedException", "AccessDenied"})


def with_billing(
    target: Target, live: Organization, *, progress: Callable[[str, int, int | None], None]
) -> Organization:
    """The live organization with its budgets, active cost allocation tags and alternate contacts.

    Contacts of members can be read only where Account Management is trusted, so only there AWS is asked: three calls an
    account. Errors: CloudError where AWS does not answer.
    """
    if live.settings.organization_id is None:
        return live
    found: dict[str, Any] = {}
    unknown: list[str] = []
    for part, read in ((BUDGETS, _budgets), (COST_TAGS, _cost_tags), (CONTACTS, _contacts)):
        value = _part(target, lambda read=read: read(target, live, progress))  # type: ignore[misc]
        if value is None:
            unknown.append(part)
        else:
            found[part] = value
    live.unknown = (*live.unknown, *unknown)
    live.surroundings = MappingProxyType({**live.surroundings, **found})
    _as_design(live, found)
    return live


def _part(target: Target, read: Callable[[], Any]) -> Any:
    """What a part holds, None where it may not be read."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return read()
    except ClientError as error:
        if error.response["Error"]["Code"] in _DENIED:
            return None
        raise plain(error, target.spec) or error from None
    except BotoCoreError as error:
        raise plain(error, target.spec) or error from None


def _pages(call: Callable[..., dict[str, Any]], key: str, **parameters: Any) -> Iterator[dict[str, Any]]:
    token: str | None = None
    while True:
        reply = call(**parameters, **({"NextToken": token} if token else {}))
        yield from reply.get(key, ())
        token = reply.get("NextToken")
        if not token:
            return


def _budgets(target: Target, live: Organization, progress: Callable[..., None]) -> dict[str, Any] | None:
    """https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_DescribeBudgets.html"""
    management = live.management
    if management is None or target.account_id != management.aws_id:
        return None  # the bill, and the budgets of it, are the management account's
    found: dict[str, Any] = {}
    for budget in _pages(target.client("budgets").describe_budgets, "Budgets", AccountId=management.aws_id):
        name = budget["BudgetName"]
        if name.startswith(BUDGET_PREFIX) and "BudgetLimit" in budget:
            limit = budget["BudgetLimit"]
            found[name.removeprefix(BUDGET_PREFIX)] = {
                "amount": f"{Decimal(limit['Amount']).normalize():f}",
                "currency": limit["Unit"],
                "accounts": sorted(budget.get("CostFilters", {}).get("LinkedAccount", ())),
            }
    return dict(sorted(found.items()))


def _cost_tags(target: Target, live: Organization, progress: Callable[..., None]) -> dict[str, str] | None:
    """https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_ListCostAllocationTags.html"""
    management = live.management
    if management is None or target.account_id != management.aws_id or not target.can("ce", "ListCostAllocationTags"):
        return None
    pages = _pages(target.client("ce").list_cost_allocation_tags, "CostAllocationTags", Type="UserDefined")
    return {tag["TagKey"]: tag["Status"] for tag in sorted(pages, key=lambda tag: str(tag["TagKey"]))}


def _contacts(target: Target, live: Organization, progress: Callable[..., None]) -> dict[str, Any] | None:
    """https://docs.aws.amazon.com/accounts/latest/APIReference/API_GetAlternateContact.html"""
    from botocore.exceptions import ClientError

    found: dict[str, Any] = {}
    if CONTACT_SERVICE not in live.settings.trusted_access:
        return found
    client = target.client("account")
    asked = [account for account in live.accounts() if account.state == "ACTIVE"]
    for number, account in enumerate(asked, 1):
        whose = {} if account.management else {"AccountId": account.aws_id}
        mine = found[str(account.aws_id)] = {}
        for kind in CONTACT_KINDS:
            try:
                reply = client.get_alternate_contact(AlternateContactType=kind.upper(), **whose)["AlternateContact"]
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceNotFoundException":
                    raise
                continue
            names = {"name": "Name", "title": "Title", "email": "EmailAddress", "phone": "PhoneNumber"}
            mine[kind] = {ours: reply[theirs] for ours, theirs in names.items()}
        progress("alternate contacts", number, len(asked))
    return found


def _as_design(live: Organization, found: dict[str, Any]) -> None:
    """Put what was found where a design has it, so that it can be written to a file."""
    for target in [entity for entity in live.entities() if not isinstance(entity, Policy)]:
        key = str(target.aws_id)
        new: dict[str, Any] = {}
        if budget := found.get(BUDGETS, {}).get(key):
            new["budget"] = Money(Decimal(budget["amount"]), budget["currency"])
        contacts = found.get(CONTACTS, {}).get(key) if isinstance(target, Account) else None
        if contacts:
            new["contacts"] = MappingProxyType({kind: Contact(**contact) for kind, contact in contacts.items()})
        if new:
            live.build(Replace(target, replace(target, **new, declared=target.declared | new.keys())))
    active = tuple(key for key, status in found.get(COST_TAGS, {}).items() if status == "Active")
    if active:
        settings = live.settings
        cost = replace(settings.cost or CostAllocation(), allocation_tags=active)
        live.build(Configure(settings, replace(settings, cost=cost, declared=settings.declared | {"cost"})))
