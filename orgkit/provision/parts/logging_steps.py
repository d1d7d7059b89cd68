"""Steps about central logging: the archive's buckets, the trail, and what Config records; pure, from facts to facts.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/creating-trail-organization.html
https://docs.aws.amazon.com/config/latest/developerguide/aggregate-data.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from orgkit.cloud.looks import BUCKETS
from orgkit.design.sections import ConfigDelivery, Logging, Trail
from orgkit.guardrails.lint import lint
from orgkit.guardrails.log_policy import log_bucket_policy
from orgkit.provision.planning import references
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.places import Place, needs_trust, place_of, unread

PART: Final = "logging"
WHERE: Final = "logging"
LOG_BUCKET: Final = "the log bucket"
CONFIG_BUCKET: Final = "Config's bucket"
ABORT_DAYS: Final = 7
BLOCKED: Final = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
AGGREGATOR_ROLE: Final = "orgkit-config-aggregator"
CONFIG_SERVICE: Final = "config.amazonaws.com"
TRAIL_SERVICE: Final = "cloudtrail.amazonaws.com"
# What the managed policy AWSConfigRoleForOrganizations holds.
_LOOK_UP: Final = ("ListAccounts", "DescribeOrganization", "ListAWSServiceAccessForOrganization")
_LOOK_UP_ADMINS: Final = ("ListDelegatedAdministrators",)


def plan_logging(draft: Draft) -> None:
    """Make the log archive and what writes to it as designed."""
    logging = draft.design.settings.logging
    if logging is None or unread(draft, PART):
        return
    problems = lint(draft.design, {"log-bucket-refuses-writer", "log-bucket-locked"})
    draft.blocked += problems
    archive = place_of(draft, draft.design.account(logging.account), "the log archive")
    if archive is None or problems:
        return
    facts: Mapping[str, Any] = draft.live.surroundings.get(PART, {})
    written: list[str] = []
    for which, one, called in zip(BUCKETS, logging.per_bucket(), (LOG_BUCKET, CONFIG_BUCKET), strict=False):
        written += _bucket(draft, one, archive, facts.get(which), called)
    if logging.trail is not None and needs_trust(draft, TRAIL_SERVICE, "an organization trail", WHERE):
        _trail(draft, logging, logging.trail, facts.get("trail"), written)
    if logging.config is not None and needs_trust(draft, CONFIG_SERVICE, "an organization aggregator", WHERE):
        _config(draft, logging, logging.config, facts, written)


# ---- the bucket ----------------------------------------------------------------------------------


def _bucket(draft: Draft, logging: Logging, archive: Place, now: Mapping[str, Any] | None, called: str) -> list[str]:
    """Returns the steps that whoever writes to the bucket waits for."""
    facts = now or {}
    created: list[str] = []
    where = {"Bucket": logging.bucket, "Region": draft.design.settings.home_region}
    if now is None:
        lock = {"ObjectLockEnabledForBucket": True} if logging.object_lock_days else {}
        created.append(
            draft.add(
                "create_log_bucket",
                logging.bucket,
                f"create {called} {logging.bucket} in {archive.name}",
                place=archive.name,
                why="with object lock from its first day" if lock else "",
                parameters={**where, **lock},
                account=archive.account,
                after=archive.after,
            )
        )
    steps = list(created)
    for kind, text, why, parameters in _settings(draft, logging, facts):
        steps.append(
            draft.add(
                kind,
                logging.bucket,
                f"{text} of {called}",
                place=archive.name,
                why=why,
                parameters={**where, **parameters},
                account=archive.account,
                after=[*archive.after, *steps],
            )
        )
    return steps


def _settings(draft: Draft, logging: Logging, now: Mapping[str, Any]) -> list[tuple[str, str, str, dict[str, Any]]]:
    """Each setting of the bucket that differs: the kind of its step, what it sets, why, and the call's parameters."""
    found: list[tuple[str, str, str, dict[str, Any]]] = []
    if (logging.versioning or logging.object_lock_days) and not now.get("versioning"):
        status = {"VersioningConfiguration": {"Status": "Enabled"}}
        found.append(("set_bucket_versioning", "switch on the versioning", "what is overwritten stays", status))
    days = logging.object_lock_days
    if days and (now.get("object_lock_days"), now.get("object_lock_mode")) != (days, "COMPLIANCE"):
        rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": days}}
        lock = {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", "Rule": rule}}
        why = "in this mode not even a root user can delete an object before, or shorten the time"
        found.append(
            ("set_bucket_object_lock", f"lock the objects for {days} days, by default, in compliance mode", why, lock)
        )
    if not now.get("encryption"):
        rules = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]
        encryption = {"ServerSideEncryptionConfiguration": {"Rules": rules}}
        found.append(("set_bucket_encryption", "set the default encryption", "", encryption))
    if now.get("ownership") != ["BucketOwnerEnforced"]:
        owner = {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}
        found.append(("set_bucket_ownership", "switch off the ACLs", "the archive owns every object", owner))
    if now.get("public_access_block") != BLOCKED:
        block = {"PublicAccessBlockConfiguration": BLOCKED}
        found.append(("set_bucket_public_access_block", "block the public access", "", block))
    wanted = _lifecycle(logging)
    if wanted and _rules(now.get("lifecycle", ())) != _rules(wanted):
        why = f"logs go after {logging.retention_days} days"
        rules_ = {"LifecycleConfiguration": {"Rules": wanted}}
        found.append(("set_bucket_lifecycle", "set the lifecycle", why, rules_))
    elif not wanted and now.get("lifecycle"):
        draft.hold(
            "logs-expire",
            WHERE,
            "the log bucket has lifecycle rules that the design does not mention: they may delete logs",
            "Write retention_days, or take the rules away.",
            severity="warning",
        )
    if logging.config is not None and now.get("object_lock_days"):
        draft.hold(
            "log-bucket-locked",
            WHERE,
            f"the bucket {now['name']} locks its objects by default, and AWS Config does not deliver to such a bucket",
            "Take its default retention away in S3, or write config: {bucket: …} with another name.",
            severity="warning",
        )
    written = log_bucket_policy(draft.design, logging)
    policy = json.loads(logging.bucket_policy.content) if logging.bucket_policy else written
    bound = json.loads(references.bind_known(json.dumps(policy), draft.ids))
    if now.get("policy") is None or _plain(now["policy"]) != _plain(bound):
        text = json.dumps(policy, separators=(",", ":"), ensure_ascii=False)
        writer = "this trail" if logging.trail else "Config"
        why = "" if logging.bucket_policy else f"written for {writer} and this organization, as the design gives none"
        found.append(("set_bucket_policy", "set the policy", why, {"Policy": text}))
    return found


