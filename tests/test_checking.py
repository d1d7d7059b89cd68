"""What is wrong with a design, followed through edits: always what a check from the beginning finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from orgkit.checking import Checker, check
from orgkit.design import RCP, SCP, Mark, Money, Organization
from orgkit.design.sections import (
    Baseline,
    ConfigDelivery,
    CostAllocation,
    Expectation,
    Lens,
    Logging,
    Moved,
    ProtectedPrincipal,
    Trail,
)
from orgkit.design.touched import READ
from tests.design.organizations import small, usd
from tests.design.test_undo import Edits


def _document(effect: str, actions: str | list[str], **more: Any) -> dict[str, Any]:
    statement = {"Sid": "Only", "Effect": effect, "Action": actions, "Resource": "*", **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


TO_SHOP: Final = {"StringNotEquals": {"aws:PrincipalAccount": "{{account.shop.id}}"}}
REGIONS: Final = {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}
DOCUMENTS: Final = (
    _document("Deny", "iam:*"),
    _document("Deny", ["iam:CreateRole", "s3:NoSuchAction"]),
    _document("Deny", "*", Condition=TO_SHOP),
    _document("Deny", "*", Condition=REGIONS),
    _document("Deny", "*"),
    _document("Deny", ["cloudtrail:StopLogging", "organizations:LeaveOrganization"]),
    _document("Allow", ["s3:*", "ec2:*"]),
    _document("Allow", "${Nothing}"),
)
# At different levels: one of a type that is not enabled; and attached to nothing yet, one that AWS would refuse.
POLICIES: Final = (
    ("stay", _document("Deny", "organizations:LeaveOrganization"), SCP, "root"),
    ("list", _document("Allow", ["s3:*", "ec2:*"]), SCP, "Workloads"),
    ("tags", {"tags": {}}, "TAG_POLICY", "Workloads/Production"),
    ("iam-too", _document("Deny", "iam:*"), SCP, None),
    ("refused", {"Version": "2012-10-17", "Statement": [{"Effect": "Deny"}]}, SCP, None),
)
# Of every setting that a rule reads, several values.
SETTINGS: Final[Mapping[str, tuple[Any, ...]]] = {
    "features": ("ALL", "CONSOLIDATED_BILLING"),
    "policy_types": ((SCP,), (SCP, RCP), (SCP, "TAG_POLICY"), ()),
    "trusted_access": ((), ("config.amazonaws.com", "guardduty.amazonaws.com"), ("nonsense",)),
    "delegated_administrators": ({}, {"guardduty.amazonaws.com": ("shop",)}, {"config.amazonaws.com": ("nobody",)}),
    "partition": ("aws", "aws-cn"),
    "regions": ((), ("eu-west-1", "us-east-1")),
    "limits": ({}, {"accounts": 2, "ous": 1, "tags": 1}, {"attached.SERVICE_CONTROL_POLICY": 1, "account_name": 4}),
    "protected_principals": ((), (ProtectedPrincipal(principal="arn:aws:iam::*:role/OrganizationAccountAccessRole"),)),
    "lenses": ({}, {"far": Lens(name="far", region="sa-east-1")}),
    "expectations": (
        (),
        (
            Expectation(where="Workloads", actions=("iam:CreateRole",), can=False),
            Expectation(where="root", actions=("s3:GetObject", "ec2:RunInstances"), can=True),
            Expectation(where="shop", actions=("ec2:RunInstances",), can=False, lenses=("far",)),
        ),
    ),
    "logging": (
        None,
        Logging(account="shop", bucket="logs", trail=Trail(name="all"), config=ConfigDelivery()),
        Logging(account="nobody", bucket="logs"),
    ),
    "baselines": ({}, {"base": Baseline(name="base", to=("Workloads",), actions=("s3:CreateBucket",))}),
    "cost": (None, CostAllocation(required_tags=("Team", "Stage"), allocation_tags=("team",))),
    "moved": ((), (Moved(old="Old", new="Workloads"), Moved(old="Older", new="Gone"))),
    "organization_id": (None, "o-exampleorgid"),
}


def design() -> Organization:
    """Something of everything, and a level at which nothing is allowed."""
    org = small()
    org.configure(policy_types=(SCP, RCP))
    for name, document, type, target in POLICIES:
        org.add_policy(name, document, type=type)
        if target:
            org.attach(name, target)
    org.add_ou("Suspended")
    org.add_ou("Sandbox", tags={"Environment": "dev"})
    org.add_account("main", "Sandbox", email="main@example.com", tags={"Environment": "dev"})
    org.add_account("side", "Sandbox", email="side@example.com")
    org.detach("FullAWSAccess", "Workloads/Production")
    return org.copy()


FOLLOWED: Final[Mapping[str, Callable[[Organization], object]]] = {
    "a limit that things are held against": lambda org: org.configure(limits={"account_name": 4}),
    "required tags": lambda org: org.configure(cost=CostAllocation(required_tags=("Team",))),
    "tags that accounts below inherit": lambda org: org.set("Sandbox", tags={"Environment": "production"}),
    "a way to what a policy without effect is attached to": lambda org: org.move("Workloads/Production", "root"),
    "a policy that nobody can read": lambda org: org.attach("refused", "Workloads"),
    "a denial above another": lambda org: org.attach("iam-too", "root"),
    "what a denial above another says": lambda org: org.set("stay", content=_document("Deny", "iam:*")),
    "a budget of what an account is below": lambda org: org.set("Workloads", budget=usd(10)),
    "the last account of an OU": lambda org: org.move("shop-prod", "Workloads"),
    "where a place stands in the file": lambda org: setattr(org, "marks", {"ou:Suspended": Mark("org.yaml", 7, 1)}),
}


@pytest.mark.parametrize("edit", FOLLOWED.values(), ids=FOLLOWED)
def test_follows(edit: Callable[[Organization], object]) -> None:
    org = design()
    checker = Checker(org)
    before = checker.problems()
    edit(org)
    assert list(checker.problems()) == list(check(org))
    assert checker.problems() != before


class FollowedChecks(Edits):
    """The edits of any design; after each the checks that follow say what checks from the beginning say."""

    @initialize()
    def begin(self) -> None:
        self.org = design()
        self.start: Any = None
        self.checker = Checker(self.org)
        self.checker.problems()

    @rule(data=st.data(), document=st.sampled_from(DOCUMENTS), type=st.sampled_from([SCP, SCP, RCP]))
    def write(self, data: st.DataObject, document: dict[str, Any], type: str) -> None:
        """A policy that is there says something else, or there is a new one."""
        if type == SCP and (written := [policy.id for policy in self.org.policies()]):
            self.attempt("set", data.draw(st.sampled_from(written)), content=document)
        else:
            self.attempt("add_policy", f"new-{len(self.org.policies())}", document, type=type)

    @rule(
        data=st.data(), stage=st.sampled_from(["production", "dev", ""]), cost=st.sampled_from(["5 USD", "7 EUR", ""])
    )
    def describe(self, data: st.DataObject, stage: str, cost: str) -> None:
        tags = {"Stage": stage, "Team": "x"} if stage else {}
        self.attempt("set", self.pick(data, "root", "ou", "account"), tags=tags)
        self.attempt("set", self.pick(data, "account"), monthly_cost=Money.parse(cost) if cost else None)
        self.attempt("set", self.pick(data, "root", "ou", "account"), budget=Money.parse("6 USD"))

    @rule(data=st.data(), field=st.sampled_from([*SETTINGS, *READ, *READ]))
    def decide_otherwise(self, data: st.DataObject, field: str) -> None:
        self.attempt("configure", **{field: data.draw(st.sampled_from(SETTINGS[field]))})

    @rule(line=st.integers(1, 99))
    def save(self, line: int) -> None:
        """Saving gives everything its place in the file."""
        self.org.marks = {"account:shop": Mark("org.yaml", line, 3), "ou:Workloads": Mark("org.yaml", line, 1)}

    @invariant()
    def followed_problems_are_those_of_a_check_from_the_beginning(self) -> None:
        if hasattr(self, "org"):
            followed, found = set(self.checker.problems()), set(check(self.org))
            assert not followed ^ found, (followed - found, found - followed)
            assert list(self.checker.problems()) == list(check(self.org))

    def teardown(self) -> None:
        """Undo everything, at once and then nothing."""
        if hasattr(self, "org"):
            while self.org.history:
                self.org.undo()
            self.followed_problems_are_those_of_a_check_from_the_beginning()

    settings_name_what_they_named_at_first = None
    a_copy_is_equal_and_ordered_alike = None


TestFollowedChecks = FollowedChecks.TestCase
TestFollowedChecks.settings = settings(max_examples=25, stateful_step_count=20, phases=[Phase.generate])
