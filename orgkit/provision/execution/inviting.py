"""Inviting an account that exists: the handshake, and what an invited account lacks that a created one has.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_invites.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from orgkit.cloud.sessions import plain
from orgkit.cloud.target import ACCESS_ROLE
from orgkit.errors import CloudError, InputError
from orgkit.provision.parts.tags import tag_list

if TYPE_CHECKING:
    from orgkit.cloud import Target


_ID: Final = re.compile(r"\d{12}")
# What AWS says no with, and what to do; the code's own reason first.
# https://docs.aws.amazon.com/organizations/latest/APIReference/API_InviteAccountToOrganization.html
_REFUSALS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ACCOUNT_NUMBER_LIMIT_EXCEEDED": "Ask AWS for a higher limit of accounts (Service Quotas).",
        "ALREADY_IN_AN_ORGANIZATION": "It has to leave the organization that it is in first.",
        "DuplicateHandshakeException": "It is invited already: orgkit.provision.invitations lists it.",
        "HANDSHAKE_RATE_LIMIT_EXCEEDED": "AWS sends so many invitations a day: invite it tomorrow.",
        "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES": "Let the change to all features come to its end first.",
        "MANAGEMENT_ACCOUNT_EMAIL_NOT_VERIFIED": "Verify the email of the management account first.",
        "ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD": "Both have to buy from the same AWS company: ask AWS Support.",
        "ORGANIZATION_MEMBERSHIP_CHANGE_RATE_LIMIT_EXCEEDED": "Too many accounts came and went: invite it later.",
        "PAST_DUE_INVOICE": "Its past bills have to be paid first.",
        "PAYMENT_INSTRUMENT_REQUIRED": "It needs a payment method of its own.",
    }
)


@dataclass(frozen=True, slots=True)
class Invitation:
    """A handshake: who is invited, and how it stands (OPEN, ACCEPTED, DECLINED, CANCELED, EXPIRED)."""

    id: str
    invited: str
    state: str
    expires: str

    def __str__(self) -> str:
        return f"{self.invited}: {self.state.lower()}, until {self.expires} ({self.id})"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def invite(target: Target, account: str, *, notes: str = "", tags: Mapping[str, str] | None = None) -> Invitation:
    """Invite an account, by id or email, into the organization; one that is invited already stays so.

    It joins the root once somebody in it accepts; then it is put into the design with its email, and a plan moves it.
    Errors: InputError for what is neither an id nor an email, CloudError where AWS refuses.
    """
    if not _ID.fullmatch(account) and account.count("@") != 1:
        raise InputError(
            f"{account!r} is no account: neither 12 digits nor an email",
            where="invite",
            mend="Name the account by its id, or by the email of its root user.",
        )
    wanted: dict[str, Any] = {"Target": {"Id": account, "Type": "EMAIL" if "@" in account else "ACCOUNT"}}
    if notes:
        wanted["Notes"] = notes
    if tags:
        wanted["Tags"] = tag_list(tags)
    for invitation in invitations(target):
        if invitation.state == "OPEN" and invitation.invited.casefold() == account.casefold():
            return invitation
    return _invitation(_call(target, "InviteAccountToOrganization", wanted)["Handshake"])


def invitations(target: Target) -> tuple[Invitation, ...]:
    """The organization's invitations, open and past, as AWS lists them."""
    found: list[Invitation] = []
    asked: dict[str, Any] = {}
    while True:
        reply = _call(target, "ListHandshakesForOrganization", asked)
        found += [_invitation(handshake) for handshake in reply["Handshakes"] if handshake.get("Action") == "INVITE"]
        if reply.get("NextToken") is None:
            return tuple(found)
        asked["NextToken"] = reply["NextToken"]


def missing_access_role(target: Target, account_id: str, role: str = ACCESS_ROLE) -> str | None:
    """What an account lacks for baselines and roles to be put into it, and how to make it; None where it is there.

    AWS makes the access role in accounts that it creates, and not in those that are invited.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_create-cross-account-role.html
    """
    try:
        target.client("iam", account=account_id, role=role)
    except CloudError:
        trust = json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"AWS": f"arn:aws:iam::{target.account_id}:root"},
                        "Action": "sts:AssumeRole",
                    }
                ],
            }
        )
        return (
            f"the account {account_id} has no role {role} that the management account may assume: nothing can be put "
            "into it. Have somebody with administrator rights in it run:\n"
            f"  aws iam create-role --role-name {role} --assume-role-policy-document '{trust}'\n"
            f"  aws iam attach-role-policy --role-name {role} --policy-arn arn:aws:iam::aws:policy/AdministratorAccess"
        )
    return None


def _call(target: Target, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    from botocore import xform_name
    from botocore.exceptions import BotoCoreError, ClientError

    target.pace.wait(operation)
    try:
        reply: dict[str, Any] = getattr(target.client("organizations"), xform_name(operation))(**parameters)
    except ClientError as error:
        said = error.response["Error"]
        code = str(error.response.get("Reason") or said["Code"])
        mend = _REFUSALS.get(code) or _REFUSALS.get(said["Code"])
        raise CloudError(f"{operation}: {said.get('Message') or code}", where=code, mend=mend) from None
    except BotoCoreError as error:
        raise plain(error, target.spec) or error from None
    return reply


def _invitation(handshake: Mapping[str, Any]) -> Invitation:
    invited = next(party["Id"] for party in handshake["Parties"] if party["Type"] != "ORGANIZATION")
    return Invitation(handshake["Id"], invited, handshake["State"], f"{handshake['ExpirationTimestamp']:%Y-%m-%d}")
