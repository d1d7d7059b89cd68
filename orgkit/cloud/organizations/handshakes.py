"""Inviting an account that exists: the handshake, and what either side may do with it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from orgkit.cloud.organizations.accounts import DAY
from orgkit.cloud.organizations.call import Call, Operation, Reply, wanted_tags
from orgkit.cloud.organizations.errors import ApiError, denied, invalid
from orgkit.cloud.organizations.pages import page
from orgkit.cloud.organizations.state import Account, Handshake, Organization, new_id

# https://docs.aws.amazon.com/organizations/latest/APIReference/API_Handshake.html
DAYS_OPEN = 15
# Or as many as the organization may have accounts, if that is more.
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
INVITATIONS_A_DAY = 20
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_ACCOUNT = re.compile(r"\d{12}")


def invite_account_to_organization(org: Organization, call: Call) -> Reply:
    """Invite an account by its id or email; it joins the root when it accepts."""
    party, kind = call.params["Target"]["Id"], call.params["Target"]["Type"]
    if kind == "ORGANIZATION":
        raise invalid("INVALID_PARTY_TYPE_TARGET", "An account is invited by its id (ACCOUNT) or its EMAIL.")
    if kind == "EMAIL" and not _EMAIL.fullmatch(party):
        raise invalid("INVALID_EMAIL_ADDRESS_TARGET", f"{party} is no email address.")
    if kind == "ACCOUNT" and not _ACCOUNT.fullmatch(party):
        raise invalid("INVALID_PATTERN", f"{party} is no account id.")
    tags = wanted_tags(call)
    if party in org.accounts or party.casefold() in org.emails:
        raise _constraint("ALREADY_IN_AN_ORGANIZATION", f"{party} is already in the organization.")
    if any(h.party == party and _state(h, call) == "OPEN" for h in org.handshakes.values()):
        raise ApiError("DuplicateHandshakeException", f"{party} is already invited.")
    if len(org.accounts) + len(org.open_creations) >= call.limits["accounts"]:
        raise _constraint("ACCOUNT_NUMBER_LIMIT_EXCEEDED", "The organization has all the accounts it may have.")
    lately = [h for h in org.handshakes.values() if h.state != "ACCEPTED" and h.requested > call.now - DAY]
    if len(lately) >= max(INVITATIONS_A_DAY, call.limits["accounts"]):
        raise _constraint("HANDSHAKE_RATE_LIMIT_EXCEEDED", f"{len(lately)} invitations were sent within a day.")
    handshake = Handshake(new_id(call.ids, "h-", 10), party, kind, call.now, tags=tags)
    org.handshakes[handshake.id] = handshake
    call.changed = True
    return {"Handshake": _show(org, call, handshake)}


def accept_handshake(org: Organization, call: Call) -> Reply:
    """Join the organization; called from the invited account."""
    handshake = _handshake_of(org, call)
    _check_party(handshake, call)
    if call.caller == org.management_id:
        raise ApiError("MasterCannotLeaveOrganizationException", "The management account cannot join another one.")
    if call.caller in org.accounts:
        raise _constraint("ALREADY_IN_AN_ORGANIZATION", f"The account {call.caller} is already in the organization.")
    if len(org.accounts) + len(org.open_creations) >= call.limits["accounts"]:
        raise _constraint("ACCOUNT_NUMBER_LIMIT_EXCEEDED", "The organization has all the accounts it may have.")
    _turn(handshake, call, "ACCEPTED")
    # An account invited by its id brings an email that the invitation does not tell.
    email = handshake.party if handshake.party_type == "EMAIL" else f"{call.caller}@invited.example.com"
    account = Account(
        call.caller, email, f"invited-{call.caller}", org.root_id, call.now, "INVITED", tags=handshake.tags
    )
    org.accounts[account.id] = account
    org.units[org.root_id].accounts[account.id] = None
    org.emails[email.casefold()] = account.id
    org.adopt(account.id)
    return {"Handshake": _show(org, call, handshake)}


def decline_handshake(org: Organization, call: Call) -> Reply:
    """Decline an invitation; called from the invited account."""
    handshake = _handshake_of(org, call)
    _check_party(handshake, call)
    _turn(handshake, call, "DECLINED")
    return {"Handshake": _show(org, call, handshake)}


def cancel_handshake(org: Organization, call: Call) -> Reply:
    """Take an invitation back; called from the management account."""
    handshake = _handshake_of(org, call)
    _turn(handshake, call, "CANCELED")
    return {"Handshake": _show(org, call, handshake)}


def describe_handshake(org: Organization, call: Call) -> Reply:
    """Describe an invitation, to either side."""
    handshake = _handshake_of(org, call)
    if call.caller != org.management_id:
        _check_party(handshake, call)
    return {"Handshake": _show(org, call, handshake)}


def list_handshakes_for_organization(org: Organization, call: Call) -> Reply:
    """List the organization's invitations."""
    return page(call, "Handshakes", _chosen(call, org.handshakes.values()), lambda entry: _show(org, call, entry))


