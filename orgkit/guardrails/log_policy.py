"""The policy of a log archive's bucket that CloudTrail and Config accept, and that nobody else can write or delete by.

CloudTrail's statements are those of an organization trail, bound to it by `aws:SourceArn`. Config's page binds its
three to one account, by `AWS:SourceAccount`; here `aws:SourceOrgID` stands for all of them, as in Control Tower's.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-policy.html
https://docs.aws.amazon.com/controltower/latest/userguide/logging-s3-audit-bucket.html
"""

from __future__ import annotations

from typing import Any

from orgkit.design import Organization
from orgkit.design.sections import Logging

ORGANIZATION_ID = "{{organization.id}}"


def trail_arn(org: Organization) -> str:
    """The ARN that the organization trail has, with references."""
    logging, settings = org.settings.logging, org.settings
    assert logging is not None and logging.trail is not None
    management = f"{{{{account.{org.management.handle}.id}}}}" if org.management else "*"
    return f"arn:{settings.partition}:cloudtrail:{settings.home_region}:{management}:trail/{logging.trail.name}"


def logs_in(bucket: str, prefix: str) -> str:
    """Where a service writes in a bucket; without a prefix, at its top."""
    return f"{bucket}/{prefix}/AWSLogs" if prefix else f"{bucket}/AWSLogs"


def log_bucket_policy(org: Organization, logging: Logging | None = None) -> dict[str, Any]:
    """The policy of the log bucket that fits `logging:`, with references for what AWS gives later.

    `logging` is another of its buckets, one of `Logging.per_bucket()`.
    """
    partition = org.settings.partition
    if logging is None:
        assert org.settings.logging is not None
        logging = org.settings.logging.per_bucket()[0]
    bucket = f"arn:{partition}:s3:::{logging.bucket}"
    statements: list[dict[str, Any]] = []
    if logging.trail is not None:
        statements += _cloudtrail(org, bucket, logs_in(bucket, logging.trail.prefix))
    if logging.config is not None:
        statements += _config(bucket, logs_in(bucket, logging.config.prefix))
    statements.append(
        {
            "Sid": "DenyDeletingLogs",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:DeleteBucket"],
            "Resource": [bucket, f"{bucket}/*"],
        }
    )
    statements.append(
        {
            "Sid": "DenyWithoutTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket, f"{bucket}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )
    return {"Version": "2012-10-17", "Statement": statements}


def _cloudtrail(org: Organization, bucket: str, logs: str) -> list[dict[str, Any]]:
    """The management account's own id stands beside the organization's: there a trail writes before it is shared."""
    arn = trail_arn(org)
    places = [f"{logs}/{ORGANIZATION_ID}/*"]
    if org.management is not None:
        places.append(f"{logs}/{{{{account.{org.management.handle}.id}}}}/*")
    return [
        _allow("CloudTrailAclCheck", "cloudtrail", "s3:GetBucketAcl", bucket, {"aws:SourceArn": arn}),
        _allow(
            "CloudTrailWrite",
            "cloudtrail",
            "s3:PutObject",
            places,
            {"aws:SourceArn": arn, "s3:x-amz-acl": "bucket-owner-full-control"},
        ),
    ]


def _config(bucket: str, logs: str) -> list[dict[str, Any]]:
    ours = {"aws:SourceOrgID": ORGANIZATION_ID}
    return [
        _allow("ConfigChecks", "config", ["s3:GetBucketAcl", "s3:ListBucket"], bucket, ours),
        _allow(
            "ConfigWrite",
            "config",
            "s3:PutObject",
            f"{logs}/*/Config/*",
            {**ours, "s3:x-amz-acl": "bucket-owner-full-control"},
        ),
    ]


def _allow(
    sid: str, service: str, action: str | list[str], resource: str | list[str], equals: dict[str, str]
) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": action,
        "Resource": resource,
        "Condition": {"StringEquals": equals},
    }
