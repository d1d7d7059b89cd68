"""An account's life after it was vended: renamed, invited, put in quarantine, closed, let go."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from orgkit import plan
from orgkit.cloud import Target, connect, read
from orgkit.design import Organization
from orgkit.design.contacts import CONTACT_SERVICE
from orgkit.design.sections import Lens, Removal
from orgkit.errors import DesignError, Incomplete, OrgkitError
from orgkit.guardrails import decide, quarantine
from orgkit.provision import Plan, apply, invitations, invite, missing_access_role
from tests.cloud.clocks import StillClock
from tests.provision import designs

OUTSIDE = "210987654321"


@pytest.fixture
def target() -> Iterator[Target]:
    with connect("sandbox") as target:
        yield target


def carry_out(org: Organization, target: Target) -> Plan:
    made = plan(org, read(target))
    apply(made, target, approve=made.digest)
    return made


def trusting() -> Organization:
    org = designs.starter()
    org.configure(trusted_access=(*org.settings.trusted_access, CONTACT_SERVICE))
    return org


def test_an_account_is_renamed_and_stays_the_same_account(target: Target) -> None:
    org = trusting()
    carry_out(org, target)
    before = read(target).account("app-a-dev").aws_id
    org.rename("app-a-dev", "App A, development")
    made = carry_out(org, target)
    assert [step.kind for step in made.steps] == ["rename_account"]
    live = read(target)
    assert live.account("aws-app-a-dev@company.com").name == "App A, development"
    assert live.account("aws-app-a-dev@company.com").aws_id == before
    assert plan(org, live).empty


def test_a_rename_that_aws_would_refuse_is_refused_first(target: Target) -> None:
    org = designs.starter()
    carry_out(org, target)
    org.rename("app-a-dev", "App A")
    made = plan(org, read(target))
    assert [problem.code for problem in made.blocked] == ["rename-untrusted"]


def test_quarantine_stops_everything_before_the_account_arrives(target: Target) -> None:
    org = designs.starter()
    carry_out(org, target)
    assert decide(org, "app-a-dev", "s3:GetObject").outcome == "allowed"
    stopped = quarantine(org, "app-a-dev", but=["arn:aws:iam::*:role/forensics"])
    application, forensics = (
        Lens(name=role, principal=f"arn:aws:iam::{{{{account.id}}}}:role/{role}")
        for role in ("application", "forensics")
    )
    assert decide(stopped, "app-a-dev", "s3:GetObject", lens=application).outcome == "explicitDeny"
    assert decide(stopped, "app-a-dev", "s3:GetObject", lens=forensics).outcome == "allowed"
    made = carry_out(stopped, target)
    kinds = [step.kind for step in made.steps]
    assert kinds.index("attach_policy") < kinds.index("move_account")
    assert not made.exposures
    live = read(target)
    assert live.path(live.find("app-a-dev")) == "Suspended/app-a-dev"
    assert org.path(org.find("app-a-dev")) == "Workloads/Non-Production/app-a-dev"
    again = quarantine(stopped, "app-a-staging")
    assert [policy.name for policy in again.attached("ou:Suspended", implied=False)] == ["deny-everything"]


def test_the_management_account_cannot_be_put_in_quarantine() -> None:
    with pytest.raises(DesignError, match="no service control policy binds it"):
        quarantine(designs.starter(), "management")


def test_an_account_is_closed_only_where_it_is_named_and_counts_on(target: Target) -> None:
    org = designs.starter()
    carry_out(org, target)
    org.remove("developer-sandbox-2")
    assert plan(org, read(target)).empty
    org.configure(remove=(Removal(kind="close", ref="developer-sandbox-2"),))
    made = carry_out(org, target)
    assert [step.kind for step in made.steps] == ["close_account"]
    assert "90 days" in made.steps[0].why
    live = read(target)
    assert live.account("developer-sandbox-2").state in ("PENDING_CLOSURE", "SUSPENDED", "CLOSED")
    assert len(live.accounts()) == 11
    assert plan(org, live).empty


def test_an_invited_account_joins_and_what_it_lacks_is_said(target: Target) -> None:
    org = designs.starter()
    carry_out(org, target)
    sent = invite(target, "partner@other.com", notes="Welcome", tags={"Team": "partner"})
    assert sent.state == "OPEN" and "partner@other.com" in str(sent)
    assert invite(target, "Partner@other.com") == sent
    assert [one.id for one in invitations(target)] == [sent.id]
    _accept(target, sent.id)
    assert invitations(target)[0].state == "ACCEPTED"
    live = read(target)
    joined = live.account("partner@other.com")
    assert joined.joined == "INVITED" and live.parent(joined.id) == live.root.id
    words = missing_access_role(target, str(joined.aws_id))
    assert words is not None and "create-role" in words and target.account_id in words
    assert missing_access_role(target, str(live.account("app-a-dev").aws_id)) is None

    org.add_account("partner", "Sandbox", email="partner@other.com", tags={"Team": "partner"})
    made = carry_out(org, target)
    assert [step.kind for step in made.steps] == ["move_account"]
    assert plan(org, read(target)).empty


def _accept(target: Target, handshake: str) -> None:
    """Accept as the invited account would, from outside of the organization."""
    client = target.client("organizations")

    def outside(request: object, **_: object) -> None:
        request.headers["x-moto-account-id"] = OUTSIDE  # type: ignore[attr-defined]

    client.meta.events.register("before-sign.organizations.AcceptHandshake", outside)
    client.accept_handshake(HandshakeId=handshake)
    client.meta.events.unregister("before-sign.organizations.AcceptHandshake", outside)


def test_an_account_that_leaves_is_named_to_leave(target: Target) -> None:
    org = designs.starter()
    carry_out(org, target)
    sent = invite(target, "partner@other.com")
    _accept(target, sent.id)
    org.configure(remove=(Removal(kind="leave", ref="partner@other.com"),))
    made = carry_out(org, target)
    assert [step.kind for step in made.steps] == ["remove_account"]
    assert "partner@other.com" not in {account.email for account in read(target).accounts()}


def test_a_created_account_is_told_from_when_on_it_may_leave() -> None:
    clock = StillClock()
    with connect("sandbox", clock=clock) as target:
        org = designs.starter()
        org.set("developer-sandbox-2", budget="200 USD")
        carry_out(org, target)
        org.remove("developer-sandbox-2")
        step, _ = plan(org, read(target), remove=["leave:developer-sandbox-2"]).steps
        assert "it was on 2026-06-01, so it may leave from 2026-06-05 on" in step.notes[0]
        made = plan(org, read(target), remove=["leave:developer-sandbox-2"])
        with pytest.raises(Incomplete, match="4 days old"):
            apply(made, target, approve=made.digest)
        kept = target.client("budgets").describe_budgets(AccountId=target.account_id).get("Budgets", [])
        assert len(kept) == 1  # what the account may cost is watched as long as it is here
        clock.sleep(4 * 86_400)
        made = plan(org, read(target), remove=["leave:developer-sandbox-2"])
        assert apply(made, target, approve=made.digest).complete


def test_a_delegated_administrator_is_deregistered_before_its_account_leaves() -> None:
    clock = StillClock()
    with connect("sandbox", clock=clock) as target:
        org = designs.starter()
        carry_out(org, target)
        clock.sleep(5 * 86_400)
        org.configure(delegated_administrators={})
        org.remove("security-audit")
        made = plan(org, read(target), remove=["leave:security-audit"])
        kinds = [step.kind for step in made.steps]
        assert kinds[-1] == "remove_account" and kinds.count("deregister_delegated_administrator") == 2
        assert apply(made, target, approve=made.digest).complete


REFUSED_INVITATIONS = {
    "what is neither an id nor an email": ("nobody", "neither 12 digits nor an email"),
    "an account that is in the organization": ("aws-app-a-dev@company.com", "leave the organization that it is in"),
}


@pytest.mark.parametrize(("account", "said"), REFUSED_INVITATIONS.values(), ids=REFUSED_INVITATIONS)
def test_an_invitation_that_cannot_be_sent_says_what_to_do(target: Target, account: str, said: str) -> None:
    carry_out(designs.starter(), target)
    with pytest.raises(OrgkitError) as caught:
        invite(target, account)
    assert said in str(caught.value) and caught.value.mend