def list_handshakes_for_account(org: Organization, call: Call) -> Reply:
    """List the invitations of the calling account, those by its id."""
    mine = _chosen(call, (entry for entry in org.handshakes.values() if entry.party == call.caller))
    return page(call, "Handshakes", mine, lambda entry: _show(org, call, entry))


def _chosen(call: Call, handshakes: Iterable[Handshake]) -> list[Handshake]:
    """Those that a filter lets through; there are only invitations, none of which is the child of another."""
    wanted = call.params.get("Filter", {})
    if "ActionType" in wanted and "ParentHandshakeId" in wanted:
        raise invalid("MAX_LIMIT_EXCEEDED_FILTER", "Filter by ActionType or by ParentHandshakeId, not by both.")
    none = wanted.get("ActionType", "INVITE") != "INVITE" or "ParentHandshakeId" in wanted
    return [] if none else [*handshakes]


def _handshake_of(org: Organization, call: Call) -> Handshake:
    handshake = org.handshakes.get(call.params["HandshakeId"])
    if handshake is None:
        raise ApiError("HandshakeNotFoundException", f"There is no handshake {call.params['HandshakeId']}.")
    return handshake


def _check_party(handshake: Handshake, call: Call) -> None:
    # Whose email it is cannot be known of an account outside, so any account may take an invitation by email.
    if handshake.party_type == "ACCOUNT" and handshake.party != call.caller:
        raise denied(f"The handshake {handshake.id} is not for the account {call.caller}.")


def _turn(handshake: Handshake, call: Call, state: str) -> None:
    now = _state(handshake, call)
    if now == state:
        raise ApiError("HandshakeAlreadyInStateException", f"The handshake {handshake.id} is already {state}.")
    if now != "OPEN":
        raise ApiError("InvalidHandshakeTransitionException", f"The handshake {handshake.id} is {now}.")
    handshake.state = state
    call.changed = True


def _state(handshake: Handshake, call: Call) -> str:
    expired = handshake.state == "OPEN" and call.now >= handshake.requested + DAYS_OPEN * DAY
    return "EXPIRED" if expired else handshake.state


def _constraint(reason: str, message: str) -> ApiError:
    return ApiError("HandshakeConstraintViolationException", message, reason)


def _show(org: Organization, call: Call, handshake: Handshake) -> Reply:
    return {
        "Id": handshake.id,
        "Arn": org.arn("handshake", "invite", handshake.id),
        "Parties": [
            {"Id": org.id[2:], "Type": "ORGANIZATION"},
            {"Id": handshake.party, "Type": handshake.party_type},
        ],
        "State": _state(handshake, call),
        "RequestedTimestamp": handshake.requested,
        "ExpirationTimestamp": handshake.requested + DAYS_OPEN * DAY,
        "Action": "INVITE",
        "Resources": [{"Value": org.id, "Type": "ORGANIZATION"}],
    }


# What an account outside of the organization may call.
OPEN_TO_OTHERS = {"AcceptHandshake", "DeclineHandshake", "DescribeHandshake", "ListHandshakesForAccount"}

OPERATIONS: dict[str, Operation] = {
    "InviteAccountToOrganization": invite_account_to_organization,
    "AcceptHandshake": accept_handshake,
    "DeclineHandshake": decline_handshake,
    "CancelHandshake": cancel_handshake,
    "DescribeHandshake": describe_handshake,
    "ListHandshakesForOrganization": list_handshakes_for_organization,
    "ListHandshakesForAccount": list_handshakes_for_account,
}
