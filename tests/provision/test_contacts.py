"""Alternate contacts: put where they are written, left alone where they are not, refused without trusted access."""

from __future__ import annotations

from orgkit.cloud import Target, connect, read
from orgkit.design import Organization
from orgkit.design.contacts import CONTACT_SERVICE, Contact
from orgkit.provision import apply, plan
from tests.provision import designs

SECURITY = Contact(name="Security", title="CISO", email="security@company.com", phone="+1 555 0100")
TEAM = Contact(name="Team A", title="On call", email="a@company.com", phone="+1 555 0101")


def design() -> Organization:
    org = designs.starter()
    org.configure(contacts={"security": SECURITY}, trusted_access=(*org.settings.trusted_access, CONTACT_SERVICE))
    org.set("app-a-prod", contacts={"operations": TEAM})
    return org


def carry_out(org: Organization, target: Target) -> list[str]:
    made = plan(org, read(target))
    apply(made, target, approve=made.digest)
    return [step.kind for step in made.steps]


def test_everybody_gets_the_organization_s_contact_and_an_account_its_own() -> None:
    org = design()
    with connect("sandbox") as target:
        carry_out(org, target)
        live = read(target)
        client = target.client("account")
        account = live.account("app-a-prod").aws_id
        own = client.get_alternate_contact(AlternateContactType="OPERATIONS", AccountId=account)["AlternateContact"]
        assert own["EmailAddress"] == "a@company.com"
        assert all(dict(account.contacts)["security"] == SECURITY for account in live.accounts())
        assert plan(org, live).empty


def test_one_that_changed_is_put_again_and_other_kinds_are_left_alone() -> None:
    org = design()
    with connect("sandbox") as target:
        carry_out(org, target)
        billing = {"Name": "B", "Title": "t", "EmailAddress": "b@company.com", "PhoneNumber": "5"}
        target.client("account").put_alternate_contact(AlternateContactType="BILLING", **billing)
        assert plan(org, read(target)).empty
        org.set("app-a-prod", contacts={"operations": SECURITY})
        assert carry_out(org, target) == ["put_contact"]
        assert plan(org, read(target)).empty


def test_without_trusted_access_it_is_refused_before_the_first_write() -> None:
    org = design()
    org.configure(trusted_access=tuple(s for s in org.settings.trusted_access if s != CONTACT_SERVICE))
    with connect("sandbox") as target:
        made = plan(org, read(target))
    assert [problem.code for problem in made.blocked] == ["contacts-untrusted"]
    assert CONTACT_SERVICE in made.blocked[0].fix
