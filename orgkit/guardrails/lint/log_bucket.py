"""Whether the services that write to the log archive can: what CloudTrail and Config ask of a bucket policy.

A trail or delivery channel cannot be created where the bucket's policy lacks these, whatever else it allows:
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-policy.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orgkit.design import Organization
from orgkit.design.checks.finding import Finding
from orgkit.design.template import types_of
from orgkit.errors import OrgkitError
from orgkit.guardrails.inheritance import bound
from orgkit.guardrails.lint.reading import Reading
from orgkit.guardrails.log_policy import logs_in, trail_arn
from orgkit.policy import Compiled, patterns

_PAGES: Final = {
    "cloudtrail": "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html",
    "config": "https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-policy.html",
}
_CHANNEL: Final = "AWS::Config::DeliveryChannel"
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
# Stand-ins for what AWS gives later, in the form that AWS gives it; a design that was read knows better.
_ORGANIZATION: Final = "o-exampleorgid"
_ACCOUNT: Final = "111122223333"
_REFERENCE: Final = re.compile(r"\{\{([^{}]+)\}\}")
# Conditions that keep other organizations from having the service write here on their behalf.
_OWNERS: Final = frozenset({"aws:sourceorgid", "aws:sourceorgpaths", "aws:sourcearn", "aws:sourceaccount"})


@dataclass(frozen=True, slots=True)
class _Call:
    """A call that a service makes on the bucket."""

    service: str
    action: str
    resource: str
    context: Mapping[str, str]


def refuses_writer(reading: Reading) -> Iterator[Finding]:
    """What the log archive's bucket policy lacks for those services that `logging:` says write to it."""
    org = reading.org
    document = _document(org)
    if document is None:
        return
    for call in _calls(org):
        why = _refusal(document, call)
        if why is not None:
            yield Finding(
                "logging.bucket_policy",
                f"the log bucket's policy does not let {call.service}.amazonaws.com {call.action}{why}: "
                f"{_NEEDS[call.service][call.action]}",
                f"Allow {call.action} to the service {call.service}.amazonaws.com on "
                f"{_place(org, call.service, call.action)}, or take bucket_policy out: a right one is written then.",
                _PAGES[call.service],
            )


def locked(reading: Reading) -> Iterator[Finding]:
    """A bucket that locks objects by default, which Config does not deliver to."""
    org, logging = reading.org, reading.org.settings.logging
    if logging is None or logging.config is None or logging.object_lock_days is None:
        return
    if len(logging.per_bucket()) == 1:
        yield Finding(
            "logging.object_lock_days",
            "the log bucket locks its objects by default, and AWS Config does not deliver to such a bucket",
            "Write config: {bucket: …}, the name of a second bucket, or take object_lock_days out.",
        )
        return
    for baseline in org.settings.baselines.values():
        given = [key for key, value in baseline.parameters.items() if value == logging.bucket]
        if given and _CHANNEL in types_of(baseline):
            yield Finding(
                f"baselines.{baseline.name}",
                f"its {', '.join(given)} has AWS Config deliver to the log bucket, which locks its objects by default: "
                "Config does not deliver to such a bucket",
                f"Write {given[0]}: {json.dumps(logging.config.bucket)}, as in logging.config.",
            )


def open_to_others(reading: Reading) -> Iterator[Finding]:
    """A statement that lets a service write on behalf of whoever asks it to."""
    document = _document(reading.org)
    if document is None:
        return
    for one in _statements(document):
        services = [name for name in _NEEDS if _concerns(one, f"{name}.amazonaws.com")]
        keys = {key.lower() for block in (one.get("Condition") or {}).values() for key in block}
        if one.get("Effect") == "Allow" and services and _names(one, "s3:PutObject") and not keys & _OWNERS:
            yield Finding(
                "logging.bucket_policy",
                f"statement {one.get('Sid', 'without a Sid')} lets {' and '.join(services)} write here "
                "on behalf of any AWS account in the world",
                'Add a condition: {"StringEquals": {"aws:SourceOrgID": "{{organization.id}}"}}.',
            )


