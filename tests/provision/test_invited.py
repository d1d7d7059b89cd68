"""Accounts that were invited: not made a second time, counted, and moved once they have joined."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from orgkit.cloud import connect, read
from orgkit.cloud.looking import INVITED
from orgkit.design import Organization
from orgkit.provision import apply, invite, plan
from tests.provision import designs
from tests.provision.live import replaced
from tests.provision.plans import codes, kinds

GUEST = "222233334444"


@pytest.fixture
def guest(design: Organization, live: Organization) -> Organization:
    """The design with an account that was invited by its email, and does something."""
    design.add_account("guest", "Sandbox", email="Guest@elsewhere.example")
    live.surroundings = MappingProxyType({INVITED: ("guest@elsewhere.example",)})
    return design


def test_an_account_that_was_invited_is_not_created(guest: Organization, live: Organization) -> None:
    made = plan(guest, live)
    assert made.empty
    assert codes(made.held) == {"account-invited"}


def test_what_is_about_it_waits(guest: Organization, live: Organization) -> None:
    guest.attach("production-guardrails", "guest")
    guest.set("app-a-dev", tags={"a": "b"})
    made = plan(guest, live)
    assert kinds(made) == ["untag", "tag"]
    (waits,) = [problem for problem in made.held if problem.code == "waits"]
    assert (waits.where, waits.message) == ("guest", "1 step about this account must wait until it is there")


def test_a_pinned_id_that_was_invited_is_no_mistake(guest: Organization, live: Organization) -> None:
    replaced(guest, "guest", aws_id=GUEST, email="")
    live.surroundings = MappingProxyType({INVITED: (GUEST,)})
    made = plan(guest, live)
    assert not made.blocked
    assert codes(made.held) == {"account-invited"}


def test_an_invitation_takes_a_place(guest: Organization, live: Organization) -> None:
    guest.configure(limits={"accounts": 12})
    assert not plan(guest, live).blocked
    guest.add_account("one-more", "Sandbox", email="more@company.com")
    (problem,) = plan(guest, live).blocked
    assert problem.code == "too-many-accounts"
    assert "1 open" in problem.message


def test_an_invitation_is_read_as_long_as_it_is_open() -> None:
    design = designs.empty()
    design.add_ou("Guests")
    with connect("sandbox") as target:
        made = plan(design, read(target))
        apply(made, target, approve=made.digest)
        invitation = invite(target, "guest@elsewhere.example")
        design.add_account("guest", "Guests", email="guest@elsewhere.example")
        live = read(target)
        assert live.surroundings[INVITED] == ("guest@elsewhere.example",)
        assert plan(design, live).empty
        target.client("organizations").cancel_handshake(HandshakeId=invitation.id)
        assert kinds(plan(design, read(target))) == ["create_account", "move_account"]
