"""The chain of central logging: what a bucket's policy lacks, who could tamper, and the guardrail that closes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import orgkit
from orgkit.design import Organization, Problem
from orgkit.design.sections import ConfigDelivery, JsonDocument, Trail
from orgkit.guardrails import lint, log_bucket_policy, log_guardrail
from orgkit.starter import mended

Statements = list[dict[str, Any]]
BUCKET = {"log-bucket-refuses-writer", "log-bucket-open-to-others"}


def chain(org: Organization) -> list[Problem]:
    return lint(org, {"log-chain"})


@pytest.fixture
def org() -> Organization:
    return mended(orgkit.load("starter"))


def with_policy(org: Organization, document: Any) -> Organization:
    logging = replace(org.settings.logging, bucket_policy=JsonDocument(content=json.dumps(document)))
    org.configure(logging=logging)
    return org


def without_acl_check(statements: Statements) -> None:
    del statements[0]


def another_prefix(statements: Statements) -> None:
    statements[1]["Resource"] = "arn:aws:s3:::{{organization.id}}-centralized-logs/AWSLogs/*"


def a_condition_that_services_never_meet(statements: Statements) -> None:
    statements[3]["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": "{{organization.id}}"}}


def another_organization(statements: Statements) -> None:
    statements[1]["Condition"]["StringEquals"]["aws:SourceOrgID"] = "o-somebodyelse"


def a_deny_of_everything(statements: Statements) -> None:
    statements.append({"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"})


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (without_acl_check, "cloudtrail.amazonaws.com s3:GetBucketAcl"),
        (another_prefix, "cloudtrail.amazonaws.com s3:PutObject on"),
        (a_condition_that_services_never_meet, "config.amazonaws.com s3:PutObject under a condition"),
        (another_organization, "cloudtrail.amazonaws.com s3:PutObject under a condition"),
        (a_deny_of_everything, "a Deny of the policy is about it"),
    ],
    ids=lambda value: value.__name__.replace("_", " ") if callable(value) else "",
)
def test_what_a_bucket_policy_lacks_is_told(org: Organization, spoil: Callable[[Statements], None], told: str) -> None:
    assert org.settings.logging is not None and org.settings.logging.bucket_policy is not None
    document = json.loads(org.settings.logging.bucket_policy.content)
    spoil(document["Statement"])
    errors = lint(with_policy(org, document), {"log-bucket-refuses-writer"})
    assert errors and any(told in problem.message for problem in errors)
    assert all(problem.fix and problem.source for problem in errors)


def test_the_mended_policy_and_the_one_that_is_written_let_the_services_in(org: Organization) -> None:
    assert not lint(org, BUCKET)
    assert not lint(with_policy(org, log_bucket_policy(org)), BUCKET)


def test_the_policy_that_is_written_is_the_one_of_aws_s_page(org: Organization) -> None:
    statements = {one["Sid"]: one for one in log_bucket_policy(org)["Statement"]}
    bucket = "arn:aws:s3:::{{organization.id}}-centralized-logs"
    assert statements["CloudTrailAclCheck"]["Action"] == "s3:GetBucketAcl"
    assert statements["CloudTrailAclCheck"]["Resource"] == bucket
    assert f"{bucket}/cloudtrail/AWSLogs/{{{{organization.id}}}}/*" in statements["CloudTrailWrite"]["Resource"]
    assert statements["CloudTrailWrite"]["Condition"]["StringEquals"] == {
        "aws:SourceArn": "arn:aws:cloudtrail:us-east-1:{{account.management.id}}:trail/organization-trail",
        "s3:x-amz-acl": "bucket-owner-full-control",
    }
    assert statements["ConfigChecks"]["Action"] == ["s3:GetBucketAcl", "s3:ListBucket"]
    assert statements["ConfigWrite"]["Resource"] == f"{bucket}/config/AWSLogs/*/Config/*"
    assert statements["DenyWithoutTls"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_a_service_that_does_not_write_gets_no_statement(org: Organization) -> None:
    org.configure(logging=replace(org.settings.logging, trail=None, bucket_policy=None))
    assert {one["Sid"] for one in log_bucket_policy(org)["Statement"]} == {
        "ConfigChecks",
        "ConfigWrite",
        "DenyDeletingLogs",
        "DenyWithoutTls",
    }


def test_a_policy_that_anybody_s_trail_could_write_by_is_a_warning(org: Organization) -> None:
    document = log_bucket_policy(org)
    document["Statement"][1].pop("Condition")
    (problem,) = lint(with_policy(org, document), BUCKET)
    assert (problem.code, problem.severity) == ("log-bucket-open-to-others", "warning")


def test_the_starter_s_chain_has_gaps_each_with_its_place_and_mend(org: Organization) -> None:
    found = chain(org)
    assert all(problem.where and problem.fix and problem.source for problem in found)
    told = " ".join(problem.message for problem in found)
    assert "no object lock" in told
    assert "keeps a principal of log-archive from s3:DeleteBucket" in told
    assert "from stopping or deleting Config's recorder" in told


def test_the_guardrail_that_is_written_closes_the_chain_and_leaves_the_access_role_its_work(org: Organization) -> None:
    org.add_policy("log-protection", log_guardrail(org))
    org.attach("log-protection", "root")
    # The management account, which nothing binds, and the lock, which Config does not take.
    assert [problem.severity for problem in chain(org)] == ["note", "note"]
    bucket = "arn:aws:s3:::{{organization.id}}-centralized-logs"
    role = "arn:aws:iam::{{account.id}}:role/OrganizationAccountAccessRole"
    anybody = "arn:aws:iam::{{account.id}}:role/somebody"
    assert orgkit.decide(org, "log-archive", "s3:PutBucketPolicy", bucket, role).outcome == "allowed"
    assert orgkit.decide(org, "log-archive", "s3:PutBucketPolicy", bucket, anybody).outcome == "explicitDeny"
    assert not orgkit.check(org).at_least("error")


def test_a_bucket_that_locks_takes_a_trail_s_logs_and_nothing_of_config(org: Organization) -> None:
    assert org.settings.logging is not None
    locking = replace(org.settings.logging, object_lock_days=365)
    org.configure(logging=locking)
    (problem,) = lint(org, {"log-bucket-locked"})
    assert problem.severity == "error" and "AWS Config does not deliver" in problem.message
    assert "config: {bucket: …}" in problem.fix
    org.configure(logging=replace(locking, config=None))
    assert not lint(org, {"log-bucket-locked"})
    assert not any("object lock" in problem.message for problem in chain(org))


@pytest.fixture
def both(org: Organization) -> Organization:
    """The trail's logs locked, and Config with a bucket of its own."""
    assert org.settings.logging is not None and org.settings.logging.config is not None
    own = "{{organization.id}}-config"
    config = replace(org.settings.logging.config, bucket=own)
    org.configure(
        logging=replace(org.settings.logging, object_lock_days=365, config=config, bucket_policy=None),
        baselines={name: replace(one, parameters={"LogBucket": own}) for name, one in org.settings.baselines.items()},
    )
    return org


