"""Organizations with one thing wrong, and with nothing wrong, for the rules of the checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from orgkit.design import RCP, SCP, Money, Organization
from orgkit.design.changes import Remove, Replace
from orgkit.design.sections import (
    Access,
    Assignment,
    Baseline,
    CostAllocation,
    Expectation,
    Group,
    Lens,
    Logging,
    Moved,
    PermissionSet,
    Removal,
    Role,
    TrustedRole,
)
from tests.design.organizations import ALLOW, DENY, usd


@dataclass(frozen=True)
class Case:
    name: str
    code: str
    spoil: Callable[[Organization], object]
    says: str = ""  # part of the message
    mend: str = ""  # part of the fix
    where: str = ""  # part of the place


def _attach_many(org: Organization, count: int, type: str = SCP) -> None:
    for number in range(count):
        org.add_policy(f"p{number}", DENY, type=type)
        org.attach(f"p{number}", "shop")


def _sized(size: int, *, blanks: int = 0) -> str:
    """A policy of `size` characters without white space, and `blanks` more of it."""
    empty = len('{"Statement":[],"Id":""}')
    return '{"Statement":[],"Id":"' + "x" * (size - empty) + '"' + " " * blanks + "}"


def _state(org: Organization, state: str) -> None:
    shop = org.account("shop")
    org.build(Replace(shop, replace(shop, state=state)))


def _access(**sections: object) -> Callable[[Organization], object]:
    return lambda org: org.configure(access=Access(**sections))  # type: ignore[arg-type]


FOUND = [
    Case(
        "more accounts than AWS allows by default",
        "too-many-accounts",
        lambda org: [org.add_account(f"a{n}", "Workloads", email=f"a{n}@example.com") for n in range(8)],
        "11 accounts; the limit accounts is 10",
        "Service Quotas",
        "root",
    ),
    Case(
        "more accounts than were granted, and the message says where the limit comes from",
        "too-many-accounts",
        lambda org: org.configure(limits={"accounts": 2}),
        "the limit accounts is 2 (accounts in the organization, the management account included; "
        "closed ones count for 90 days; limits: in org.yaml)",
    ),
    Case(
        "closed accounts count against the quota",
        "too-many-accounts",
        lambda org: (_state(org, "CLOSED"), org.configure(limits={"accounts": 2})),
        "3 accounts, 1 of them closed or suspended",
    ),
    Case("more OUs than allowed", "too-many-ous", lambda org: org.configure(limits={"ous": 1}), "2 OUs"),
    Case(
        "an OU deeper than the limit",
        "ou-too-deep",
        lambda org: org.configure(limits={"ou_depth": 1}),
        "2 levels below the root",
        where="Workloads/Production",
    ),
    Case(
        "more policies of one type than allowed",
        "too-many-policies",
        lambda org: (org.add_policy("second", DENY), org.configure(limits={f"policies.{SCP}": 1})),
        "2 policies",
    ),
    Case(
        "an SCP one character too long, white space left out",
        "policy-too-large",
        lambda org: org.set("no-iam", content=_sized(10241, blanks=3)),
        "10241 characters without white space, 1 too many; the limit policy_size.SERVICE_CONTROL_POLICY is 10240",
        where="no-iam",
    ),
    Case(
        "an AI opt-out policy has a smaller limit",
        "policy-too-large",
        lambda org: org.add_policy("ai", _sized(2501), type="AISERVICES_OPT_OUT_POLICY"),
        "is 2500",
    ),
    Case(
        "a policy that is too long only as it is written",
        "policy-too-large-as-written",
        lambda org: org.set("no-iam", content=_sized(10240, blanks=1)),
        "10241 characters as written, 10240 without white space",
    ),
    Case(
        "FullAWSAccess takes one of the ten slots",
        "too-many-attached",
        lambda org: _attach_many(org, 10),
        "11 policies of type SERVICE_CONTROL_POLICY attached, FullAWSAccess among them",
        where="Workloads/shop",
    ),
    Case(
        "RCPFullAWSAccess takes one of the five slots",
        "too-many-attached",
        lambda org: (org.configure(policy_types=(SCP, RCP)), _attach_many(org, 5, RCP)),
        "6 policies of type RESOURCE_CONTROL_POLICY attached, RCPFullAWSAccess among them",
    ),
    Case(
        "an account from which FullAWSAccess was taken and nothing put in its place",
        "no-scp-attached",
        lambda org: org.detach("FullAWSAccess", "shop"),
        "keeps at least 1",
        "leave FullAWSAccess on",
        "Workloads/shop",
    ),
    Case(
        "more than fifty tags on an OU",
        "tag-limit",
        lambda org: org.set("Workloads", tags={f"k{n}": "" for n in range(51)}),
        "51 tags",
    ),
    Case("a tag key too long", "tag-limit", lambda org: org.set("shop", tags={"k" * 129: ""}), "129 characters"),
    Case("a tag value too long", "tag-limit", lambda org: org.set("no-iam", tags={"k": "v" * 257}), "tag k has 257"),
    Case("a tag key that AWS keeps", "tag-key", lambda org: org.set("shop", tags={"AWS:x": "1"}), "'AWS:x'"),
    Case("an empty tag key", "tag-key", lambda org: org.set("shop", tags={"": "1"}), "empty"),
    Case("an account name too long", "account-name", lambda org: org.rename("shop", "x" * 51), "51 characters"),
    Case("an account name with an umlaut", "account-name", lambda org: org.rename("shop", "Müller"), "has 'ü'"),
    Case("an account name with a line end", "account-name", lambda org: org.rename("shop", "a\n"), r"'\n'"),
    Case(
        "two accounts of one name",
        "account-name-repeated",
        lambda org: org.rename("shop-prod", "shop"),
        "Workloads/Production/shop-prod is named 'shop'",
        where="Workloads/shop",
    ),
    Case("an OU name too long", "ou-name", lambda org: org.rename("Workloads", "x" * 129), "129 characters"),
    Case("a policy name too long", "policy-name", lambda org: org.rename("no-iam", "x" * 129), "129 characters"),
    Case(
        "a description too long",
        "policy-description",
        lambda org: org.set("no-iam", description="x" * 513),
        "513 characters",
    ),
    Case("a role name with a slash", "role-name", lambda org: org.set("shop", role_name="a/b"), "'a/b'"),
    Case("a role name too long", "role-name", lambda org: org.set("shop", role_name="r" * 65), "65 characters"),
    Case("an account without email", "email-missing", lambda org: org.set("shop", email=""), mend="pin"),
    Case("an email with two at signs", "email-form", lambda org: org.set("shop", email="a@b@c.com"), "'a@b@c.com'"),
    Case("an email without a domain", "email-form", lambda org: org.set("shop", email="shop@host"), "'shop@host'"),
    Case("an email too short", "email-form", lambda org: org.set("shop", email="a@b.c"), "'a@b.c'"),
    Case(
        "an email too long",
        "email-form",
        lambda org: org.set("shop", email="x" * 60 + "@example.com"),
        "72 characters; the limit email is 64",
    ),
    Case(
        "policies without all features",
        "needs-all-features",
        lambda org: org.configure(features="CONSOLIDATED_BILLING"),
        "1 attached policy, 1 policy type, 1 trusted service",
        "features: ALL",
    ),
    Case(
        "an attached policy whose type is not enabled has no effect",
        "policy-type-not-enabled",
        lambda org: org.configure(policy_types=()),
        "attached to Workloads/Production but has no effect: SERVICE_CONTROL_POLICY is not enabled",
        "Add SERVICE_CONTROL_POLICY to organization.policy_types",
        "no-iam",
    ),
    Case(
        "a type enabled and not used",
        "policy-type-unused",
        lambda org: org.configure(policy_types=(SCP, "TAG_POLICY")),
        "TAG_POLICY is enabled",
    ),
    Case("a policy attached to nothing", "policy-unattached", lambda org: org.add_policy("idle", DENY), where="idle"),
    Case(
        "a service control policy on the management account",
        "policy-on-management-account",
        lambda org: org.attach("no-iam", "management"),
        "no-iam has no effect here",
        where="management",
    ),
    Case(
        "a service named by its short name",
        "service-principal",
        lambda org: org.configure(trusted_access=("cloudtrail",)),
        "'cloudtrail' is not the principal",
        "cloudtrail.amazonaws.com",
    ),
    Case(
        "a delegated administrator for a service without trusted access",
        "delegated-administrator-untrusted",
        lambda org: org.configure(delegated_administrators={"guardduty.amazonaws.com": ("shop",)}),
        "guardduty.amazonaws.com has a delegated administrator but no trusted access",
    ),
    Case(
        "the management account as delegated administrator",
        "delegated-administrator-is-management",
        lambda org: org.configure(delegated_administrators={"sso.amazonaws.com": ("management",)}),
        "management account management cannot be",
    ),
    Case(
        "a delegated administrator that does not exist",
        "unknown-reference",
        lambda org: org.configure(delegated_administrators={"sso.amazonaws.com": ("shop-prd",)}),
        "there is no account 'shop-prd'",
        'did you mean "shop-prod"?',
        "organization.delegated_administrators.sso.amazonaws.com",
    ),
    Case(
        "a delegated administrator that is an OU",
        "unknown-reference",
        lambda org: org.configure(delegated_administrators={"sso.amazonaws.com": ("Workloads",)}),
        "'Workloads' is OU Workloads, not an account",
    ),
    Case(
        "a baseline for an OU that does not exist",
        "unknown-reference",
        lambda org: org.configure(baselines={"base": Baseline(name="base", to=("Workload",))}),
        "'Workload'",
        'did you mean "Workloads"?',
        "baselines.base.to",
    ),
    Case(
        "an expectation about an OU that does not exist",
        "unknown-reference",
        lambda org: org.configure(expectations=(Expectation(where="Sandbox", actions=("s3:*",), can=False),)),
        "'Sandbox'",
        where="expectations[0].where",
    ),
    Case(
        "logs kept in an account that does not exist",
        "unknown-reference",
        lambda org: org.configure(logging=Logging(account="archive", bucket="logs")),
        "there is no account 'archive'",
    ),
    Case(
        "a role that trusts an account that does not exist",
        "unknown-reference",
        _access(roles={"r": Role(name="r", to=("Workloads",), trusts=(TrustedRole(account="shared", role="build"),))}),
        "there is no account 'shared'",
        where="access.roles.r.trusts[0].account",
    ),
    Case(
        "a removal that detaches from an OU that does not exist",
        "unknown-reference",
        lambda org: org.configure(remove=(Removal(kind="detach", ref="no-iam", source="Sandbox"),)),
        "'Sandbox'",
    ),
    Case(
        "a reference to the id of an account that does not exist, in a policy",
        "unknown-account-reference",
        lambda org: org.set("no-iam", content='{"Id": "{{account.shop-prd.id}}"}'),
        "{{account.shop-prd.…}} names no account",
        'did you mean "shop-prod"?',
        "no-iam",
    ),
    Case(
        "the same in the name of a bucket",
        "unknown-account-reference",
        lambda org: org.configure(logging=Logging(account="shop", bucket="logs-{{ account.nobody.id }}")),
        "{{account.nobody.…}}",
        where="logging.bucket",
    ),
    Case(
        "an assignment of a group that does not exist",
        "unknown-group",
        _access(
            permission_sets={"admin": PermissionSet(name="admin")},
            groups={"platform": Group(name="platform")},
            assignments=(Assignment(group="platfrom", permission_set="admin", to=("root",)),),
        ),
        "'platfrom'",
        'did you mean "platform"?',
        "access.assignments[0].group",
    ),
    Case(
        "an assignment of a permission set that does not exist",
        "unknown-permission-set",
        _access(
            permission_sets={"admin": PermissionSet(name="admin")},
            groups={"platform": Group(name="platform")},
            assignments=(Assignment(group="platform", permission_set="root", to=("root",)),),
        ),
        "'root'",
        "known: admin",
    ),
    Case(
        "an expectation that names an unknown lens",
        "unknown-lens",
        lambda org: org.configure(
            lenses={"workload": Lens(name="workload")},
            expectations=(Expectation(where="root", actions=("s3:*",), can=True, but=("workloads",)),),
        ),
        "'workloads'",
        'did you mean "workload"?',
    ),
    Case(
        "a moved entry that leads to nothing",
        "moved-to-nothing",
        lambda org: org.configure(moved=(Moved(old="Old", new="New"),)),
        "'Old' moved to 'New', which is nothing in the design",
    ),
    Case(
        "a moved entry of a policy that leads to nothing",
        "moved-to-nothing",
        lambda org: org.configure(moved=(Moved(old="Old", new="Workloads", policy="SERVICE_CONTROL_POLICY"),)),
        "'Old' moved to 'Workloads', which is nothing in the design",
    ),
    Case(
        "accounts without a management account",
        "management-missing",
        lambda org: org.build(Remove(org.account("management"), "root", None)),
        "no management account",
    ),
    Case("an account in the root", "account-in-root", lambda org: org.move("shop", "root"), where="shop"),
    Case("an OU with nothing in it", "ou-empty", lambda org: org.add_ou("Later"), where="Later"),
    Case("a suspended account", "account-suspended", lambda org: _state(org, "SUSPENDED"), "still counts"),
    Case("an account being closed", "account-closing", lambda org: _state(org, "PENDING_CLOSURE"), "pending closure"),
    Case(
        "an OU whose accounts are planned over its budget",
        "budget-exceeded",
        lambda org: org.set("Workloads", budget=usd(350)),
        "planned 350.50 USD a month, 0.50 USD over the budget of 350 USD",
        where="Workloads",
    ),
    Case(
        "accounts without a planned cost are said beside the excess",
        "budget-exceeded",
        lambda org: (
            org.add_account("new", "Workloads", email="new@example.com"),
            org.set("Workloads", budget=usd(350)),
        ),
        "350 USD; 1 account in it without a planned cost",
    ),
    Case(
        "an account planned over its budget",
        "budget-exceeded",
        lambda org: org.set("shop", budget=usd("99.99")),
        "0.01 USD over the budget of 99.99 USD",
        where="Workloads/shop",
    ),
    Case(
        "a budget in another currency than the cost",
        "budget-currency",
        lambda org: org.set("Workloads", budget=Money(usd(1).amount, "EUR")),
        "the budget is in EUR, but cost is planned in USD",
    ),
    Case(
        "costs in two currencies",
        "currencies-mixed",
        lambda org: org.set("shop", monthly_cost=Money(usd(1).amount, "EUR")),
        "1 account in EUR, 1 account in USD",
    ),
    Case(
        "an account without a required tag",
        "required-tag-missing",
        lambda org: (
            org.configure(cost=CostAllocation(required_tags=("Team", "Env"))),
            org.set("Workloads", tags={"Team": "x"}),
            org.set("shop-prod", tags={"Env": "prod"}),
            org.set("management", tags={"Team": "x", "Env": "x"}),
        ),
        "the required tag Env",
        "Add tags: {Env: …}",
        "Workloads/shop",
    ),
    Case(
        "an allocation tag that differs in case from what accounts carry",
        "allocation-tag-unused",
        lambda org: (
            org.configure(cost=CostAllocation(allocation_tags=("Team",))),
            org.set("shop", tags={"team": "x"}),
        ),
        "no account and no OU carries the tag Team, but some carry team",
        "differ by case",
    ),
]


SILENT: list[tuple[str, Callable[[Organization], object]]] = [
    ("an organization with nothing wrong", lambda org: None),
    ("exactly as many accounts as granted", lambda org: org.configure(limits={"accounts": 3})),
    ("a policy of exactly the largest size", lambda org: org.set("no-iam", content=_sized(10240))),
    (
        "ten policies where FullAWSAccess was replaced",
        lambda org: (_attach_many(org, 10), org.detach("FullAWSAccess", "shop")),
    ),
    (
        "FullAWSAccess replaced by one's own policy",
        lambda org: (org.add_policy("mine", ALLOW), org.attach("mine", "shop"), org.detach("FullAWSAccess", "shop")),
    ),
    ("a management account without email", lambda org: org.set("management", email="")),
    ("an account pinned by id and without email", lambda org: org.set("shop", email="", aws_id="111122223333")),
    ("the longest names", lambda org: (org.rename("shop", "n" * 50), org.rename("Workloads", "n" * 128))),
    ("the shortest email", lambda org: org.set("shop", email="a@b.cd")),
    ("a budget met to the cent", lambda org: org.set("Workloads", budget=usd("350.50"))),
    (
        "a role that trusts an account elsewhere",
        _access(
            roles={"r": Role(name="r", to=("Workloads",), trusts=(TrustedRole(account="123456789012", role="x"),))}
        ),
    ),
    (
        "a service of many parts",
        lambda org: org.configure(
            trusted_access=("sso.amazonaws.com", "member.org.stacksets.cloudformation.amazonaws.com")
        ),
    ),
    (
        "a moved entry that later ones lead on",
        lambda org: org.configure(
            moved=(
                Moved(old="A/x", new="B/x"),
                Moved(old="B", new="Workloads"),
                Moved(old="Workloads/x", new="Workloads/Production"),
            )
        ),
    ),
    (
        "references to accounts that exist",
        lambda org: org.set("no-iam", content='{"Id": "{{account.shop.id}} {{organization.id}}"}'),
    ),
    (
        "a tag that the OU gives",
        lambda org: (
            org.configure(cost=CostAllocation(allocation_tags=("Team",), required_tags=("Team",))),
            org.set("Workloads", tags={"Team": "x"}),
            org.set("management", tags={"Team": "y"}),
        ),
    ),
]
