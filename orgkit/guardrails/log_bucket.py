"""Whether the services that write to the log archive can: what CloudTrail and Config ask of a bucket policy.

A trail or delivery channel cannot be created where the bucket's policy lacks these, whatever else it allows:
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-policy.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from orgkit.design import Organization, Problem
from orgkit.policy import patterns

_PAGES: Final = {
    "cloudtrail": "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html",
    "config": "https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-policy.html",
}
_NEEDS: Final = {
    "cloudtrail": {
        "s3:GetBucketAcl": "CloudTrail reads the bucket's ACL before it writes; without this the trail is not created",
        "s3:PutObject": "CloudTrail could not write a single log file",
    },
    "config": {
        "s3:GetBucketAcl": "Config reads the bucket's ACL first; without this its delivery channel is not created",
        "s3:ListBucket": "Config looks whether the bucket exists; without this its delivery channel is not created",
        "s3:PutObject": "Config could not write a single file",
    },
}


def log_bucket(org: Organization) -> Iterator[Problem]:
    """What the log archive's bucket policy lacks for those services that `logging:` says write to it."""
    logging = org.settings.logging
    if logging is None or logging.bucket_policy is None:
        return
    writers = [name for name, used in (("cloudtrail", logging.trail), ("config", logging.config)) if used]
    statements = json.loads(logging.bucket_policy.content).get("Statement", [])
    statements = statements if isinstance(statements, list) else [statements]
    for writer in writers:
        for action, consequence in _NEEDS[writer].items():
            if not any(_allows(statement, f"{writer}.amazonaws.com", action) for statement in statements):
                yield Problem(
                    code="log-bucket-refuses-writer",
                    severity="error",
                    where=org.where("logging.bucket_policy"),
                    message=f"the log bucket's policy does not let {writer}.amazonaws.com {action}: {consequence}",
                    fix=f"Allow {action} to the service {writer}.amazonaws.com on {_resource(logging.bucket, action)}.",
                    source=_PAGES[writer],
                )


def _allows(statement: Mapping[str, Any], service: str, action: str) -> bool:
    principal = statement.get("Principal")
    services = _several(principal.get("Service")) if isinstance(principal, dict) else _several(principal)
    actions = (pattern.lower() for pattern in _several(statement.get("Action")))
    named = any(patterns.glob(pattern)(action.lower()) for pattern in actions)
    return statement.get("Effect") == "Allow" and named and any(one in (service, "*") for one in services)


def _several(value: Any) -> list[str]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _resource(bucket: str, action: str) -> str:
    return f"arn:aws:s3:::{bucket}/*" if action == "s3:PutObject" else f"arn:aws:s3:::{bucket}"
