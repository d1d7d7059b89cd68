"""Random designs and random edits, planned and applied in the embedded AWS: the second plan is always empty."""

from __future__ import annotations

from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from orgkit import plan
from orgkit.cloud import Target, connect, read
from orgkit.design import RCP, SCP, Organization
from orgkit.errors import DesignError
from orgkit.provision import Plan, apply
from tests.provision import designs

NAMES = ("Alpha", "Beta", "Gamma")
POLICIES = {
    "no-leave": (SCP, designs.DENY_LEAVE),
    "no-stop": (SCP, designs.DENY_STOP),
    "all": (SCP, {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}),
    "tags": ("TAG_POLICY", {"tags": {"team": {"tag_key": {"@@assign": "Team"}}}}),
}

number = st.integers(0, 7)
edit = st.one_of(
    st.tuples(st.just("ou"), number, st.sampled_from(NAMES)),
    st.tuples(st.just("account"), number, st.sampled_from(("one", "two", "three", "four"))),
    st.tuples(st.just("move"), number, number),
    st.tuples(st.just("rename"), number, st.sampled_from(NAMES)),
    st.tuples(st.just("attach"), number, st.sampled_from(sorted(POLICIES))),
    st.tuples(st.just("detach"), number, st.sampled_from([*sorted(POLICIES), "FullAWSAccess"])),
    st.tuples(st.just("tag"), number, st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz"), max_size=3)),
    st.tuples(st.just("content"), st.sampled_from(("no-leave", "no-stop")), st.sampled_from((0, 1))),
    st.tuples(st.just("trust"), st.just("config.amazonaws.com"), st.booleans()),
    st.tuples(st.just("administer"), number, st.booleans()),
)


def start() -> Organization:
    org = designs.empty()
    org.configure(policy_types=(SCP, "TAG_POLICY"), trusted_access=(designs.ADMINS,), delegated_administrators={})
    for name, (kind, document) in POLICIES.items():
        org.add_policy(name, document, type=kind)
    org.add_ou("Alpha")
    org.add_ou("Beta", "Alpha")
    org.add_ou("Alpha", "Alpha/Beta")
    org.add_ou("Gamma", tags={"a": "x"})
    for account, parent in (("one", "Alpha/Beta"), ("two", "Gamma"), ("three", "Alpha/Beta/Alpha")):
        org.add_account(account, parent, email=f"{account}@example.com")
    for policy, target in (("no-leave", "Alpha"), ("no-stop", "Alpha"), ("all", "Gamma"), ("tags", "one")):
        org.attach(policy, org.find(target, "ou", "account"))
    return org


def perform(org: Organization, what: str, first: Any, second: Any) -> None:
    """One random edit; what an organization cannot have is left out."""
    ous = [org.root, *org.ous()]
    accounts = [a for a in org.accounts() if not a.management]
    targets = [*ous, *org.accounts()]
    match what:
        case "ou":
            org.add_ou(second, ous[first % len(ous)].id)
        case "account":
            org.add_account(second, ous[first % len(ous)].id, email=f"{second}@example.com")
        case "move":
            things = [*org.ous(), *org.accounts()]
            org.move(things[first % len(things)].id, ous[second % len(ous)].id)
        case "rename" if len(ous) > 1:
            org.rename(ous[1 + first % (len(ous) - 1)].id, second)
        case "attach":
            org.attach(second, targets[first % len(targets)].id)
        case "detach":
            org.detach(second, targets[first % len(targets)].id)
        case "tag":
            org.set(targets[first % len(targets)].id, tags=second)
        case "content":
            org.set(first, content=(designs.DENY_LEAVE, designs.ONLY_SMALL)[second])
        case "trust":
            rest = tuple(s for s in org.settings.trusted_access if s != first)
            org.configure(trusted_access=(*rest, first) if second else rest)
        case "administer" if accounts:
            org.configure(
                delegated_administrators={designs.ADMINS: (accounts[first % len(accounts)].handle,)} if second else {}
            )


def carry_out(design: Organization, target: Target) -> Plan:
    made = plan(design, read(target))
    if not made.blocked:
        apply(made, target, approve=made.digest)
    return made


def picture(org: Organization) -> dict[str, Any]:
    """What of an organization both sides must agree on, by the paths and emails that AWS shows."""
    shown: dict[str, Any] = {}
    for node in org.subtree():
        entity = org.entity(node)
        policies = sorted(p.name for p in org.attached(node))
        key = entity.email or "management" if entity.kind == "account" and not entity.management else org.aws_path(node)
        shown[key] = (org.aws_path(org.parent(node) or node), dict(entity.tags), policies)
    return shown


@settings(max_examples=25, phases=[Phase.generate])
@given(st.lists(edit, max_size=4), st.lists(edit, min_size=2, max_size=12))
def test_what_was_planned_and_applied_needs_no_second_plan(first: list[Any], second: list[Any]) -> None:
    design = start()
    with connect("sandbox") as target:
        for edits in (first, second):
            for what, one, other in edits:
                try:
                    perform(design, what, one, other)
                except DesignError:
                    continue
            made = carry_out(design, target)
            if made.blocked:
                return
            live = read(target)
            again = plan(design, live)
            assert again.empty, str(again)
            if not any(p.code == "last-guardrail" for p in again.held):
                assert picture(live) == picture(design)
            itself = plan(live, live)
            assert itself.empty, str(itself)
            design.configure(moved=())  # what was moved is so now; the next entries are about what comes next


def test_resource_control_policies_come_with_their_type() -> None:
    design = designs.starter()
    design.configure(policy_types=(SCP, "TAG_POLICY", RCP))
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": "*"}],
    }
    design.add_policy("keep-buckets", document, type=RCP)
    design.attach("keep-buckets", "Security")
    with connect("sandbox") as target:
        carry_out(design, target)
        assert plan(design, read(target)).empty