def _lifecycle(logging: Logging) -> list[dict[str, Any]]:
    if logging.retention_days is None:
        return []
    return [
        {
            "ID": "retention",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "Expiration": {"Days": logging.retention_days},
            "NoncurrentVersionExpiration": {"NoncurrentDays": max(1, logging.object_lock_days or 1)},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": ABORT_DAYS},
        }
    ]


def _rules(rules: Any) -> list[Any]:
    return [{key: value for key, value in rule.items() if key != "Filter"} for rule in rules]


def _plain(value: Any) -> Any:
    """A policy with what AWS writes in its own way told alike: one value or a list of it, and the order of a list."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        inner = sorted((_plain(one) for one in value), key=lambda one: json.dumps(one, sort_keys=True))
        return inner[0] if len(inner) == 1 else inner
    return value


# ---- the trail -----------------------------------------------------------------------------------


def _trail(draft: Draft, logging: Logging, trail: Trail, now: Mapping[str, Any] | None, written: list[str]) -> None:
    region = draft.design.settings.home_region
    after = [*written, f"enable_trusted_access:{TRAIL_SERVICE}"]
    parameters: dict[str, Any] = {
        "Name": trail.name,
        "Region": region,
        "S3BucketName": logging.bucket,
        "S3KeyPrefix": trail.prefix,  # "" takes one away
        "IsOrganizationTrail": True,
        "IsMultiRegionTrail": trail.multi_region,
        "EnableLogFileValidation": trail.validation,
        "IncludeGlobalServiceEvents": True,
    }
    wanted = {
        "bucket": references.bind_known(logging.bucket, draft.ids),
        "prefix": trail.prefix,
        "organization": True,
        "multi_region": trail.multi_region,
        "validation": trail.validation,
    }
    made: list[str] = []
    if now is None:
        if not trail.prefix:
            del parameters["S3KeyPrefix"]
        text = f"create the organization trail {trail.name}"
        made.append(draft.add("create_trail", trail.name, text, place="management", parameters=parameters, after=after))
    elif different := [key for key, value in wanted.items() if now.get(key) != value]:
        text = f"change the {', '.join(different).replace('_', '-')} of the trail {trail.name}"
        made.append(draft.add("update_trail", trail.name, text, place="management", parameters=parameters, after=after))
    if now is None or not now.get("logging"):
        draft.add(
            "start_trail",
            trail.name,
            f"start the trail {trail.name}",
            place="management",
            why="it is stopped" if now is not None else "",
            parameters={"Name": trail.name, "Region": region},
            after=made,
        )


# ---- config --------------------------------------------------------------------------------------


def _config(
    draft: Draft, logging: Logging, config: ConfigDelivery, facts: Mapping[str, Any], written: list[str]
) -> None:
    after = [*written, f"enable_trusted_access:{CONFIG_SERVICE}"]
    _recorder(draft, logging, config, facts.get("recorder"), after)
    if config.aggregator is not None:
        _aggregator(draft, config.aggregator, facts.get("aggregator"), after)


def _recorder(
    draft: Draft, logging: Logging, config: ConfigDelivery, now: Mapping[str, Any] | None, after: list[str]
) -> None:
    """The management account records like the others, whom baselines reach; no stack set of the service reaches it."""
    management = draft.design.management
    if management is None:
        return
    region, partition = draft.design.settings.home_region, draft.design.settings.partition
    facts = now or {}
    name = facts.get("name", "default")
    steps = list(after)
    if now is None:
        steps.append(
            draft.add(
                "create_service_linked_role",
                CONFIG_SERVICE,
                "create the service-linked role of Config in the management account",
                place="management",
                parameters={"AWSServiceName": CONFIG_SERVICE},
                after=after,
            )
        )
    path = f"aws-service-role/{CONFIG_SERVICE}/AWSServiceRoleForConfig"
    role = f"arn:{partition}:iam::{draft.ref(management.id)}:role/{path}"
    changed: list[str] = []
    if not facts.get("everything"):
        group = {"allSupported": True, "includeGlobalResourceTypes": True}
        recorder = {"name": name, "roleARN": role, "recordingGroup": group}
        text = "have Config record everything in the management account"
        parameters = {"Region": region, "ConfigurationRecorder": recorder}
        changed.append(
            draft.add("put_config_recorder", "management", text, place="management", parameters=parameters, after=steps)
        )
    delivers_to = logging.per_bucket()[-1].bucket
    bucket = references.bind_known(delivers_to, draft.ids)
    if (facts.get("bucket"), facts.get("prefix")) != (bucket, config.prefix):
        channel = {
            "name": facts.get("channel") or "default",
            "s3BucketName": delivers_to,
            **({"s3KeyPrefix": config.prefix} if config.prefix else {}),
        }
        text = f"have Config deliver to {LOG_BUCKET if delivers_to == logging.bucket else 'its own bucket'}"
        parameters = {"Region": region, "DeliveryChannel": channel}
        changed.append(
            draft.add(
                "put_delivery_channel",
                "management",
                text,
                place="management",
                parameters=parameters,
                after=[*steps, *changed],
            )
        )
    if not facts.get("recording"):
        draft.add(
            "start_config_recorder",
            "management",
            "start Config's recorder in the management account",
            place="management",
            parameters={"Region": region, "ConfigurationRecorderName": name},
            after=[*steps, *changed],
        )


def _aggregator(draft: Draft, name: str, now: Mapping[str, Any] | None, after: list[str]) -> None:
    management = draft.design.management
    if management is None or (now is not None and now.get("organization") and now.get("all_regions")):
        return
    partition = draft.design.settings.partition
    arn = (now or {}).get("role")
    made: list[str] = []
    if arn is None:
        arn = f"arn:{partition}:iam::{draft.ref(management.id)}:role/{AGGREGATOR_ROLE}"
        made.append(_aggregator_role(draft, partition, after))
    draft.add(
        "put_config_aggregator",
        name,
        f"gather what Config records in the organization in {name}",
        place="management",
        why="it does not cover every account and region" if now is not None else "",
        parameters={
            "Region": draft.design.settings.home_region,
            "ConfigurationAggregatorName": name,
            "OrganizationAggregationSource": {"RoleArn": arn, "AllAwsRegions": True},
        },
        after=[*after, *made],
    )


def _aggregator_role(draft: Draft, partition: str, after: list[str]) -> str:
    actions = [f"organizations:{operation}" for operation in (*_LOOK_UP, *_LOOK_UP_ADMINS)]
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": CONFIG_SERVICE}, "Action": "sts:AssumeRole"}],
    }
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    return draft.add(
        "create_service_role",
        AGGREGATOR_ROLE,
        f"create the role {AGGREGATOR_ROLE}, by which Config looks the organization's accounts up",
        place="management",
        parameters={
            "RoleName": AGGREGATOR_ROLE,
            "Description": "Lets AWS Config look up the accounts of the organization",
            "AssumeRolePolicyDocument": json.dumps(trust),
            "Policy": {"PolicyName": "look-up-accounts", "PolicyDocument": json.dumps(allowed)},
        },
        after=after,
    )
