"""Management policies merged down the tree, with origins and conflicts, after AWS's own worked examples."""

from __future__ import annotations

from typing import Any

import pytest

from orgkit.design import SCP, Organization
from orgkit.errors import InputError
from orgkit.guardrails import effective
from tests.guardrails.building import organization

TAG = "TAG_POLICY"


def tags(**settings: Any) -> dict[str, Any]:
    """A tag policy about one key."""
    return {"tags": {"costcenter": settings}}


def with_policies(type: str = TAG, **places: list[dict[str, Any]]) -> Organization:
    """The small organization with these policies at root, Apps or app, in this order."""
    org = organization()
    org.configure(policy_types=(SCP, type))
    for place, documents in places.items():
        for number, document in enumerate(documents):
            org.add_policy(f"{place}{number}", document, type=type)
            org.attach(f"{place}{number}", place)
    return org


PARENT = tags(tag_key={"@@assign": "CostCenter"}, tag_value={"@@assign": ["Development", "Support"]})


@pytest.mark.parametrize(
    ("case", "child", "values"),
    [
        ("a child overwrites", {"tag_value": {"@@assign": ["Sandbox"]}}, ["Sandbox"]),
        ("a child appends", {"tag_value": {"@@append": ["Marketing"]}}, ["Development", "Support", "Marketing"]),
        ("a child removes", {"tag_value": {"@@remove": ["Development"]}}, ["Support"]),
        ("a child removes what is not there", {"tag_value": {"@@remove": ["Other"]}}, ["Development", "Support"]),
        ("a child says nothing", {"enforced_for": {"@@assign": ["ec2:instance"]}}, ["Development", "Support"]),
    ],
)
def test_a_child_policy_changes_what_it_inherits(case: str, child: dict[str, Any], values: list[str]) -> None:
    org = with_policies(root=[PARENT], Apps=[tags(**child)])
    found = effective(org, "app", TAG)
    assert found.document["tags"]["costcenter"]["tag_value"] == values, case
    assert found.document["tags"]["costcenter"]["tag_key"] == "CostCenter"
    assert effective(org, "lab", TAG).document["tags"]["costcenter"]["tag_value"] == ["Development", "Support"]


def test_origins_name_policy_level_and_operator() -> None:
    org = with_policies(root=[PARENT], Apps=[tags(tag_value={"@@append": ["X"]})])
    origins = effective(org, "app", TAG).origins["tags.costcenter.tag_value"]
    assert [str(one) for one in origins] == ["root0 at root (@@assign)", "Apps0 at Apps (@@append)"]


@pytest.mark.parametrize(
    ("allowed", "child", "kept"),
    [
        (["@@none"], {"@@assign": ["X"]}, True),
        (["@@append"], {"@@assign": ["X"]}, True),
        (["@@append"], {"@@append": ["X"]}, False),
        (["@@all"], {"@@assign": ["X"]}, False),
    ],
)
def test_a_parent_decides_which_operators_a_child_may_use(
    allowed: list[str], child: dict[str, Any], kept: bool
) -> None:
    control = {"@@operators_allowed_for_child_policies": allowed}
    org = with_policies(
        root=[tags(tag_value={"@@assign": ["A"], **control})],
        Apps=[tags(tag_value=child)],
    )
    found = effective(org, "app", TAG)
    assert (found.document["tags"]["costcenter"]["tag_value"] == ["A"]) is kept
    assert bool(found.conflicts) is kept


def test_a_limit_on_a_branch_holds_for_everything_in_it_and_cannot_be_widened() -> None:
    limit = {"tags": {"@@operators_allowed_for_child_policies": ["@@none"], **PARENT["tags"]}}
    wide = {"tags": {"@@operators_allowed_for_child_policies": ["@@all"]}}
    org = with_policies(root=[limit], Apps=[wide], app=[{"tags": {"team": {"tag_key": {"@@assign": "Team"}}}}])
    found = effective(org, "app", TAG)
    assert "team" not in found.document["tags"]
    assert "may not @@assign" in str(found.conflicts[0])


def test_two_policies_of_one_level_that_disagree_are_a_conflict_and_additions_unite() -> None:
    org = with_policies(
        root=[PARENT, tags(tag_key={"@@assign": "costcenter"})],
        Apps=[tags(tag_value={"@@append": ["B"]}), tags(tag_value={"@@append": ["C"]})],
    )
    found = effective(org, "app", TAG)
    assert found.document["tags"]["costcenter"]["tag_key"] == "CostCenter"
    assert found.document["tags"]["costcenter"]["tag_value"] == ["Development", "Support", "B", "C"]
    assert len(found.conflicts) == 1 and "root0 and root1" in str(found.conflicts[0])


def test_a_tag_policy_says_that_it_makes_no_tag_exist() -> None:
    assert "makes no tag exist" in str(effective(with_policies(root=[PARENT]), "app", TAG))


def test_a_type_that_is_off_has_no_effect() -> None:
    org = with_policies(root=[PARENT])
    org.configure(policy_types=(SCP,))
    assert effective(org, "app", TAG).document == {} and "not enabled" in str(effective(org, "app", TAG))


def test_other_types_merge_alike() -> None:
    chat = {"chatbot": {"platforms": {"slack": {"client": {"@@assign": "disabled"}}}}}
    org = with_policies("CHATBOT_POLICY", root=[chat])
    assert effective(org, "app", "CHATBOT_POLICY").settings == {"chatbot.platforms.slack.client": "disabled"}


def test_control_policies_do_not_merge() -> None:
    with pytest.raises(InputError, match="no type of management policy"):
        effective(organization(), "app", SCP)


def test_a_branch_and_a_value_at_one_place_do_not_break_it() -> None:
    org = with_policies(root=[{"a": {"@@assign": 1, "b": {"@@assign": "<b>"}}}])
    found = effective(org, "app", TAG)
    assert found.document == {"a": {"b": "<b>"}}
    assert "<b>" not in found._repr_html_()
    assert found.to_json()["document"] == {"a": {"b": "<b>"}}
    assert list(found.to_frame()["setting"]) == ["a.b"]
