"""Following `moved:` entries, whichever of them were carried out: what exists is never created again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orgkit.cloud import connect, read
from orgkit.design import SCP, Organization
from orgkit.design.sections import Moved
from orgkit.errors import DesignError
from orgkit.provision import apply, plan
from orgkit.provision.planning.match import match
from tests.provision import designs
from tests.provision.live import as_live

NAMES = ("Alpha", "Beta", "Gamma", "Delta")
EMAILS = tuple(f"{name}@example.com" for name in ("one", "two", "three", "four"))
number = st.integers(0, 7)
edit = st.one_of(
    st.tuples(st.just("rename"), number, st.sampled_from(NAMES)),
    st.tuples(st.just("rename"), number, st.sampled_from(NAMES)),
    st.tuples(st.just("move"), number, number),
    st.tuples(st.just("email"), number, st.sampled_from(EMAILS)),
    st.tuples(st.just("policy"), number, st.sampled_from(NAMES)),
    st.tuples(st.just("ou"), number, st.sampled_from(NAMES)),
    st.tuples(st.just("remove"), number, st.just(0)),
)


def start() -> Organization:
    """Four OUs, three accounts in three of them, two policies."""
    org = designs.empty()
    org.configure(policy_types=(SCP,))
    org.add_ou("Alpha")
    org.add_ou("Beta", "Alpha")
    org.add_ou("Gamma")
    org.add_ou("Alpha", "Gamma")
    for name, parent in (("one", "Alpha/Beta"), ("two", "Gamma"), ("three", "Gamma/Alpha")):
        org.add_account(name, parent, email=f"{name}@example.com")
    org.add_policy("Alpha", designs.DENY_LEAVE)
    org.add_policy("Beta", designs.DENY_STOP)
    org.attach("policy:Alpha", "Alpha/Beta")
    org.attach("policy:Beta", "ou:Gamma")
    return org


def perform(org: Organization, what: str, first: int, second: Any) -> None:
    """One random edit of names and places; what an organization cannot have is left out."""
    ous, policies = org.ous(), org.policies()
    members = [account for account in org.accounts() if not account.management]
    try:
        match what:
            case "rename" if ous:
                org.rename(ous[first % len(ous)].id, second)
            case "move" if ous:
                targets = [org.root, *ous]
                org.move(ous[first % len(ous)].id, targets[second % len(targets)].id)
            case "email":
                org.set(members[first % len(members)].id, email=second)
            case "policy":
                org.rename(policies[first % len(policies)].id, second)
            case "ou":
                org.add_ou(f"new-{org.revision}", [org.root, *ous][first % (len(ous) + 1)].id, name=second)
            case "remove":
                empty = [ou for ou in ous if not org.children(ou.id)]
                if empty:
                    org.remove(empty[first % len(empty)].id)
    except DesignError:
        return


def check_nothing_live_is_created(design: Organization, live: Organization) -> None:
    made = plan(design, live)
    found = match(design, live)
    emails = {account.email.casefold() for account in live.accounts()}
    policies = {policy.name for policy in live.policies()}
    for step in made.steps:
        if step.kind == "create_account":
            assert step.parameters["Email"].casefold() not in emails
        if step.kind == "create_policy":
            assert step.parameters["Name"] not in policies
    for ou in design.ous():
        above = found.live.get(design.parent(ou.id) or "")
        if ou.id not in found.live and above is not None:
            namesakes = [n for n in live.children(above) if n not in found.design and live.entity(n).name == ou.name]
            assert not [node for node in namesakes if live.entity(node).kind == "ou"]


@settings(max_examples=300)
@given(st.lists(edit, max_size=8), st.lists(edit, max_size=8))
def test_whatever_was_carried_out_the_rest_creates_nothing_that_is_live(before: list[Any], after: list[Any]) -> None:
    design = start()
    for what, first, second in before:
        perform(design, what, first, second)
    live = as_live(design)
    check_nothing_live_is_created(design, live)
    assert plan(design, live).empty
    for what, first, second in after:
        perform(design, what, first, second)
    check_nothing_live_is_created(design, live)
    assert plan(design, as_live(design)).empty


@settings(max_examples=300)
@given(st.lists(edit, max_size=8), st.lists(edit, max_size=8))
def test_what_says_who_it_is_by_what_stands_in_it_is_found_again(before: list[Any], after: list[Any]) -> None:
    design = start()
    design.add_account("four", "ou:Alpha", email="four-of-alpha@example.com")
    only = {"rename", "move"}
    for what, first, second in before:
        if what in only:
            perform(design, what, first, second)
    live = as_live(design)
    for what, first, second in after:
        if what in only:
            perform(design, what, first, second)
    found = match(design, live)
    for ou in design.ous():
        assert found.live[ou.id] == ou.id


@settings(max_examples=12)
@given(st.lists(edit, max_size=6), st.lists(edit, min_size=1, max_size=6))
def test_the_rest_is_carried_out_and_nothing_is_left(before: list[Any], after: list[Any]) -> None:
    design = start()
    with connect("sandbox") as target:
        for edits in (before, after):
            for what, first, second in edits:
                if what not in ("email", "remove"):  # AWS lets nobody change an email by a call
                    perform(design, what, first, second)
            made = plan(design, read(target))
            assert not made.blocked, str(made)
            apply(made, target, approve=made.digest)
            live = read(target)
            assert plan(design, live).empty
            assert sorted(policy.name for policy in live.policies()) == sorted(p.name for p in design.policies())
            assert {live.aws_path(ou.id) for ou in live.ous()} == {design.aws_path(ou.id) for ou in design.ous()}


def test_policies_exchange_their_names_by_way_of_a_third() -> None:
    design = start()
    with connect("sandbox") as target:
        made = plan(design, read(target))
        apply(made, target, approve=made.digest)
        ids = {policy.name: policy.aws_id for policy in read(target).policies()}
        for ref, name in (("policy:Alpha", "between"), ("policy:Beta", "Alpha"), ("policy:Alpha", "Beta")):
            design.rename(ref, name)
        made = plan(design, read(target))
        assert [step.kind for step in made.steps] == ["update_policy"] * 3
        apply(made, target, approve=made.digest)
        live = read(target)
        assert plan(design, live).empty
        assert {policy.name: policy.aws_id for policy in live.policies()} == {
            "Alpha": ids["Beta"],
            "Beta": ids["Alpha"],
        }


def both(*edits: tuple[str, str]) -> tuple[Organization, Organization]:
    """A design of two empty OUs after renames, and the live organization before them."""
    design = designs.empty()
    design.add_ou("Old")
    design.add_ou("Other")
    live = as_live(design)
    for ref, name in edits:
        design.rename(ref, name)
    return design, live


def test_a_name_given_back_after_a_plan_is_a_rename() -> None:
    design, live = both(("ou:Old", "New"))
    live = as_live(design)
    design.rename("ou:Old", "Old")
    assert [step.kind for step in plan(design, live).steps] == ["rename_ou"]


def test_a_name_given_back_before_a_plan_is_nothing() -> None:
    design, live = both(("ou:Old", "New"), ("ou:Old", "Old"))
    assert plan(design, live).empty


def test_a_new_ou_takes_the_name_of_one_that_was_renamed() -> None:
    design, live = both(("ou:Old", "New"))
    design.add_ou("Second", name="Old")
    found = match(design, live)
    assert found.live["ou:Old"] == "ou:Old"
    assert sorted(step.kind for step in plan(design, live).steps) == ["create_ou", "rename_ou"]
    assert plan(design, as_live(design)).empty
    live = as_live(design)
    design.rename("ou:Old", "Newest")
    assert [step.kind for step in plan(design, live).steps] == ["rename_ou"]
    assert plan(design, as_live(design)).empty


def test_names_that_were_exchanged_are_not_exchanged_back() -> None:
    design, _ = both(("ou:Old", "between"), ("ou:Other", "Old"), ("ou:Old", "Other"))
    assert plan(design, as_live(design)).empty


def test_names_are_exchanged_where_what_stands_in_them_tells_so() -> None:
    design = designs.empty()
    for ou in ("Old", "Other"):
        design.add_ou(ou)
        design.add_account(f"in-{ou}", ou, email=f"{ou}@example.com")
    live = as_live(design)
    for ref, name in (("ou:Old", "between"), ("ou:Other", "Old"), ("ou:Old", "Other")):
        design.rename(ref, name)
    found = match(design, live)
    assert (found.live["ou:Old"], found.live["ou:Other"]) == ("ou:Old", "ou:Other")
    assert plan(design, as_live(design)).empty


def test_a_renamed_policy_stays_the_policy() -> None:
    design = start()
    live = as_live(design)
    design.rename("policy:Alpha", "Nobody leaves")
    (step,) = plan(design, live).steps
    assert (step.kind, step.parameters["Name"]) == ("update_policy", "Nobody leaves")
    assert plan(design, as_live(design)).empty


def test_an_entry_may_lead_into_an_ou_that_is_new() -> None:
    design, live = both()
    design.add_ou("Above")
    design.move("ou:Old", "Above")
    assert match(design, live).live["ou:Old"] == "ou:Old"


@pytest.mark.parametrize("entry", [Moved(old="Old", new="Old/Below"), Moved(old="Old/Below", new="Old")])
def test_an_entry_that_makes_no_sense_changes_nothing_else(entry: Moved) -> None:
    design, live = both()
    design.configure(moved=(entry,))
    assert plan(design, live).empty
