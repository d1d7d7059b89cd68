"""The rehearsal against brute force: what it says of every moment, and whether any order would have been better."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import networkx as nx
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from orgkit.design import SCP, Organization
from orgkit.errors import DesignError
from orgkit.policy.catalogue import load_catalogue
from orgkit.provision import Plan, plan
from orgkit.provision.planning.steps import Step
from tests.provision import designs
from tests.provision.brute_force import OTHER, SLOTS, exposed, state_of
from tests.provision.live import as_live, replaced
from tests.provision.plans import kinds

ACTIONS = ("s3:CreateBucket", "ec2:RunInstances", "iam:CreateUser", "sqs:CreateQueue")
number = st.integers(0, 5)
edit = st.one_of(
    st.tuples(st.just("move"), number, number),
    st.tuples(st.just("attach"), number, number),
    st.tuples(st.just("detach"), number, number),
    st.tuples(st.just("content"), number, st.integers(0, 9)),
    st.tuples(st.just("full"), number, number),
    st.tuples(st.just("account"), number, number),
    st.tuples(st.just("policy"), number, st.integers(0, 9)),
)
edits = st.lists(edit, max_size=7)


def deny(*actions: str, sure: bool = True) -> dict[str, Any]:
    said: dict[str, Any] = {"Effect": "Deny", "Action": list(actions), "Resource": "*"}
    return said if sure else said | {"Condition": {"StringEquals": {"aws:PrincipalTag/team": "x"}}}


def allow(*actions: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions) if actions else "*", "Resource": "*"}


CONTENTS = [
    [deny(ACTIONS[0])],
    [deny(ACTIONS[1])],
    [deny(ACTIONS[0], ACTIONS[1])],
    [deny(ACTIONS[0], sure=False)],
    [deny(ACTIONS[1], sure=False), deny(ACTIONS[2])],
    [allow(), deny(ACTIONS[0])],
    [allow(), deny(ACTIONS[1], ACTIONS[3])],
    [allow(ACTIONS[0], ACTIONS[1])],
    [allow(ACTIONS[2], ACTIONS[3])],
    [allow()],
]


def start() -> Organization:
    """Three OUs, one in another, three accounts, three policies."""
    org = designs.empty()
    org.configure(policy_types=(SCP,), limits={SLOTS: 2})
    for name, parent in (("One", "root"), ("Two", "root"), ("Three", "One")):
        org.add_ou(name, parent)
    for name, parent in (("a", "One"), ("b", "Two"), ("c", "One/Three")):
        org.add_account(name, parent, email=f"{name}@example.com")
    for name, content in (("p", 0), ("q", 3), ("r", 6)):
        org.add_policy(name, {"Version": "2012-10-17", "Statement": CONTENTS[content]})
    org.attach("policy:p", "One")
    org.attach("policy:q", "Two")
    return org


def perform(org: Organization, what: str, first: int, second: int) -> None:
    """One random edit; what an organization cannot have is left out."""
    members = [account for account in org.accounts() if not account.management]
    places = [org.root.id, *(ou.id for ou in org.ous())]
    targets = [*places, *(account.id for account in members)]
    policies = org.policies()
    some_policy, target = policies[first % len(policies)].id, targets[second % len(targets)]
    try:
        match what:
            case "move":
                org.move(members[first % len(members)].id, places[second % len(places)])
            case "attach":
                org.attach(some_policy, target)
            case "detach":
                org.detach(some_policy, target)
            case "content":
                org.set(some_policy, content={"Version": "2012-10-17", "Statement": CONTENTS[second]})
            case "full":
                (org.detach if org.target(target).full_aws_access else org.attach)("FullAWSAccess", target)
            case "account":
                name = f"new-{org.revision}"
                org.add_account(name, places[second % len(places)], email=f"{name}@example.com")
            case "policy":
                document = {"Version": "2012-10-17", "Statement": CONTENTS[second]}
                org.add_policy(f"new-{org.revision}", document)
    except DesignError:
        return


def random_plan(before: list[Any], after: list[Any]) -> tuple[Plan, Organization]:
    """A plan from one random organization to another; everything is managed, and named to be detached."""
    design = start()
    for one in before:
        perform(design, *one)
    live = as_live(design)
    for one in after:
        perform(design, *one)
    for target, _ in design.tree():
        replaced(design, target.id, declared=target.declared | {"policies", "full_aws_access"})
    named = [
        f"detach:{policy.handle}@{live.path(node)}" for policy in live.policies() for node in live.targets(policy.id)
    ]
    kept = {f"detach:{p.handle}@{design.path(node)}" for p in design.policies() for node in design.targets(p.id)}
    return plan(design, live, remove=[name for name in named if name not in kept]), live


def said(made: Plan) -> Counter[tuple[str, str]]:
    """What the rehearsal says: for each moment (after a step) and account, how many actions are less guarded."""
    found: Counter[tuple[str, str]] = Counter()
    for exposure in made.exposures:
        for step in made.steps[made.number(exposure.since) - 1 : made.number(exposure.until) - 1]:
            found[step.id, exposure.account.rpartition("/")[2]] += exposure.actions or 0
    return found


def brute(made: Plan, live: Organization, order: list[Step]) -> Counter[tuple[str, str]]:
    """The same by brute force, in any order of the steps."""
    weights = dict.fromkeys(ACTIONS, 1) | {OTHER: len(load_catalogue()) - len(ACTIONS)}
    found: Counter[tuple[str, str]] = Counter()
    for step, less in exposed(state_of(live, made.ids), order, weights):
        for account, actions in less.items():
            count = sum(weights[action] for action in actions)
            if count:
                found[step.id, account.removeprefix("{{account.").removesuffix(".id}}")] = count
    return found


@settings(max_examples=400)
@given(edits, edits)
def test_every_moment_is_as_brute_force_finds_it(before: list[Any], after: list[Any]) -> None:
    made, live = random_plan(before, after)
    assume(not made.blocked)
    assert said(made) == brute(made, live, list(made.steps))


def needs(made: Plan) -> nx.DiGraph[str]:
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(step.id for step in made.steps)
    graph.add_edges_from((before, after) for before, after, kind in made.edges if kind == "needs")
    return graph


@settings(max_examples=150)
@given(edits, edits)
def test_no_other_order_that_aws_takes_exposes_less(before: list[Any], after: list[Any]) -> None:
    made, live = random_plan(before, after)
    if made.blocked or not made.exposures or len(made.steps) > 6:
        return
    steps = {step.id: step for step in made.steps}
    mine = brute(made, live, list(made.steps)).total()
    for order in nx.all_topological_sorts(needs(made)):
        assert brute(made, live, [steps[step] for step in order]).total() >= mine, order


@settings(max_examples=200)
@given(edits, edits, st.randoms(use_true_random=False))
def test_steps_at_the_same_time_expose_nobody_else(before: list[Any], after: list[Any], chance: Any) -> None:
    made, live = random_plan(before, after)
    assume(not made.blocked)
    waiting, order = {step.id: step for step in made.steps}, []
    while waiting:
        ready = [step for step in waiting if not any(one in waiting for one in made.graph.predecessors(step))]
        order.append(waiting.pop(chance.choice(ready)))
    told = {account for _, account in said(made)}
    assert {account for _, account in brute(made, live, order)} <= told


# ---- orders that a step's own kind would not tell ------------------------------------------------


def statements(*content: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(content)}


def test_a_deny_that_changes_policies_is_taken_up_before_it_is_dropped() -> None:
    design = start()
    design.configure(limits={})
    design.add_policy("second", statements(deny(ACTIONS[2])))
    design.attach("policy:second", "One")
    live = as_live(design)
    design.set("policy:p", content=statements(deny(ACTIONS[3])))
    design.set("policy:second", content=statements(deny(ACTIONS[2], ACTIONS[0])))
    made = plan(design, live)
    assert [step.place for step in made.steps] == ["second", "p"]
    assert not made.exposures


def test_an_account_leaves_before_what_guards_it_is_exchanged_for_something_else() -> None:
    design = start()
    design.configure(limits={})
    design.attach("policy:p", "Two")
    design.detach("policy:q", "Two")
    design.detach("policy:p", "One")
    design.add_policy("other", statements(deny(ACTIONS[2])))
    design.attach("policy:other", "One")
    live = as_live(design)
    design.set("policy:other", content=statements(deny(ACTIONS[3])))
    design.set("policy:p", content=statements(deny(ACTIONS[0], ACTIONS[2])))
    design.move("a", "Two")
    made = plan(design, live)
    assert not made.exposures
    assert [step.id.partition(":")[2] for step in made.steps] == ["p", "a@example.com", "other"]


def test_a_policy_that_also_allows_moves_up_to_the_root_before_it_goes_below() -> None:
    design = start()
    design.configure(limits={})
    design.set("policy:p", content=statements(allow(), deny(ACTIONS[0])))
    live = as_live(design)
    design.detach("policy:p", "One")
    design.attach("policy:p", "root")
    made = plan(design, live, remove=["detach:p@One"])
    assert [step.text for step in made.steps] == ["attach p to root", "detach p from One"]
    assert not made.exposures


# ---- what is said --------------------------------------------------------------------------------


def test_where_no_slot_is_free_it_is_said_why_how_long_and_what_then() -> None:
    design = start()
    live = as_live(design)
    design.add_policy("replacement", statements(deny(*ACTIONS)))
    design.detach("policy:p", "One")
    design.attach("policy:replacement", "One")
    made = plan(design, live)
    assert [step.text for step in made.steps][1:] == ["detach p from One", "attach replacement to One"]
    assert {e.account for e in made.exposures} == {"One/a", "One/Three/c"}
    (shown,) = [line.strip() for line in str(made).splitlines() if "EXPOSED" in line]
    assert shown == "EXPOSED between 2 and 3: One/Three/c and One/a: the 1 deny of replacement does not hold"
    assert (
        "Unavoidable: no slot is free there, so one policy is detached before another is attached. "
        "Usually a second; if the run stops there, resume first." in str(made)
    )


def test_what_two_policies_exchange_in_one_moment_is_named_by_each() -> None:
    design = start()
    design.detach("policy:p", "One")
    live = as_live(design)
    design.add_account("new", "One/Three", email="new@example.com")
    design.attach("policy:p", "One")
    design.attach("policy:q", "One/Three")
    made = plan(design, live)
    (exposure,) = [e for e in made.exposures if e.account == "One/Three/new"]
    assert exposure.message == "only the root's policies hold; the 1 deny of p and the 1 deny of q do not"
    assert exposure.actions == 1


ALLOW_EC2 = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]}


def test_a_new_account_is_exposed_in_the_root_until_it_is_moved() -> None:
    design = designs.starter()
    made = plan(design, Organization())
    (exposure,) = [e for e in made.exposures if e.account == "Workloads/Production/app-a-prod"]
    numbers = made.number(exposure.since), made.number(exposure.until)
    assert numbers[1] == numbers[0] + 1
    assert exposure.message == "only the root's policies hold; the 1 deny of production-guardrails does not"
    assert f"EXPOSED between {numbers[0]} and {numbers[1]}" in str(made)
    assert exposure.actions == 2
    assert not [e for e in made.exposures if "security-audit" in e.account]


def test_a_detach_that_must_come_first_is_reported() -> None:
    design = designs.starter()
    for number in range(8):
        design.add_policy(f"p{number}", designs.DENY_LEAVE)
        design.attach(f"p{number}", "Sandbox")
    live = as_live(design)
    design.add_policy("replacement", designs.ONLY_SMALL)
    design.detach("sandbox-limits", "Sandbox")
    design.attach("replacement", "Sandbox")
    made = plan(design, live)
    assert {e.account for e in made.exposures} == {"Sandbox/developer-sandbox-1", "Sandbox/developer-sandbox-2"}
    assert all("replacement" in e.message for e in made.exposures)


def test_an_allow_list_in_exchange_for_another_lets_nothing_through_that_neither_lets() -> None:
    design = designs.starter()
    design.add_policy("ec2-only", ALLOW_EC2)
    design.add_policy("s3-only", json.dumps(ALLOW_EC2).replace("ec2", "s3"))
    design.attach("ec2-only", "Sandbox")
    design.detach("FullAWSAccess", "Sandbox")
    design.detach("sandbox-limits", "Sandbox")
    live = as_live(design)
    design.attach("s3-only", "Sandbox")
    design.detach("ec2-only", "Sandbox")
    made = plan(design, live)
    assert not made.blocked
    assert kinds(made) == ["attach_policy", "detach_policy"]
    assert not made.exposures
