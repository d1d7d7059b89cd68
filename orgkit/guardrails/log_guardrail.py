"""The guardrail that closes the chain of central logging: nobody but the access role may touch what plans need.

https://docs.aws.amazon.com/prescriptive-guidance/latest/security-reference-architecture/log-archive.html
"""

from __future__ import annotations

from typing import Any, Final

from orgkit.design import Organization
from orgkit.design.entities import ACCESS_ROLE
from orgkit.errors import InputError

# What would undo the logging: of the trail, of Config's recorders, of the archive's buckets and of what they hold.
TRAIL: Final = ("cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "cloudtrail:UpdateTrail")
RECORDER: Final = (
    "config:StopConfigurationRecorder",
    "config:DeleteConfigurationRecorder",
    "config:DeleteDeliveryChannel",
)
BUCKET: Final = (
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketPolicy",
    "s3:PutLifecycleConfiguration",
    "s3:PutBucketVersioning",
)
OBJECTS: Final = ("s3:DeleteObject", "s3:DeleteObjectVersion")


def log_guardrail(org: Organization) -> dict[str, Any]:
    """A service control policy that closes the chain; the access role alone keeps what plans need.

    It names the buckets with references, which a plan binds. Attach it to the root.
    """
    logging, partition = org.settings.logging, org.settings.partition
    if logging is None:
        raise InputError("the design has no logging section", mend="Write logging: first.")
    buckets = [f"arn:{partition}:s3:::{one.bucket}" for one in logging.per_bucket()]
    but = {"ArnNotLike": {"aws:PrincipalArn": f"arn:{partition}:iam::*:role/{ACCESS_ROLE}"}}
    statements = [
        _deny("ProtectLogBucket", BUCKET, _one_or_more(buckets), but),
        _deny("ProtectLogs", OBJECTS, _one_or_more([f"{bucket}/*" for bucket in buckets]), {}),
    ]
    if logging.trail is not None:
        trail = f"arn:{partition}:cloudtrail:*:*:trail/{logging.trail.name}"
        statements.append(_deny("ProtectTrail", TRAIL, trail, but))
    if logging.config is not None:
        statements.append(_deny("ProtectRecorders", RECORDER, "*", but))
    return {"Version": "2012-10-17", "Statement": statements}


def _one_or_more(resources: list[str]) -> str | list[str]:
    return resources[0] if len(resources) == 1 else resources


def _deny(sid: str, actions: tuple[str, ...], resource: str | list[str], condition: dict[str, Any]) -> dict[str, Any]:
    statement = {"Sid": sid, "Effect": "Deny", "Action": list(actions), "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})
