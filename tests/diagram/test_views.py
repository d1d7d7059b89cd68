"""What each view shows of an organization."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

import orgkit
from orgkit.design import RCP, SCP, Money, Organization
from orgkit.diagram import draw
from orgkit.diagram.picture import Card, Row
from orgkit.diagram.views.cost import money
from tests.diagram.examples import large, starter

DOCUMENT = {"Version": "2012-10-17", "Statement": []}


def card(org: Organization, view: str, title: str, **options: object) -> Card:
    picture = draw(org, view, **options).picture  # type: ignore[arg-type]
    return next(card for card in picture.cards if card.title == title)


def row(drawn: Card, text: str) -> Row:
    return next(row for row in drawn.rows if row.text == text)


def words(drawn: Card | Row) -> list[str]:
    return [badge.text for badge in drawn.badges]


@pytest.fixture
def org() -> Organization:
    return starter()


class TestStructure:
    def test_policies_are_badges_on_what_they_are_attached_to(self, org: Organization) -> None:
        org.attach("sandbox-limits", "app-a-dev")
        assert words(card(org, "structure", "Production")) == ["SCP production-guardrails"]
        inside = card(org, "structure", "Non-Production")
        assert words(inside) == []
        assert words(row(inside, "app-a-dev")) == ["SCP sandbox-limits"]

    def test_a_policy_whose_type_is_off_is_not_enforced(self, org: Organization) -> None:
        org.configure(policy_types=("TAG_POLICY",))
        badge = card(org, "structure", "Production").badges[0]
        assert (badge.text, badge.tone) == ("SCP production-guardrails, not enforced", "inherited")

    def test_full_access_taken_off_is_a_warning(self, org: Organization) -> None:
        org.detach("FullAWSAccess", "Sandbox")
        assert card(org, "structure", "Sandbox").badges[-1].tone == "warning"

    def test_a_policy_attached_to_nothing_is_counted(self, org: Organization) -> None:
        org.add_policy("idle", DOCUMENT)
        assert "3 policies, 1 of them attached to nothing" in str(draw(org))

    def test_the_tooltip_says_what_the_picture_has_no_room_for(self, org: Organization) -> None:
        tip = row(card(org, "structure", "Production"), "app-a-prod").tip
        for fact in ("aws-app-a-prod@company.com", "owner app-a", "Environment=production"):
            assert fact in tip

    def test_an_account_that_is_not_active_says_so(self) -> None:
        org = Organization()
        org.add_account("old", email="old@example.com", state="PENDING_CLOSURE")
        assert row(card(org, "structure", "Root"), "old").note == "pending closure"

    def test_folded_accounts_with_policies_are_counted(self, org: Organization) -> None:
        org.attach("sandbox-limits", "app-a-dev")
        folded = card(org, "structure", "Non-Production", collapse="always").rows
        assert [(line.text, line.note) for line in folded] == [("2 accounts", "1 with own policies")]


class TestGuardrails:
    def test_own_and_inherited_policies_are_apart(self, org: Organization) -> None:
        org.configure(policy_types=(SCP, RCP))
        org.add_policy("perimeter", DOCUMENT, type=RCP)
        org.attach("perimeter", "Workloads")
        drawn = card(org, "guardrails", "Production")
        assert [(badge.text, badge.tone) for badge in drawn.badges] == [
            ("SCP production-guardrails", "scp"),
            ("RCP perimeter, from Workloads", "inherited"),
        ]

    def test_other_kinds_of_policies_are_left_out(self, org: Organization) -> None:
        org.add_policy("tags", {"tags": {}}, type="TAG_POLICY")
        org.attach("tags", "Production")
        assert words(card(org, "guardrails", "Production")) == ["SCP production-guardrails"]

    def test_an_ou_with_accounts_and_no_guardrail_is_marked(self, org: Organization) -> None:
        unguarded = {c.title for c in draw(org, "guardrails").picture.cards if c.dashed}
        assert unguarded == {"Security", "Infrastructure", "Non-Production"}
        org.attach("sandbox-limits", "root")
        assert not any(c.dashed for c in draw(org, "guardrails").picture.cards)

    def test_no_guardrail_is_shown_on_the_management_account(self, org: Organization) -> None:
        org.attach("sandbox-limits", "management")
        shown = row(card(org, "guardrails", "Root"), "management")
        assert shown.badges == ()
        assert shown.mark is not None and "no SCP or RCP binds it" in shown.mark.tip

    def test_a_type_that_is_switched_off_is_said(self, org: Organization) -> None:
        org.configure(policy_types=())
        assert "SCPs are switched off and hold nowhere" in str(draw(org, "guardrails"))


class TestCost:
    def test_amounts_are_rolled_up_with_their_share(self, org: Organization) -> None:
        assert card(org, "cost", "Root").note == "14,345.75 USD · 100%"
        assert card(org, "cost", "Workloads").note == "10,250.50 USD · 71%"
        assert row(card(org, "cost", "Non-Production"), "app-a-staging").note == "1,150.50 USD"

    def test_a_larger_share_is_darker(self, org: Organization) -> None:
        shades = [card(org, "cost", name).shade or 0.0 for name in ("Root", "Workloads", "Security")]
        assert shades == sorted(shades, reverse=True)
        assert shades[0] == 1

    def test_a_budget_that_is_exceeded_is_marked_with_the_amount(self, org: Organization) -> None:
        assert words(card(org, "cost", "Production")) == []
        org.set("Production", budget=Money.parse("8000 USD"))
        org.set("app-a-prod", budget=Money.parse("5199.99 USD"))
        drawn = card(org, "cost", "Production")
        assert words(drawn) == ["300 USD over budget of 8,000 USD"]
        assert words(row(drawn, "app-a-prod")) == ["0.01 USD over budget of 5,199.99 USD"]

    def test_an_account_over_its_budget_is_drawn_even_where_others_are_folded(self, org: Organization) -> None:
        org.set("app-a-dev", budget=Money.parse("1 USD"))
        drawn = card(org, "cost", "Non-Production", collapse="always")
        assert [(line.text, line.note) for line in drawn.rows] == [
            ("app-a-dev", "800 USD"),
            ("1 more account", "1,150.50 USD"),
        ]

    def test_what_is_not_planned_is_said_and_not_shown_as_nothing(self, org: Organization) -> None:
        org.set("app-a-dev", monthly_cost=None)
        assert row(card(org, "cost", "Non-Production"), "app-a-dev").note == "not planned"
        assert "1 without a figure" in str(draw(org, "cost"))

    def test_currencies_are_never_added(self, org: Organization) -> None:
        org.set("app-a-dev", monthly_cost=Money.parse("700 EUR"))
        drawn = card(org, "cost", "Non-Production")
        assert drawn.note == "700 EUR + 1,150.50 USD"
        assert not drawn.shade

    def test_below_an_ou_shares_are_of_that_ou(self, org: Organization) -> None:
        assert card(org, "cost", "Workloads", under="Workloads").note == "10,250.50 USD · 100%"

    def test_what_is_carried_stands_behind_what_it_costs(self, org: Organization) -> None:
        org.share_cost("net", source="networking", method="EVEN", to=["Workloads/Production"])
        drawn = card(org, "cost", "Infrastructure")
        assert drawn.note == "2,350 USD → 1,100 USD · 8%"
        assert row(drawn, "networking").note == "1,250 USD → 0 USD"
        assert row(card(org, "cost", "Production"), "app-a-prod").note == "5,200 USD → 5,825 USD"
        assert card(org, "cost", "Root").note == "14,345.75 USD · 100%"
        assert words(card(org, "cost", "Production")) == []

    def test_a_given_answer_is_shown_instead_of_the_plan(self, org: Organization) -> None:
        other = org.copy()
        other.set("app-a-prod", monthly_cost=Money.parse("1 USD"))
        shown = card(org, "cost", "Production", rollup=orgkit.rollup(other))
        assert row(shown, "app-a-prod").note == "1 USD"

    @pytest.mark.parametrize(
        ("amount", "shown"),
        [("1200", "1,200 USD"), ("0.5", "0.50 USD"), ("-3", "-3 USD"), ("1e3", "1,000 USD"), ("0", "0 USD")],
    )
    def test_cents_are_shown_where_there_are_some(self, amount: str, shown: str) -> None:
        assert money(Money(Decimal(amount))) == shown


EDITS: list[tuple[str, Callable[[Organization], object], str]] = [
    ("an account moves", lambda org: org.move("app-a-dev", "Sandbox"), "app-a-dev [» from Workloads/Non-Production]"),
    ("an OU moves", lambda org: org.move("Workloads/Production", "root"), "Production [» from Workloads]"),
    ("an account comes", lambda org: org.add_account("n", "Sandbox", email="n@x.io"), "n [+ added]"),
    ("an OU comes", lambda org: org.add_ou("Quarantine"), "Quarantine [+ added]"),
    ("an account goes", lambda org: org.remove("app-b-prod"), "app-b-prod [– removed]"),
    ("an OU is renamed", lambda org: org.rename("Sandbox", "Playground"), "Playground [~ name]"),
    ("a field changes", lambda org: org.set("app-a-dev", owner="z", tags={}), "app-a-dev [~ tags, owner]"),
    ("a policy is attached", lambda org: org.attach("sandbox-limits", "Security"), "Security [+ SCP sandbox-limits]"),
    ("a policy is detached", lambda org: org.detach("sandbox-limits", "Sandbox"), "Sandbox [– SCP sandbox-limits]"),
    ("full access goes", lambda org: org.detach("FullAWSAccess", "Sandbox"), "Sandbox [~ FullAWSAccess detached]"),
]


class TestChanges:
    @pytest.mark.parametrize(("edit", "line"), [case[1:] for case in EDITS], ids=[case[0] for case in EDITS])
    def test_each_edit_is_shown_where_it_happens_and_backwards_too(
        self, org: Organization, edit: Callable[[Organization], object], line: str
    ) -> None:
        before = org.copy()
        edit(org)
        text = str(draw(org, "changes", before=before))
        assert line in text
        assert sum(any(sign in shown for sign in "+–»~") for shown in text.splitlines()[3:]) == 1
        assert "no changes" not in str(draw(before, "changes", before=org))

    def test_two_of_the_same_show_no_changes(self, org: Organization) -> None:
        diagram = draw(org, "changes", before=org.copy())
        assert "no changes" in str(diagram)
        assert diagram.picture.legend == ()

    def test_what_was_removed_stays_where_it_stood(self, org: Organization) -> None:
        org.configure(access=None)  # its assignments name the accounts
        before = org.copy()
        org.remove("Workloads/Non-Production")
        lines = str(draw(org, "changes", before=before)).splitlines()
        at = lines.index("    Non-Production [– removed]")
        assert lines[at + 1] == "      - app-a-dev [– removed]"
        assert "1 removed" not in lines[1] and "3 removed" in lines[1]

    def test_the_live_organization_is_matched_by_email_path_and_role(self, org: Organization) -> None:
        live = Organization(settings=org.settings)
        live.add_account("m", email="other@company.com", management=True, name="management")
        live.add_ou("w-live", name="Workloads")
        live.add_account("x", "w-live", email="AWS-app-a-prod@company.com", name="app-a-prod")
        text = str(draw(org, "changes", before=live))
        assert "Workloads\n" in text
        assert "app-a-prod [» from Workloads]" in text
        assert "removed" not in text

    def test_only_what_changed_is_drawn_of_a_large_organization(self) -> None:
        before = large(10_000, 1_000)
        after = before.copy()
        after.move("team-7777", "root")
        text = str(draw(after, "changes", before=before))
        assert "- team-7777 [» from" in text
        assert len(text.splitlines()) < 500

    def test_a_removed_node_whose_id_was_given_to_another_is_drawn_beside_it(self) -> None:
        before, after = Organization(), Organization()
        before.add_account("app", email="one@example.com", aws_id="111111111111")
        after.add_account("app", email="two@example.com", aws_id="111111111111")
        after.add_account("next", email="one@example.com", aws_id="222222222222")
        text = str(draw(after, "changes", before=before))
        assert "next [+ added]" in text
        assert "app [~ email]" in text


class TestAccess:
    def test_each_account_shows_who_comes_in_and_as_what(self, org: Organization) -> None:
        assert words(row(card(org, "access", "Production"), "app-a-prod")) == [
            "cicd-deploy-role ← codebuild-role of shared-services",
            "auditor ← group security",
        ]

    def test_what_the_guardrails_stop_is_a_warning(self, org: Organization) -> None:
        stop = {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"}
        org.add_policy("closed", {"Version": "2012-10-17", "Statement": [stop]}, type=SCP)
        org.attach("closed", "shared-services")
        badge = row(card(org, "access", "Production"), "app-a-prod").badges[0]
        assert (badge.text, badge.tone) == ("cicd-deploy-role ← codebuild-role of shared-services, stopped", "warning")
        assert "2 stopped by the guardrails" in draw(org, "access").caption

    def test_what_turns_on_something_unknown_is_dashed(self, org: Organization) -> None:
        turns = {"StringNotEquals": {"aws:PrincipalTag/may": "yes"}}
        stop = {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*", "Condition": turns}
        org.add_policy("perhaps", {"Version": "2012-10-17", "Statement": [stop]}, type=SCP)
        org.attach("perhaps", "shared-services")
        badge = row(card(org, "access", "Production"), "app-a-prod").badges[0]
        assert (badge.text.endswith(", it depends"), badge.tone) == (True, "inherited")

    def test_the_tooltip_says_what_is_left_of_the_actions(self, org: Organization) -> None:
        assert row(card(org, "access", "Production"), "app-a-prod").badges[0].tip.endswith("5 actions, none blocked")

    def test_ways_into_folded_accounts_are_counted(self, org: Organization) -> None:
        (folded,) = card(org, "access", "Production", collapse="always").rows
        assert folded.note == "4 ways in"
