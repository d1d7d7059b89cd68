"""Carrying out what central logging needs more than one call for: the bucket, and the aggregator's role.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
https://docs.aws.amazon.com/config/latest/developerguide/aggregated-create.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from orgkit.errors import CloudError
from orgkit.provision.execution.calls import Calls

# The one region whose name S3 does not take as a location.
_NO_LOCATION: Final = "us-east-1"


def create_log_bucket(calls: Calls, parameters: dict[str, Any]) -> tuple[str, ...]:
    """Make the bucket, with object lock from the beginning where it is asked for."""
    region = parameters.pop("Region")
    if region != _NO_LOCATION:
        parameters["CreateBucketConfiguration"] = {"LocationConstraint": region}
    reply = calls.settle(
        "CreateBucket",
        parameters,
        service="s3",
        region=region,
        done=("BucketAlreadyOwnedByYou", "BucketAlreadyExists"),
        again=("OperationAborted",),
    )
    if reply is None and not _mine(calls, parameters["Bucket"], region):
        raise CloudError(
            f"the name {parameters['Bucket']} is taken by somebody else: bucket names are shared by all of AWS",
            mend="Choose another name for it under logging:.",
        )
    return ()


def _mine(calls: Calls, bucket: str, region: str) -> bool:
    absent = ("403", "404", "AccessDenied", "Forbidden", "NoSuchBucket")
    return calls.settle("HeadBucket", {"Bucket": bucket}, service="s3", region=region, done=absent) is not None


def create_role(calls: Calls, parameters: dict[str, Any]) -> tuple[str, ...]:
    """Make a role that a service assumes, with one inline policy."""
    policy = {"RoleName": parameters["RoleName"], **parameters.pop("Policy")}
    calls.settle("CreateRole", parameters, service="iam", done=("EntityAlreadyExists", "EntityAlreadyExistsException"))
    calls.settle("PutRolePolicy", policy, service="iam")
    return ()


EXECUTORS: Final[Mapping[str, Any]] = MappingProxyType(
    {"create_log_bucket": create_log_bucket, "create_service_role": create_role}
)
