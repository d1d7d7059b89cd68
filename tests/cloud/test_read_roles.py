"""Reading roles: all of them where asked, none where nobody asked, and no external id ever."""

from __future__ import annotations

import json

from orgkit.cloud import Target, connect, read
from orgkit.cloud.read_identity_center import seconds
from orgkit.design.live_access import HIDDEN, live_roles
from orgkit.design.sections import SecretReference, TrustedRole

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::999988887777:role/theirs"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "our-handshake"}},
        }
    ],
}


def with_a_role(target: Target, trust: object = TRUST) -> None:
    organizations = target.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    organizations.create_account(AccountName="shop", Email="shop@company.com")
    iam = target.client("iam", account="shop")
    iam.create_role(RoleName="partner", AssumeRolePolicyDocument=json.dumps(trust), MaxSessionDuration=7200)


def test_member_accounts_are_not_entered_unless_asked() -> None:
    with connect("sandbox") as target:
        with_a_role(target)
        assert not live_roles(read(target)).looked_at


def test_a_role_is_read_as_it_stands_with_a_reference_for_its_external_id() -> None:
    with connect("sandbox") as target:
        with_a_role(target)
        live = read(target, roles=True)
        shop = target.account("shop")
    found = live_roles(live).role(shop, "partner")
    assert found is not None
    assert found.external_id == "not compared"
    assert found.trust["Statement"][0]["Condition"] == {"StringEquals": {"sts:ExternalId": HIDDEN}}
    assert found.max_session == 7200
    assert live.settings.access is not None
    role = live.settings.access.roles["partner"]
    assert role.trusts == (TrustedRole(account="999988887777", role="theirs"),)
    assert role.external_id == SecretReference(source="env", name="PARTNER_EXTERNAL_ID")
    assert "our-handshake" not in repr(live.surroundings) + repr(live.settings)


def test_a_role_that_the_file_cannot_say_is_left_out_of_it() -> None:
    federation = {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}
    statement = {"Effect": "Allow", "Principal": federation, "Action": "sts:AssumeRoleWithWebIdentity"}
    with connect("sandbox") as target:
        with_a_role(target, {"Version": "2012-10-17", "Statement": [statement]})
        live = read(target, roles=True)
        assert live_roles(live).role(target.account("shop"), "partner") is not None
    assert live.settings.access is None


def test_durations_are_read_in_hours_minutes_and_seconds() -> None:
    assert [seconds(text) for text in ("PT8H", "PT1H30M", "PT90S", "P1DT1H", "nonsense")] == [28800, 5400, 90, 90000, 0]