def test_with_a_bucket_of_its_own_config_delivers_beside_a_bucket_that_locks(both: Organization) -> None:
    assert not lint(both, BUCKET | {"log-bucket-locked"})
    assert [one.severity for one in chain(both) if "object lock" in one.message] == ["note"]


def test_a_baseline_that_has_config_deliver_to_the_bucket_that_locks_is_told(both: Organization) -> None:
    assert both.settings.logging is not None
    (name, baseline), *_ = both.settings.baselines.items()
    both.configure(baselines={name: replace(baseline, parameters={"LogBucket": both.settings.logging.bucket})})
    (problem,) = lint(both, {"log-bucket-locked"})
    assert "LogBucket" in problem.message and "{{organization.id}}-config" in problem.fix


def test_each_bucket_has_a_policy_for_what_writes_there_and_no_more(both: Organization) -> None:
    assert both.settings.logging is not None
    logs, config = [
        {one["Sid"]: one for one in log_bucket_policy(both, one)["Statement"]}
        for one in both.settings.logging.per_bucket()
    ]
    always = {"DenyDeletingLogs", "DenyWithoutTls"}
    assert logs.keys() == {"CloudTrailAclCheck", "CloudTrailWrite"} | always
    assert config.keys() == {"ConfigChecks", "ConfigWrite"} | always
    assert config["ConfigWrite"]["Resource"] == "arn:aws:s3:::{{organization.id}}-config/config/AWSLogs/*/Config/*"
    assert list(logs.values()) == log_bucket_policy(both)["Statement"]


def test_a_policy_of_the_log_bucket_need_not_let_config_in_where_it_has_its_own(both: Organization) -> None:
    assert not lint(with_policy(both, log_bucket_policy(both)), BUCKET)