def _document(org: Organization) -> Mapping[str, Any] | None:
    """The bucket's policy, where the design writes one, as AWS will see it."""
    logging = org.settings.logging
    if logging is None or logging.bucket_policy is None:
        return None
    found: Mapping[str, Any] = json.loads(_stood_in(org, logging.bucket_policy.content))
    return found


def _place(org: Organization, service: str, action: str) -> str:
    """Where a service needs an action, with references."""
    logging, partition = org.settings.logging, org.settings.partition
    assert logging is not None
    bucket = f"arn:{partition}:s3:::{logging.bucket}"
    if action != "s3:PutObject":
        return bucket
    if service == "cloudtrail":
        prefix = logging.trail.prefix if logging.trail else ""
        return f"{logs_in(bucket, prefix)}/{{{{organization.id}}}}/*"
    return f"{logs_in(bucket, logging.config.prefix if logging.config else '')}/*/Config/*"


def _calls(org: Organization) -> Iterator[_Call]:
    assert org.settings.logging is not None
    logging = org.settings.logging.per_bucket()[0]
    account = (org.management.aws_id if org.management else None) or _ACCOUNT
    for service, used in (("cloudtrail", logging.trail), ("config", logging.config)):
        if used is None:
            continue
        context = {
            "aws:SourceOrgID": org.settings.organization_id or _ORGANIZATION,
            "aws:SourceAccount": account,
            "aws:SecureTransport": "true",
            "aws:SourceArn": _stood_in(org, trail_arn(org))
            if service == "cloudtrail"
            else f"arn:{org.settings.partition}:config:{org.settings.home_region}:{account}:*",
        }
        for action in _NEEDS[service]:
            resource = _stood_in(org, _place(org, service, action)).replace("*", account)
            writing = {"s3:x-amz-acl": "bucket-owner-full-control"} if action == "s3:PutObject" else {}
            yield _Call(service, action, resource, context | writing)


def _refusal(document: Mapping[str, Any], call: _Call) -> str | None:
    """Why a call does not get through, in words that follow the call; None where it does."""
    mine = [_without_principal(one) for one in _statements(document) if _concerns(one, f"{call.service}.amazonaws.com")]
    naming = [one for one in mine if one.get("Effect") == "Allow" and _names(one, call.action)]
    if not naming:
        return ""
    request = {"action": call.action, "resource": call.resource, "context": dict(call.context)}
    try:
        decision = Compiled([[{"Version": document.get("Version", "2012-10-17"), "Statement": mine}]]).evaluate(request)
    except OrgkitError as error:
        return f" ({error.what})"
    if decision.blocked is False:
        return None
    if decision.outcome == "explicitDeny":
        return f" on {call.resource}: a Deny of the policy is about it"
    anywhere = [{key: value for key, value in one.items() if key != "Condition"} for one in naming]
    reaches = Compiled([[{"Version": "2012-10-17", "Statement": anywhere}]]).evaluate(request).blocked is False
    return (
        " under a condition that its calls do not meet"
        if reaches
        else f" on {call.resource}, where it writes: prefix, AWSLogs, and the id"
    )


def _statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = document.get("Statement", [])
    return found if isinstance(found, list) else [found]


def _concerns(statement: Mapping[str, Any], service: str) -> bool:
    principal = statement.get("Principal")
    named = _several(principal.get("Service")) if isinstance(principal, dict) else _several(principal)
    everybody = isinstance(principal, dict) and "*" in _several(principal.get("AWS"))
    return everybody or any(one in (service, "*") for one in named)


def _names(statement: Mapping[str, Any], action: str) -> bool:
    return any(patterns.glob(pattern.lower())(action.lower()) for pattern in _several(statement.get("Action")))


def _without_principal(statement: Mapping[str, Any]) -> dict[str, Any]:
    """The statement as an identity-based policy has it, which the engine reads."""
    return {key: value for key, value in statement.items() if key not in ("Principal", "NotPrincipal", "Sid")}


def _stood_in(org: Organization, text: str) -> str:
    """The text with an id for every reference: the one that is known, else a stand-in."""
    stand_in = {"organization.id": _ORGANIZATION}
    return _REFERENCE.sub(lambda found: stand_in.get(found[1].strip(), _ACCOUNT), bound(org, text))


def _several(value: Any) -> list[str]:
    return [] if value is None else value if isinstance(value, list) else [value]
