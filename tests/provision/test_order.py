"""The graph of a plan, and the one order in which it is shown."""

from __future__ import annotations

import json

from orgkit.design import RCP, SCP, Organization
from orgkit.provision import plan
from tests.provision import designs
from tests.provision.live import as_live
from tests.provision.plans import kinds, texts


def test_every_order_keeps_the_graph(design: Organization) -> None:
    made = plan(design, Organization())
    place = {step.id: number for number, step in enumerate(made.steps)}
    assert made.graph.number_of_edges() > len(made)
    assert all(place[before] < place[after] for before, after in made.graph.edges)


def test_a_new_account_is_moved_at_once(design: Organization) -> None:
    made = plan(design, Organization())
    for number, step in enumerate(made.steps):
        if step.kind == "create_account":
            assert made.steps[number + 1].kind == "move_account"
            assert made.steps[number + 1].place == step.place


def test_a_replacement_is_attached_before_the_old_one_goes(design: Organization, live: Organization) -> None:
    design.add_policy("stricter", designs.DENY_LEAVE)
    design.attach("stricter", "Sandbox")
    design.detach("sandbox-limits", "Sandbox")
    assert texts(plan(design, live))[-2:] == ["attach stricter to Sandbox", "detach sandbox-limits from Sandbox"]


def test_where_no_slot_is_free_one_is_made(design: Organization) -> None:
    for number in range(9):
        design.add_policy(f"p{number}", designs.DENY_STOP)
        if number < 8:
            design.attach(f"p{number}", "Sandbox")
    live = as_live(design)
    design.detach("sandbox-limits", "Sandbox")
    design.attach("p8", "Sandbox")
    made = plan(design, live)
    assert not made.blocked
    assert texts(made) == ["detach sandbox-limits from Sandbox", "attach p8 to Sandbox"]


def test_accounts_leave_before_what_guarded_them_is_weakened(design: Organization, live: Organization) -> None:
    design.set("production-guardrails", content={"Version": "2012-10-17", "Statement": []})
    design.attach("sandbox-limits", "Security")
    design.move("app-a-prod", "Security")
    made = plan(design, live)
    assert kinds(made) == ["attach_policy", "move_account", "update_policy"]


def test_references_in_a_policy_wait_for_what_they_name(design: Organization) -> None:
    document = json.dumps(designs.DENY_STOP).replace('"*"', '"arn:aws:s3:::logs-{{account.log-archive.id}}"', 1)
    design.add_policy("logs", document)
    made = plan(design, Organization())
    assert ("create_account:aws-log-archive@company.com", "create_policy:logs") in made.graph.edges


def test_the_slot_that_aws_takes_itself_counts(design: Organization) -> None:
    design.configure(policy_types=(SCP, RCP))
    for number in range(5):
        document = {"Effect": "Deny", "Principal": "*", "Action": f"s3:Get{number}*", "Resource": "*"}
        design.add_policy(f"r{number}", {"Version": "2012-10-17", "Statement": [document]}, type=RCP)
        if number < 4:
            design.attach(f"r{number}", "Sandbox")
    live = as_live(design)
    design.detach("r0", "Sandbox")
    design.attach("r4", "Sandbox")
    assert texts(plan(design, live)) == ["detach r0 from Sandbox", "attach r4 to Sandbox"]


def test_policies_are_detached_before_their_type_is_disabled(design: Organization) -> None:
    tags = {"tags": {"team": {"tag_key": {"@@assign": "Team"}}}}
    design.add_policy("tags", tags, type="TAG_POLICY")
    design.attach("tags", "Sandbox")
    live = as_live(design)
    design.detach("tags", "Sandbox")
    design.configure(policy_types=(SCP,))
    made = plan(design, live, remove=["TAG_POLICY"])
    assert kinds(made) == ["detach_policy", "disable_policy_type"]
    assert list(made.graph.edges) == [tuple(step.id for step in made.steps)]