def test_the_chain_looks_at_both_buckets_and_the_guardrail_closes_it_for_both(both: Organization) -> None:
    open_ = [one.message for one in chain(both) if "keeps a principal of log-archive" in one.message]
    assert [message.partition(" on ")[2] for message in open_] == ["the log bucket", "Config's bucket"]
    assert "s3:DeleteObject" not in open_[0] and "s3:DeleteObject" in open_[1]
    both.add_policy("log-protection", log_guardrail(both))
    both.attach("log-protection", "root")
    # The management account, which nothing binds, and the lock, which Config does not take.
    assert [problem.severity for problem in chain(both)] == ["note", "note"]
    for bucket in ("centralized-logs", "config"):
        arn = f"arn:aws:s3:::{{{{organization.id}}}}-{bucket}"
        assert orgkit.decide(both, "log-archive", "s3:DeleteObject", f"{arn}/one").outcome == "explicitDeny"
        anybody = "arn:aws:iam::{{account.id}}:role/somebody"
        assert orgkit.decide(both, "log-archive", "s3:DeleteBucket", arn, anybody).outcome == "explicitDeny"


def test_without_config_a_bucket_without_a_lock_is_a_warning(org: Organization) -> None:
    org.configure(logging=replace(org.settings.logging, config=None))
    (problem,) = [one for one in chain(org) if "object lock" in one.message]
    assert problem.severity == "warning"


def aws_pages() -> list[dict[str, Any]]:
    """What AWS's pages allow the services, statement by statement, for this trail and this organization."""
    bucket, management = "arn:aws:s3:::{{organization.id}}-centralized-logs", "{{account.management.id}}"
    trail = {"aws:SourceArn": f"arn:aws:cloudtrail:us-east-1:{management}:trail/organization-trail"}
    account, owned = {"AWS:SourceAccount": management}, {"s3:x-amz-acl": "bucket-owner-full-control"}
    said = [
        ("cloudtrail", "s3:GetBucketAcl", bucket, trail),
        ("cloudtrail", "s3:PutObject", f"{bucket}/cloudtrail/AWSLogs/{management}/*", trail | owned),
        ("cloudtrail", "s3:PutObject", f"{bucket}/cloudtrail/AWSLogs/{{{{organization.id}}}}/*", trail | owned),
        ("config", "s3:GetBucketAcl", bucket, account),
        ("config", "s3:ListBucket", bucket, account),
        ("config", "s3:PutObject", f"{bucket}/config/AWSLogs/{management}/Config/*", account | owned),
    ]
    return [
        {
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": action,
            "Resource": resource,
            "Condition": {"StringEquals": equals},
        }
        for service, action, resource, equals in said
    ]


def test_the_policies_of_aws_s_pages_are_accepted_and_none_of_their_statements_can_be_missed(
    org: Organization,
) -> None:
    statements = aws_pages()
    assert not lint(with_policy(org, {"Version": "2012-10-17", "Statement": statements}), BUCKET)
    for missing in (0, 2, 3, 4, 5):  # the second is for a trail that was one account's before
        kept = [one for number, one in enumerate(statements) if number != missing]
        assert lint(with_policy(org, {"Version": "2012-10-17", "Statement": kept}), BUCKET), statements[missing]


def test_what_is_written_has_every_statement_of_aws_s_pages(org: Organization) -> None:
    written = log_bucket_policy(org)["Statement"]
    for said in aws_pages():
        service, action = said["Principal"], said["Action"]
        mine = [one for one in written if one["Principal"] == service and action in several(one["Action"])]
        places = [place for one in mine for place in several(one["Resource"])]
        assert said["Resource"].replace("{{account.management.id}}/Config", "*/Config") in places
        for one in mine:
            keys = one["Condition"]["StringEquals"].keys()
            wanted = {
                "aws:SourceOrgID" if key == "AWS:SourceAccount" else key for key in said["Condition"]["StringEquals"]
            }
            assert keys == wanted


def several(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"trail": None}, "no organization trail"),
        ({"trail": Trail(name="t", validation=False)}, "cannot be validated"),
        ({"trail": Trail(name="t", multi_region=False)}, "covers one region"),
        ({"account": "management"}, "in the management account"),
        ({"versioning": False}, "keeps no versions"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_link_that_is_designed_weak_is_told(org: Organization, change: dict[str, Any], told: str) -> None:
    org.configure(logging=replace(org.settings.logging, **change))
    assert any(told in problem.message for problem in chain(org))


def test_accounts_that_no_baseline_has_record_are_named(org: Organization) -> None:
    org.configure(baselines={}, logging=replace(org.settings.logging, config=ConfigDelivery()))
    assert any("no baseline puts a Config recorder into Security/" in problem.message for problem in chain(org))
