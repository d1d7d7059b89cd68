"""Reading central logging: the archive's bucket, the organization trail, and what Config records and gathers.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrail.html
https://docs.aws.amazon.com/config/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from orgkit.cloud.looking import Looking
from orgkit.cloud.looks import BUCKETS

_GONE = frozenset({"404", "NoSuchBucket", "NotFound"})


def read_logging(looking: Looking, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of `bucket`, `config_bucket`, `trail`, `aggregator` and `recorder`; None for what is not there."""
    archive = looking.account(wanted["account"])
    region = wanted["region"]
    found: dict[str, Any] = {}
    for which in BUCKETS:
        if which in wanted:
            name = _bound(looking, wanted[which], wanted["accounts"])
            found[which] = None if archive is None else _bucket(looking, archive, region, name)
    if "trail" in wanted:
        found["trail"] = _trail(looking, region, wanted["trail"])
    if "aggregator" in wanted:
        found["aggregator"] = _aggregator(looking, region, wanted["aggregator"])
    if "recorder" in wanted:
        found["recorder"] = _recorder(looking, region)
    return found


def _bound(looking: Looking, name: str, accounts: Mapping[str, str]) -> str:
    ids = {f"account.{handle}.id": looking.account(who) for handle, who in accounts.items()}
    ids["organization.id"] = looking.live.settings.organization_id
    ids["management.id"] = looking.account("management")
    for key, value in ids.items():
        name = name.replace("{{" + key + "}}", value or "")
    return name


def _bucket(looking: Looking, account: str, region: str, name: str) -> dict[str, Any] | None:
    s3 = looking.client("s3", account, region)
    if looking.ask(s3, "head_bucket", absent=_GONE, Bucket=name) is None:
        return None

    def ask(method: str, *absent: str) -> dict[str, Any]:
        return looking.ask(s3, method, absent=absent, Bucket=name) or {}

    lock = ask("get_object_lock_configuration", "ObjectLockConfigurationNotFoundError").get("ObjectLockConfiguration")
    encryption = ask("get_bucket_encryption", "ServerSideEncryptionConfigurationNotFoundError")
    rules = encryption.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    policy = ask("get_bucket_policy", "NoSuchBucketPolicy").get("Policy")
    return {
        "name": name,
        "versioning": ask("get_bucket_versioning").get("Status") == "Enabled",
        "object_lock": lock is not None,
        "object_lock_days": _days(((lock or {}).get("Rule") or {}).get("DefaultRetention", {})),
        "object_lock_mode": ((lock or {}).get("Rule") or {}).get("DefaultRetention", {}).get("Mode"),
        "encryption": [rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] for rule in rules],
        "public_access_block": ask("get_public_access_block", "NoSuchPublicAccessBlockConfiguration").get(
            "PublicAccessBlockConfiguration", {}
        ),
        "ownership": [
            rule["ObjectOwnership"]
            for rule in ask("get_bucket_ownership_controls", "OwnershipControlsNotFoundError")
            .get("OwnershipControls", {})
            .get("Rules", [])
        ],
        "lifecycle": [
            {key: value for key, value in rule.items() if key in ("ID", "Status", "Expiration", *_OLDER)}
            for rule in ask("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration").get("Rules", [])
        ],
        "policy": None if policy is None else json.loads(policy),
    }


def _days(retention: Mapping[str, Any]) -> int | None:
    """A default retention is in days, or in years, which S3 counts as 365 of them."""
    years = retention.get("Years")
    return int(years) * 365 if years else retention.get("Days")


_OLDER = ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload")


def _trail(looking: Looking, region: str, name: str) -> dict[str, Any] | None:
    client = looking.client("cloudtrail", None, region)
    reply = looking.ask(client, "get_trail", absent=("TrailNotFoundException",), Name=name)
    if reply is None:
        return None
    trail = reply["Trail"]
    status = looking.ask(client, "get_trail_status", Name=trail.get("TrailARN", name)) or {}
    return {
        "bucket": trail.get("S3BucketName"),
        "prefix": trail.get("S3KeyPrefix") or "",
        "organization": bool(trail.get("IsOrganizationTrail")),
        "multi_region": bool(trail.get("IsMultiRegionTrail")),
        "validation": bool(trail.get("LogFileValidationEnabled")),
        "logging": bool(status.get("IsLogging")),
    }


def _aggregator(looking: Looking, region: str, name: str) -> dict[str, Any] | None:
    client = looking.client("config", None, region)
    reply = looking.ask(
        client,
        "describe_configuration_aggregators",
        absent=("NoSuchConfigurationAggregatorException",),
        ConfigurationAggregatorNames=[name],
    )
    if reply is None or not reply["ConfigurationAggregators"]:
        return None
    source = reply["ConfigurationAggregators"][0].get("OrganizationAggregationSource") or {}
    return {
        "organization": bool(source),
        "all_regions": bool(source.get("AllAwsRegions")),
        "role": source.get("RoleArn"),
    }


def _recorder(looking: Looking, region: str) -> dict[str, Any] | None:
    """The recorder of the management account, which no stack set of the service reaches."""
    client = looking.client("config", None, region)
    recorders = (looking.ask(client, "describe_configuration_recorders") or {}).get("ConfigurationRecorders", [])
    if not recorders:
        return None
    channels = (looking.ask(client, "describe_delivery_channels") or {}).get("DeliveryChannels", [])
    statuses = (looking.ask(client, "describe_configuration_recorder_status") or {}).get(
        "ConfigurationRecordersStatus", []
    )
    group = recorders[0].get("recordingGroup", {})
    return {
        "name": recorders[0]["name"],
        "everything": bool(group.get("allSupported")) and bool(group.get("includeGlobalResourceTypes")),
        "channel": channels[0]["name"] if channels else None,
        "bucket": channels[0].get("s3BucketName") if channels else None,
        "prefix": (channels[0].get("s3KeyPrefix") or "") if channels else None,
        "recording": any(status.get("recording") for status in statuses),
    }
