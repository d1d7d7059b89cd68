"""Inviting an account that exists: the handshake, and what either side may do with it."""

from __future__ import annotations

from orgkit.cloud.organizations.accounts import DAY
from orgkit.cloud.organizations.call import Call, Operation, Reply, wanted_tags
from orgkit.cloud.organizations.errors import ApiError, denied
from orgkit.cloud.organizations.pages import page
from orgkit.cloud.organizations.state import Account, Handshake, Organization, new_id

# https://docs.aws.amazon.com/organizations/latest/APIReference/API_Handshake.html
DAYS_OPEN = 15


def invite_account_to_organization(org: Organization, call: Call) -> Reply:
    """Invite an account by its id or email; it joins the root when it accepts."""
    party, kind = call.params["Target"]["Id"], call.params["Target"]["Type"]
    tags = wanted_tags(call)
    if party in org.accounts or party.casefold() in org.emails:
        raise _constraint("ALREADY_IN_AN_ORGANIZATION", f"{party} is already in the organization.")
    if any(h.party == party and _state(h, call) == "OPEN" for h in org.handshakes.values()):
        raise ApiError("DuplicateHandshakeException", f"{party} is already invited.")
    if len(org.accounts) + len(org.open_creations) >= call.limits["accounts"]:
        raise _constraint("ACCOUNT_NUMBER_LIMIT_EXCEEDED", "The organization has all the accounts it may have.")
    handshake = Handshake(new_id(call.ids, "h-", 10), party, kind, call.now, tags=tags)
    org.handshakes[handshake.id] = handshake
    call.changed = True
    return {"Handshake": _show(org, call, handshake)}


def accept_handshake(org: Organization, call: Call) -> Reply:
    """Join the organization; called from the invited account."""
    handshake = _handshake_of(org, call)
    _check_party(handshake, call)
    if call.caller in org.accounts:
        raise _constraint("ALREADY_IN_AN_ORGANIZATION", f"The account {call.caller} is already in the organization.")
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
    return page(call, "Handshakes", org.handshakes.values(), lambda entry: _show(org, call, entry))


def list_handshakes_for_account(org: Organization, call: Call) -> Reply:
    """List the invitations of the calling account, those by its id."""
    mine = [entry for entry in org.handshakes.values() if entry.party == call.caller]
    return page(call, "Handshakes", mine, lambda entry: _show(org, call, entry))


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
