"""Who can come into which account, and what the guardrails leave of it."""

from __future__ import annotations

from typing import Any

from orgkit.design import RCP, SCP, Organization
from orgkit.design.sections import Access, Assignment, PermissionSet, Role, TrustedRole
from orgkit.guardrails import assumable
from tests.provision.access_designs import access, organization


def deny(action: str, **statement: Any) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": action, "Resource": "*", **statement}],
    }


def guarded(where: str, document: dict[str, Any], kind: str = SCP, **changed: Any) -> Organization:
    org = organization(**changed)
    org.configure(policy_types=(SCP, RCP))
    org.add_policy("guard", document, type=kind)
    org.attach("guard", where)
    return org


def outcomes(org: Organization, role: str) -> set[str]:
    return {way.outcome for way in assumable(org) if way.role == role}


def test_every_trust_and_every_assignment_is_a_way_in() -> None:
    told = [(way.who, way.role, way.account) for way in assumable(organization())]
    assert told == [
        ("pipeline of tools", "deploy", "Production/shop"),
        ("pipeline of tools", "deploy", "Production/stock"),
        ("codebuild.amazonaws.com", "pipeline", "tools"),
        ("group builders", "developer", "Production/shop"),
        ("group builders", "developer", "Production/stock"),
        ("group builders", "developer", "tools"),
    ]


def test_an_scp_over_the_trusted_account_stops_it() -> None:
    assert outcomes(guarded("tools", deny("sts:AssumeRole")), "deploy") == {"explicitDeny"}


def test_an_scp_over_the_account_with_the_role_does_not() -> None:
    assert outcomes(guarded("Production", deny("sts:AssumeRole")), "deploy") == {"allowed"}


def test_an_rcp_over_the_account_with_the_role_stops_it() -> None:
    assert outcomes(guarded("Production", deny("sts:AssumeRole", Principal="*"), RCP), "deploy") == {"explicitDeny"}


def test_what_turns_on_a_key_depends() -> None:
    only_vpn = deny("sts:*", Condition={"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}})
    assert outcomes(guarded("tools", only_vpn), "deploy") == {"undetermined"}


def test_what_is_left_counts_the_actions_of_the_role_where_it_stands() -> None:
    org = guarded("Production", deny("s3:GetObject"))
    left = {way.account: way.left for way in assumable(org) if way.role in ("deploy", "developer")}
    assert (left["Production/shop"].allowed, left["Production/shop"].blocked) == (2, 1)
    assert (left["tools"].allowed, left["tools"].blocked) == (2, 0)


def test_administrators_are_counted_with_everything() -> None:
    admin = PermissionSet(name="admin", managed_policies=("arn:aws:iam::aws:policy/AdministratorAccess",))
    org = guarded(
        "Production",
        deny("s3:GetObject"),
        permission_sets={"admin": admin},
        assignments=(Assignment(group="builders", permission_set="admin", to=("Production",)),),
    )
    ways = [way for way in assumable(org) if way.people]
    assert {way.left.blocked for way in ways} == {1}
    assert {way.left.allowed > 20_000 for way in ways} == {True}


def test_names_that_stand_for_nothing_are_passed_over() -> None:
    org = organization()
    lost = Role(name="lost", to=("nowhere", "tools"), trusts=(TrustedRole(account="nobody", role="x"),))
    org.configure(access=Access(roles={"lost": lost}))
    (way,) = assumable(org)
    assert (way.account, way.decision) == ("tools", None)


def test_it_shows_as_text_table_and_json_with_everything_escaped() -> None:
    org = organization(
        assignments=(Assignment(group="<b>", permission_set="developer", to=("tools",)),),
        groups=access().groups,
    )
    found = assumable(org)
    assert "pipeline of tools → deploy in Production/shop: 2 actions, none blocked" in str(found)
    assert "&lt;b&gt;" in found._repr_html_()
    assert "<b>" not in found._repr_html_()
    assert found.to_json()[0]["outcome"] == "allowed"
    assert list(found.to_frame()["blocked"]) == [0] * len(found)
    assert str(assumable(Organization())) == "nobody comes in by what the design says"
