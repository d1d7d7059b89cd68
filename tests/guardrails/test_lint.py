"""Lint: each rule finds what it is for, and says nothing about its nearest harmless neighbour."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import orgkit
from orgkit.design import RCP, SCP, Organization, Problem
from orgkit.design.sections import Baseline, ProtectedPrincipal
from orgkit.guardrails import lint
from orgkit.guardrails.lint import RULES
from orgkit.starter import mended
from tests.guardrails.building import Raw, allow, deny, organization

REGIONS = {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1"]}}
TYPE = {"StringNotEquals": {"ec2:InstanceType": "t3.micro"}}
NO_SUCH_KEY = {"StringNotEquals": {"s3:PublicAccessBlockConfiguration/BlockPublicAcls": "true"}}

FOUND: dict[str, tuple[str, Raw]] = {
    "an action that does not exist": ("unknown-action", deny("s3:DeleteBuckets")),
    "a pattern that covers no action": ("unknown-action", deny(["s3:Frobnicate*", "s3:GetObject"])),
    "a key that does not exist": ("unknown-condition-key", deny("s3:PutBucketPublicAccessBlock", NO_SUCH_KEY)),
    "a key that its actions never carry": ("key-not-carried", deny("s3:GetObject", TYPE)),
    "a number compared as an address": (
        "operator-of-other-type",
        deny("s3:*", {"IpAddress": {"aws:MultiFactorAuthAge": "10.0.0.0/8"}}),
    ),
    "an address compared as text": (
        "operator-of-other-type",
        deny("s3:*", {"StringEquals": {"aws:SourceIp": "10.0.0.1"}}),
    ),
    "a list compared without a qualifier": (
        "operator-of-other-type",
        deny("s3:*", {"StringEquals": {"aws:TagKeys": "cost"}}),
    ),
    "an instance type asked of images too": ("catches-other-resources", deny("ec2:RunInstances", TYPE)),
    "a twin left open": ("twin-left-open", deny("guardduty:DisassociateFromMasterAccount")),
    "a bucket's action on an instance": ("never-matches", deny("s3:ListAllMyBuckets", resource="arn:aws:s3:::logs")),
    "a region guard without the home of IAM": ("region-guard-blocks-global-services", deny("*", REGIONS)),
    "everything denied": ("blocks-everything", deny("*")),
    "an allow list beside FullAWSAccess": ("allow-list-without-effect", allow("s3:*")),
    "a template's placeholder": (
        "placeholder-left",
        deny("s3:*", {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::${Account}:role/admin"}}),
    ),
    "an operator that does not exist": (
        "malformed-policy",
        deny("s3:*", {"StringEqual": {"aws:PrincipalOrgID": "o-1"}}),
    ),
}
HARMLESS: dict[str, Raw] = {
    "an instance type asked of instances": deny("ec2:RunInstances", TYPE, "arn:aws:ec2:*:*:instance/*"),
    "both twins denied": deny(
        ["guardduty:DisassociateFromMasterAccount", "guardduty:DisassociateFromAdministratorAccount"]
    ),
    "both twins by a pattern": deny("guardduty:Disassociate*"),
    "a region guard that permits the home of every global service": deny(
        "*", {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "us-west-2"]}}
    ),
    "a key that only some of all actions carry": deny("*", {"Null": {"aws:RequestTag/team": "true"}}),
    "a key of an identity provider": deny(
        "sts:AssumeRoleWithWebIdentity",
        {"StringNotLike": {"token.actions.githubusercontent.com:sub": "repo:company/*"}},
    ),
    "a Bool on a Bool": deny("s3:*", {"Bool": {"aws:SecureTransport": "false"}}),
    "a list with its qualifier": deny("ec2:CreateTags", {"ForAnyValue:StringEquals": {"aws:TagKeys": ["cost"]}}),
}


def codes(org: Organization) -> set[str]:
    return {problem.code for problem in lint(org)} - {"no-guardrail"}


@pytest.mark.parametrize("case", FOUND)
def test_finds(case: str) -> None:
    """The code of the rule, on the policy or level, with a message and a mend."""
    code, statement = FOUND[case]
    found = [problem for problem in lint(organization(statement)) if problem.code == code]
    assert found, case
    assert all(problem.message and problem.fix and problem.source.startswith("https://") for problem in found)


@pytest.mark.parametrize("case", HARMLESS)
def test_says_nothing_about(case: str) -> None:
    assert codes(organization(HARMLESS[case])) == set()


def test_a_key_that_does_not_exist_tells_what_follows() -> None:
    (problem,) = [p for p in lint(organization(FOUND["a key that does not exist"][1])) if p.severity == "error"]
    assert "the statement always denies" in problem.message


def test_a_twin_denied_further_up_is_not_open() -> None:
    def open_beside_guard() -> bool:
        return any(one.code == "twin-left-open" and one.node == "policy:guard" for one in lint(org))

    org = organization(deny("guardduty:DisassociateFromMasterAccount"), at="Apps/Production")
    twin = deny("guardduty:DisassociateFromAdministratorAccount")
    org.add_policy("above", {"Version": "2012-10-17", "Statement": [twin]})
    assert open_beside_guard()
    org.attach("above", "root")
    assert not open_beside_guard()


def test_a_deny_that_another_covers_is_shadowed() -> None:
    org = organization(deny("s3:*"), deny("s3:GetObject", {"Bool": {"aws:SecureTransport": "false"}}))
    assert codes(org) == {"shadowed-deny"}
    org = organization(deny("s3:*"), at="root")
    org.add_policy("below", {"Version": "2012-10-17", "Statement": [deny("s3:GetObject")]})
    org.attach("below", "Apps")
    assert codes(org) == {"shadowed-deny"}


def test_an_allow_that_a_level_above_does_not_give_is_masked() -> None:
    org = organization(allow("s3:*"), at="Apps")
    org.detach("FullAWSAccess", "Apps")
    org.add_policy("below", {"Version": "2012-10-17", "Statement": [allow("ec2:*")]})
    org.attach("below", "Apps/Production")
    org.detach("FullAWSAccess", "Apps/Production")
    assert "allow-masked" in codes(org)


def test_a_level_without_any_allow_blocks_everything() -> None:
    org = organization(deny("s3:DeleteBucket"))
    org.detach("FullAWSAccess", "Apps")
    assert "blocks-everything" in codes(org)


def test_an_ou_without_guardrails_is_a_note() -> None:
    found = [problem for problem in lint(organization(deny("s3:*"))) if problem.code == "no-guardrail"]
    assert [(problem.node, problem.severity) for problem in found] == [("ou:Labs", "note")]


def test_a_protected_principal_that_is_locked_out_is_an_error() -> None:
    org = organization(deny("iam:*"), at="root")
    role = "arn:aws:iam::*:role/OrganizationAccountAccessRole"
    org.configure(protected_principals=(ProtectedPrincipal(principal=role),))
    found = [problem for problem in lint(org) if problem.code == "locked-out"]
    assert found and "iam:CreateRole" in found[0].message and "guard › Statement[0]" in found[0].message
    spared = deny("iam:*", {"ArnNotLike": {"aws:PrincipalArn": role}})
    org.set("guard", content={"Version": "2012-10-17", "Statement": [spared]})
    assert "locked-out" not in codes(org)
    baseline = Baseline(name="b", to=("Apps",), actions=("s3:PutAccountPublicAccessBlock",))
    org.configure(baselines={"b": baseline})
    org.set("guard", content={"Version": "2012-10-17", "Statement": [deny("s3:PutAccountPublicAccessBlock")]})
    assert "locked-out" in codes(org)


def test_the_starter_has_the_two_faults_of_its_documents_and_mended_it_has_none() -> None:
    starter = orgkit.load("starter")
    assert {"unknown-condition-key", "twin-left-open", "log-bucket-refuses-writer"} <= codes(starter)
    left = [p for p in lint(mended(starter)) if p.severity != "note"]
    # What remains is advice about the whole, not a fault of a document: the starter's logs could still be deleted.
    assert {(p.code, p.severity) for p in left} <= {("log-chain", "warning")}


def test_every_rule_has_a_code_of_its_own() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)


EXPECTED_IN_SAMPLES = {
    "Deny-unwanted-cancellation": {"unknown-action"},
    "Deny-use-of-IAM-user-credentials": {"malformed-policy"},
    "Deny-users-from-disabling-Amazon-GuardDuty": {"twin-left-open"},
    "Protect-disabling-or-deleting-Amazon-Macie": {"twin-left-open"},
    "Deny-access-to-AWS-based-on-the-requested-AWS-region.json": {"region-guard-blocks-global-services"},
    "Deny-access-to-AWS-based-on-the-requested-AWS-region-with": {
        "region-guard-blocks-global-services",
        "key-not-carried",
    },
}


def test_no_false_alarm_on_published_policies(samples: Path) -> None:
    """What is found in them is real; besides that only their placeholders are told."""
    files = sorted([*(samples / "scp").rglob("*.json"), *(samples / "rcp").rglob("*.json")])
    assert files
    for file in files:
        org = organization()
        org.add_policy("p", file.read_text("utf-8"), type=RCP if "rcp" in file.parts else SCP)
        org.attach("p", "root")
        found: list[Problem] = [one for one in lint(org) if one.code not in ("placeholder-left", "no-guardrail")]
        wanted = next((codes for name, codes in EXPECTED_IN_SAMPLES.items() if file.name.startswith(name)), set())
        assert {one.code for one in found} == wanted, (file.name, [str(one) for one in found])
        assert not [one for one in found if one.severity == "error"], file.name


def test_replacing_the_document_is_seen() -> None:
    org = organization(deny("s3:DeleteBuckets"))
    assert codes(org) == {"unknown-action"}
    org.set("guard", content=replace(org.policy("guard")).content.replace("DeleteBuckets", "DeleteBucket"))
    assert codes(org) == set()
