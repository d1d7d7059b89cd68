"""Whether the chain of central logging holds: who could stop the trail, change the archive, or leave it out.

A chain is as strong as each link: the trail covers everything, the archive keeps what it has got, and no principal of a
member account can undo either. The management account is out of every SCP's reach; few people should have a way in.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html
https://docs.aws.amazon.com/prescriptive-guidance/latest/security-reference-architecture/log-archive.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from orgkit.design import Account, Organization, Problem, Severity
from orgkit.design.entities import ACCESS_ROLE
from orgkit.design.template import read_template
from orgkit.errors import InputError
from orgkit.guardrails.decide import decide
from orgkit.guardrails.survey import Shared, Survey
from orgkit.policy.catalogue import load_catalogue

_TRAIL: Final = ("cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "cloudtrail:UpdateTrail")
_RECORDER: Final = (
    "config:StopConfigurationRecorder",
    "config:DeleteConfigurationRecorder",
    "config:DeleteDeliveryChannel",
)
_BUCKET: Final = (
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketPolicy",
    "s3:PutLifecycleConfiguration",
    "s3:PutBucketVersioning",
)
_OBJECTS: Final = ("s3:DeleteObject", "s3:DeleteObjectVersion")
_GUIDE: Final = (
    "https://docs.aws.amazon.com/prescriptive-guidance/latest/security-reference-architecture/log-archive.html"
)
_TRAILS: Final = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html"
_RECORDERS: Final = frozenset({"AWS::Config::ConfigurationRecorder"})
_MEND: Final = "Attach an SCP to the root such as orgkit.guardrails.log_guardrail(org) writes."
_MOST: Final = 5


def log_chain(org: Organization) -> Iterator[Problem]:
    """What is missing for nobody to be able to tamper with the logs: each gap with its place and its mend."""
    logging = org.settings.logging
    if logging is None:
        return
    try:
        archive = org.account(logging.account)
    except InputError:
        return  # the design's own checks say so
    yield from _as_designed(org, archive)
    yield from _archive(org, archive)
    if logging.trail is not None:
        yield from _trail(org)
    if logging.config is not None:
        yield from _recorders(org)


def log_guardrail(org: Organization) -> dict[str, Any]:
    """A service control policy that closes the chain; the access role alone keeps what plans need.

    It names the bucket with references, which a plan binds. Attach it to the root.
    """
    logging, partition = org.settings.logging, org.settings.partition
    if logging is None:
        raise InputError("the design has no logging section", mend="Write logging: first.")
    bucket = f"arn:{partition}:s3:::{logging.bucket}"
    but = {"ArnNotLike": {"aws:PrincipalArn": f"arn:{partition}:iam::*:role/{ACCESS_ROLE}"}}
    statements = [_deny("ProtectLogBucket", _BUCKET, bucket, but), _deny("ProtectLogs", _OBJECTS, f"{bucket}/*", {})]
    if logging.trail is not None:
        trail = f"arn:{partition}:cloudtrail:*:*:trail/{logging.trail.name}"
        statements.append(_deny("ProtectTrail", _TRAIL, trail, but))
    if logging.config is not None:
        statements.append(_deny("ProtectRecorders", _RECORDER, "*", but))
    return {"Version": "2012-10-17", "Statement": statements}


def _deny(sid: str, actions: tuple[str, ...], resource: str, condition: dict[str, Any]) -> dict[str, Any]:
    statement = {"Sid": sid, "Effect": "Deny", "Action": list(actions), "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def _gap(org: Organization, place: str, message: str, fix: str, source: str, severity: Severity = "warning") -> Problem:
    where = org.where(place) if place.startswith("logging") else place
    return Problem(code="log-chain", severity=severity, where=where, message=message, fix=fix, source=source)


def _as_designed(org: Organization, archive: Account) -> Iterator[Problem]:
    logging = org.settings.logging
    assert logging is not None
    if archive.management:
        what = "the archive is in the management account, which no guardrail protects"
        yield _gap(org, "logging.account", what, "Give the logs a member account of their own.", _GUIDE)
    if logging.object_lock_days is None:
        what = "the bucket has no object lock: whoever may delete objects there can delete logs"
        yield _gap(org, "logging", what, "Write object_lock_days: 365, or as long as you must keep them.", _GUIDE)
    if not logging.versioning and logging.object_lock_days is None:
        what = "the bucket keeps no versions: a log that is overwritten is gone"
        yield _gap(org, "logging.versioning", what, "Take versioning: false out.", _GUIDE)
    trail = logging.trail
    if trail is None:
        what = "no organization trail writes to the archive"
        yield _gap(org, "logging", what, "Write trail: {name: …}.", _TRAILS)
        return
    if not trail.validation:
        what = "the trail's files cannot be validated: a change to them would not show"
        yield _gap(org, "logging.trail.validation", what, "Take validation: false out.", _TRAILS)
    if not trail.multi_region:
        what = "the trail covers one region: what happens in the others is not logged"
        yield _gap(org, "logging.trail.multi_region", what, "Take multi_region: false out.", _TRAILS)


def _archive(org: Organization, archive: Account) -> Iterator[Problem]:
    logging = org.settings.logging
    assert logging is not None
    if archive.management:
        return
    bucket = f"arn:{org.settings.partition}:s3:::{logging.bucket}"
    asked = dict.fromkeys(_BUCKET, bucket)
    if logging.object_lock_days is None:
        asked |= dict.fromkeys(_OBJECTS, f"{bucket}/logs")
    free = [action for action, resource in asked.items() if decide(org, archive.id, action, resource).blocked is False]
    if free:
        what = f"no guardrail keeps a principal of {archive.handle} from {', '.join(free)} on the log bucket"
        yield _gap(org, org.path(archive.id), what, _MEND, _GUIDE)


def _trail(org: Organization) -> Iterator[Problem]:
    """Member accounts see an organization trail and cannot change it; its delegated administrators can."""
    logging, settings = org.settings.logging, org.settings
    assert logging is not None and logging.trail is not None
    arn = f"arn:{settings.partition}:cloudtrail:{settings.home_region}:111122223333:trail/{logging.trail.name}"
    for handle in settings.delegated_administrators.get("cloudtrail.amazonaws.com", ()):
        account = org.account(handle)
        free = [action for action in _TRAIL if decide(org, account.id, action, arn).blocked is False]
        if free and not account.management:
            what = f"it administers CloudTrail, and no guardrail keeps its principals from {', '.join(free)}"
            yield _gap(org, org.path(account.id), what, _MEND, _TRAILS)
    if org.management is not None:
        what = "its principals can stop the trail, and no guardrail ever binds them"
        fix = "Keep workloads and people out of it; alert on cloudtrail:StopLogging there."
        yield _gap(org, org.path(org.management.id), what, fix, _TRAILS, "note")


def _recorders(org: Organization) -> Iterator[Problem]:
    survey = Survey(org, None, Shared())
    known = load_catalogue()
    bits = 0
    for action in _RECORDER:
        bits |= known.expand(action)
    members = [account for account in org.accounts() if not account.management]
    open_ = [one for one in members if bits & ~(cell := survey.cell(one)).blocked & ~cell.depends]
    if open_:
        what = f"no guardrail keeps principals of {_listed(org, open_)} from stopping or deleting Config's recorder"
        yield _gap(org, "logging.config", what, _MEND, _GUIDE)
    covered = {account.id for account in _recorded(org)}
    bare = [one for one in members if one.id not in covered]
    if bare:
        what = f"no baseline puts a Config recorder into {_listed(org, bare)}"
        fix = "Give them a baseline whose template has an AWS::Config::ConfigurationRecorder."
        yield _gap(org, "logging.config", what, fix, _GUIDE)


def _recorded(org: Organization) -> Iterator[Account]:
    for baseline in org.settings.baselines.values():
        text = getattr(baseline.template, "content", None)
        try:
            if text and not _RECORDERS.isdisjoint(read_template(text).types):
                for name in baseline.to:
                    yield from org.accounts(org.find(name, "root", "ou", "account"))
        except InputError:
            continue  # told where the baseline itself is looked at


def _listed(org: Organization, accounts: list[Account]) -> str:
    names = [org.path(account.id) for account in accounts[:_MOST]]
    more = len(accounts) - len(names)
    return f"{', '.join(names)} and {more} more" if more else ", ".join(names)
