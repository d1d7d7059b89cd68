"""A run that stood still tells its own work from what somebody else did meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import orgkit
from orgkit import plan
from orgkit.cloud import Target, connect, read
from orgkit.design import SCP, Organization
from orgkit.errors import DesignError, Interrupted, Refused
from orgkit.provision import Control, Event, Plan, apply
from orgkit.provision.execution.carry_out_access import EXECUTORS as ACCESS_KINDS
from orgkit.provision.execution.footprints import FOOTPRINTS, OPENED
from orgkit.provision.execution.foreign_changes import foreign_changes
from orgkit.provision.execution.journal import DONE, last_run
from orgkit.provision.planning.steps import KINDS
from orgkit.starter import mended
from tests.cloud.clocks import StillClock
from tests.provision import designs
from tests.provision.test_any_order import rearranged
from tests.provision.test_crash import AFTER, BEFORE, Killed
from tests.provision.test_random_designs import edit, perform, start


def test_of_every_kind_of_step_it_is_known_which_facts_it_changes() -> None:
    for kind, one in KINDS.items():
        service = one.operation.partition(":")[0]
        assert kind in FOOTPRINTS or kind in ACCESS_KINDS or service in OPENED, kind
    for kind in FOOTPRINTS:
        assert kind in KINDS


# ---- any design, killed at any call --------------------------------------------------------------


def root(client: Any) -> str:
    return str(client.list_roots()["Roots"][0]["Id"])


def tag_the_management_account(client: Any) -> str:
    management = client.describe_organization()["Organization"]["MasterAccountId"]
    client.tag_resource(ResourceId=management, Tags=[{"Key": "Foreign", "Value": "yes"}])
    return "tag Foreign of account management@example.com: was nothing, is yes"


def make_an_ou(client: Any) -> str:
    client.create_organizational_unit(ParentId=root(client), Name="Foreign")
    return "OU Foreign is new"


def make_an_account(client: Any) -> str:
    client.create_account(AccountName="foreign", Email="foreign@example.com")
    return "account foreign@example.com is new"


def make_and_attach_a_policy(client: Any) -> str:
    policy = client.create_policy(
        Name="foreign", Description="", Type=SCP, Content='{"Version": "2012-10-17", "Statement": []}'
    )
    client.attach_policy(PolicyId=policy["Policy"]["PolicySummary"]["Id"], TargetId=root(client))
    return f"policy {SCP}/foreign is new"


def trust_a_service(client: Any) -> str:
    client.enable_aws_service_access(ServicePrincipal="fms.amazonaws.com")
    return "fms.amazonaws.com has trusted access"


def rename_an_ou(client: Any) -> str:
    client.update_organizational_unit(OrganizationalUnitId=below(client, root(client), "Kept")["Id"], Name="Renamed")
    return "name of OU Renamed: was Kept, is Renamed"


def move_an_account(client: Any) -> str:
    kept = below(client, root(client), "Kept")["Id"]
    (account,) = client.list_accounts_for_parent(ParentId=kept)["Accounts"]
    client.move_account(AccountId=account["Id"], SourceParentId=kept, DestinationParentId=root(client))
    return "account kept@example.com stands in root, and stood in OU Kept"


def below(client: Any, parent: str, name: str) -> Any:
    units = client.list_organizational_units_for_parent(ParentId=parent)["OrganizationalUnits"]
    return next(unit for unit in units if unit["Name"] == name)


FOREIGN: tuple[Callable[[Any], str], ...] = (
    tag_the_management_account,
    make_an_ou,
    make_an_account,
    make_and_attach_a_policy,
    trust_a_service,
    rename_an_ou,
    move_an_account,
)


def edited(design: Organization, edits: list[Any]) -> None:
    for what, one, other in edits:
        try:
            perform(design, what, one, other)
        except DesignError:
            continue


def killed(made: Plan, target: Target, journal: Path, call: int, moment: str) -> bool:
    """Apply until that call of the run itself, not of the look before it; whether there was one."""
    events: Any = target._sessions._session.events
    begun: list[Event] = []
    seen: list[str] = []

    def count(event_name: str, **_: Any) -> None:
        if begun:
            seen.append(event_name)
            if len(seen) == call:
                begun.clear()
                raise Killed

    events.register_first(moment, count)
    target._clients.clear()  # clients take the hooks of their session along when they are made
    try:
        apply(made, target, approve=made.digest, journal=journal, watch=begun.append)
    except Killed:
        return True
    finally:
        begun.clear()
        events.unregister(moment, count)
        target._clients.clear()
    return False


@settings(max_examples=12, phases=[Phase.generate], deadline=None)
@given(
    st.lists(edit, max_size=4),
    st.lists(edit, min_size=3, max_size=12),
    st.integers(0, 60),
    st.sampled_from((BEFORE, AFTER)),
    st.sampled_from((None, *FOREIGN)),
)
def test_a_killed_run_is_refused_if_and_only_if_somebody_else_changed_something(
    first: list[Any], second: list[Any], call: int, moment: str, foreign: Callable[[Any], str] | None
) -> None:
    design = start()
    design.add_ou("Kept")
    design.add_account("kept", "Kept", email="kept@example.com")
    edited(design, first)
    with TemporaryDirectory() as folder, connect("sandbox", clock=StillClock()) as target:
        journal = Path(folder) / "journal"
        made = plan(design, read(target))
        if made.blocked:
            return
        apply(made, target, approve=made.digest)
        design.configure(moved=())
        kept = {entity.id for entity in (design.ou("Kept"), design.account("kept"))}
        before = design.copy()
        edited(design, second)
        if any((design.entity(one), design.parent(one)) != (before.entity(one), before.parent(one)) for one in kept):
            return
        made = plan(design, read(target))
        if made.blocked or made.empty or not killed(made, target, journal, 1 + call % len(made), moment):
            return
        if foreign is None:
            assert apply(None, target, journal=journal, resume=True).complete
            assert plan(design, read(target)).empty
            return
        words = foreign(target.client("organizations"))
        with pytest.raises(Refused) as caught:
            apply(None, target, journal=journal, resume=True)
        assert str(caught.value).count("\n") == 2, caught.value  # what changed, and how to go on; nothing else
        assert words in str(caught.value)
        # What the run did stays done, and a new plan has what is left of it.
        again = plan(design, read(target))
        if not again.blocked:
            apply(again, target, approve=again.digest, journal=Path(folder) / "another")


# ---- what a run did itself, undone by somebody else ----------------------------------------------


def stopped_after(target: Target, design: Organization, journal: Path, steps: int) -> None:
    control = Control()

    def watch(event: Event) -> None:
        if event.state == DONE and event.done == steps:
            control.stop()

    made = plan(design, read(target, design=design))
    with pytest.raises(Interrupted):
        apply(made, target, approve=made.digest, journal=journal, stop=control, watch=watch)


def detach(client: Any) -> None:
    production = below(client, below(client, root(client), "Workloads")["Id"], "Production")["Id"]
    (policy,) = [p for p in client.list_policies(Filter=SCP)["Policies"] if p["Name"] == "production-guardrails"]
    client.detach_policy(PolicyId=policy["Id"], TargetId=production)


def change_the_policy(client: Any) -> None:
    (policy,) = [p for p in client.list_policies(Filter=SCP)["Policies"] if p["Name"] == "sandbox-limits"]
    client.update_policy(PolicyId=policy["Id"], Content=json.dumps(designs.DENY_LEAVE))


def take_trust(client: Any) -> None:
    client.disable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")


def delete_an_ou(client: Any) -> None:
    client.delete_organizational_unit(OrganizationalUnitId=below(client, root(client), "Infrastructure")["Id"])


def rename_what_it_made(client: Any) -> None:
    client.update_organizational_unit(
        OrganizationalUnitId=below(client, root(client), "Security")["Id"], Name="Insecurity"
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (detach, f"policy {SCP}/production-guardrails is no longer attached to OU Workloads/Production"),
        (change_the_policy, f"content of policy {SCP}/sandbox-limits: was "),
        (take_trust, "cloudtrail.amazonaws.com has no longer trusted access"),
        (delete_an_ou, "OU Infrastructure is gone"),
        (rename_what_it_made, "name of OU Insecurity: was Security, is Insecurity"),
        (tag_the_management_account, "tag Foreign of account management@example.com: was nothing, is yes"),
    ],
    ids=lambda value: value.__name__.replace("_", " ") if callable(value) else "",
)
def test_what_this_run_did_and_somebody_else_undid_is_told(
    tmp_path: Path, change: Callable[[Any], object], words: str
) -> None:
    with connect("sandbox", clock=StillClock()) as target:
        # The organization, three services, a policy type, two policies, six OUs and two attachments.
        stopped_after(target, designs.starter(), tmp_path / "journal", 15)
        change(target.client("organizations"))
        with pytest.raises(Refused, match="somebody else changed") as caught:
            apply(None, target, journal=tmp_path / "journal", resume=True)
    assert words in str(caught.value)
    assert "Plan again and apply that with a new journal" in str(caught.value)


def test_an_account_that_somebody_moved_away_and_one_they_removed_a_tag_from(tmp_path: Path) -> None:
    with connect("sandbox", clock=StillClock()) as target:
        stopped_after(target, designs.starter(), tmp_path / "journal", 30)
        client = target.client("organizations")
        accounts = {account["Name"]: account["Id"] for account in client.list_accounts()["Accounts"]}
        security = below(client, root(client), "Security")["Id"]
        client.move_account(
            AccountId=accounts["log-archive"], SourceParentId=security, DestinationParentId=root(client)
        )
        client.untag_resource(ResourceId=accounts["security-audit"], TagKeys=["Team"])
        past = last_run(tmp_path / "journal")
        assert past is not None
        assert foreign_changes(past, read(target)) == [
            "account aws-log-archive@company.com stands in root, and stood in OU Security",
            "tag Team of account aws-security-audit@company.com: was security, is nothing",
        ]


WITHOUT = {"logging": None, "baselines": {}, "security": None, "access": None}


@pytest.mark.parametrize("call", (8, 20))
def test_a_change_of_the_starter_with_all_that_stands_around_it_explains_itself(tmp_path: Path, call: int) -> None:
    """Accounts that are new or elsewhere show in what is looked at of baselines and security services."""
    design = mended(orgkit.load("starter"))
    with connect("sandbox", clock=StillClock()) as target:
        made = plan(design, read(target))
        apply(made, target, approve=made.digest)
        resumed_after(target, rearranged(design), tmp_path / "journal", call)


@pytest.mark.parametrize("call", (4, 60))
def test_what_stands_around_the_starter_explains_itself_while_it_is_built(tmp_path: Path, call: int) -> None:
    design = mended(orgkit.load("starter"))
    first = design.copy()
    first.configure(**WITHOUT)
    with connect("sandbox", clock=StillClock()) as target:
        made = plan(first, read(target))
        apply(made, target, approve=made.digest)
        resumed_after(target, design, tmp_path / "journal", call)


def test_a_second_bucket_for_config_explains_itself_while_it_is_made(tmp_path: Path) -> None:
    design = mended(orgkit.load("starter"))
    design.configure(**{**WITHOUT, "logging": design.settings.logging})
    with connect("sandbox", clock=StillClock()) as target:
        made = plan(design, read(target))
        apply(made, target, approve=made.digest)
        assert design.settings.logging is not None and design.settings.logging.config is not None
        config = replace(design.settings.logging.config, bucket="{{organization.id}}-config")
        design.configure(logging=replace(design.settings.logging, config=config))
        resumed_after(target, design, tmp_path / "journal", 4)


def resumed_after(target: Target, design: Organization, journal: Path, call: int) -> None:
    made = plan(design, read(target, design=design))
    assert killed(made, target, journal, call, AFTER)
    assert apply(None, target, journal=journal, resume=True).complete
    assert plan(design, read(target)).empty
