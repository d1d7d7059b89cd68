"""Steps about alternate contacts: a kind that is written is put; kinds that nobody wrote are left alone.

https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-contact-alternate.html
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from orgkit.cloud.read_billing import CONTACTS
from orgkit.design import Account
from orgkit.design.contacts import CONTACT_SERVICE, Contact
from orgkit.provision.parts.organization_steps import is_trusted
from orgkit.provision.planning.draft import Draft


def plan_contacts(draft: Draft) -> None:
    """Put the contacts that accounts, or the organization for all of them, write and AWS does not have."""
    everybody = draft.design.settings.contacts
    accounts = [a for a in draft.design.accounts() if everybody or a.contacts]
    if not accounts:
        return
    if CONTACTS in draft.live.unknown:
        draft.hold(
            "contacts-unknown",
            "contacts",
            "alternate contacts may not be read, so none are written",
            "Plan with a role that may call account:GetAlternateContact.",
            severity="warning",
        )
        return
    enabling = f"enable_trusted_access:{CONTACT_SERVICE}"
    if not is_trusted(draft, CONTACT_SERVICE):
        draft.block(
            "contacts-untrusted",
            draft.design.where("organization.trusted_access"),
            f"contacts are written, but {CONTACT_SERVICE} has no trusted access: AWS lets nobody write them",
            f"Add {CONTACT_SERVICE} to trusted_access.",
        )
        return
    for account in accounts:
        _contacts_of(draft, account, {**everybody, **account.contacts}, enabling)


def _contacts_of(draft: Draft, account: Account, wanted: dict[str, Contact], enabling: str) -> None:
    now = draft.match.live.get(account.id)
    live = draft.live.account(now) if now is not None else None
    if draft.left_to(account.id) or (live is not None and live.state != "ACTIVE"):
        return
    has: dict[str, Any] = draft.live.surroundings.get(CONTACTS, {}).get(str(live.aws_id), {}) if live else {}
    place = draft.place(account.id)
    for kind, contact in sorted(wanted.items()):
        if has.get(kind) == asdict(contact):
            continue
        parameters = {
            "AlternateContactType": kind.upper(),
            "Name": contact.name,
            "Title": contact.title,
            "EmailAddress": contact.email,
            "PhoneNumber": contact.phone,
        }
        draft.add(
            "put_contact",
            f"{kind} of {place}",
            f"let AWS write to {contact.name} about {kind} of {place}",
            place=place,
            why=f"it is {has[kind]['name']} <{has[kind]['email']}> now" if kind in has else "",
            parameters=parameters | ({} if account.management else {"AccountId": draft.ref(account.id)}),
            after=[enabling] if enabling in draft.steps else [],
        )
