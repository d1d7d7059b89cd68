"""Inviting an account that exists: the handshake, and what an invited account lacks that a created one has.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_invites.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from orgkit.cloud.sessions import plain
from orgkit.cloud.target import ACCESS_ROLE
from orgkit.errors import CloudError
from orgkit.provision.parts.tags import tag_list

if TYPE_CHECKING:
    from orgkit.cloud import Target


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
    Errors: CloudError where AWS refuses.
    """
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
    except (ClientError, BotoCoreError) as error:
        raise plain(error, target.spec) or error from None
    return reply


def _invitation(handshake: Mapping[str, Any]) -> Invitation:
    invited = next(party["Id"] for party in handshake["Parties"] if party["Type"] != "ORGANIZATION")
    return Invitation(handshake["Id"], invited, handshake["State"], f"{handshake['ExpirationTimestamp']:%Y-%m-%d}")
