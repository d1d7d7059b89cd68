"""Whether the chain of central logging holds: who could stop the trail, change the archive, or leave it out.

A chain is as strong as each link: the trail covers everything, the archive keeps what it has got, and no principal of a
member account can undo either. The management account is out of every SCP's reach; few people should have a way in.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html
https://docs.aws.amazon.com/prescriptive-guidance/latest/security-reference-architecture/log-archive.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orgkit.design import Account, Organization
from orgkit.design.checks.finding import Finding, named
from orgkit.design.template import types_of
from orgkit.errors import InputError
from orgkit.guardrails.decide import decide
from orgkit.guardrails.lint.reading import Reading
from orgkit.guardrails.log_guardrail import BUCKET, OBJECTS, RECORDER, TRAIL
from orgkit.policy.catalogue import load_catalogue

_CHANNEL: Final = "https://docs.aws.amazon.com/config/latest/developerguide/manage-delivery-channel.html"
_TRAILS: Final = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html"
_RECORDERS: Final = frozenset({"AWS::Config::ConfigurationRecorder"})
_MEND: Final = "Attach an SCP to the root such as orgkit.guardrails.log_guardrail(org) writes."
_ATTACH: Final = "Attach what orgkit.guardrails.log_guardrail(org) writes"
_MOST: Final = 5


def log_chain(reading: Reading) -> Iterator[Finding]:
    """What is missing for nobody to be able to tamper with the logs: each gap with its place and its mend."""
    org = reading.org
    logging = org.settings.logging
    if logging is None:
        return
    node = named(org, logging.account, "account")
    if node is None:
        return
    archive = org.account(node)
    yield from _as_designed(org, archive)
    if not reading.sound:
        return  # of policies that cannot be read nobody can say what they stop
    yield from _archive(org, archive)
    if logging.trail is not None:
        yield from _trail(org)
    if logging.config is not None:
        yield from _recorders(reading)


def _as_designed(org: Organization, archive: Account) -> Iterator[Finding]:
    logging = org.settings.logging
    assert logging is not None
    if archive.management:
        what = "the archive is in the management account, which no guardrail protects"
        yield Finding("logging.account", what, "Give the logs a member account of their own.")
    buckets = logging.per_bucket()
    if logging.object_lock_days is None and len(buckets) == 1 and logging.config is not None:
        what = "the bucket has no object lock, as AWS Config does not deliver to one that locks by default"
        fix = f"{_ATTACH}; to lock the trail's logs, write config: {{bucket: …}}, a second bucket."
        yield Finding("logging", what, fix, _CHANNEL, "note")
    elif logging.object_lock_days is None:
        what = "the bucket has no object lock: whoever may delete objects there can delete logs"
        yield Finding("logging", what, "Write object_lock_days: 365, or as long as you must keep them.")
    if len(buckets) > 1:
        what = "Config's bucket has no object lock, as AWS Config does not deliver to one that locks by default"
        yield Finding(
            "logging.config.bucket",
            what,
            f"{_ATTACH}: no principal of a member account deletes there then.",
            _CHANNEL,
            "note",
        )
    if not logging.versioning and logging.object_lock_days is None:
        what = "the bucket keeps no versions: a log that is overwritten is gone"
        yield Finding("logging.versioning", what, "Take versioning: false out.")
    trail = logging.trail
    if trail is None:
        what = "no organization trail writes to the archive"
        yield Finding("logging", what, "Write trail: {name: …}.", _TRAILS)
        return
    if not trail.validation:
        what = "the trail's files cannot be validated: a change to them would not show"
        yield Finding("logging.trail.validation", what, "Take validation: false out.", _TRAILS)
    if not trail.multi_region:
        what = "the trail covers one region: what happens in the others is not logged"
        yield Finding("logging.trail.multi_region", what, "Take multi_region: false out.", _TRAILS)


def _archive(org: Organization, archive: Account) -> Iterator[Finding]:
    logging = org.settings.logging
    assert logging is not None
    if archive.management:
        return
    for one, called in zip(logging.per_bucket(), ("the log bucket", "Config's bucket"), strict=False):
        bucket = f"arn:{org.settings.partition}:s3:::{one.bucket}"
        asked = dict.fromkeys(BUCKET, bucket)
        if one.object_lock_days is None:
            asked |= dict.fromkeys(OBJECTS, f"{bucket}/logs")
        free = [action for action, arn in asked.items() if decide(org, archive.id, action, arn).blocked is False]
        if free:
            what = f"no guardrail keeps a principal of {archive.handle} from {', '.join(free)} on {called}"
            yield Finding(archive.id, what, _MEND)


def _trail(org: Organization) -> Iterator[Finding]:
    """Member accounts see an organization trail and cannot change it; its delegated administrators can."""
    logging, settings = org.settings.logging, org.settings
    assert logging is not None and logging.trail is not None
    arn = f"arn:{settings.partition}:cloudtrail:{settings.home_region}:111122223333:trail/{logging.trail.name}"
    for handle in settings.delegated_administrators.get("cloudtrail.amazonaws.com", ()):
        node = named(org, handle, "account")
        if node is None:
            continue
        account = org.account(node)
        free = [action for action in TRAIL if decide(org, account.id, action, arn).blocked is False]
        if free and not account.management:
            what = f"it administers CloudTrail, and no guardrail keeps its principals from {', '.join(free)}"
            yield Finding(account.id, what, _MEND, _TRAILS)
    if org.management is not None:
        what = "its principals can stop the trail, and no guardrail ever binds them"
        fix = "Keep workloads and people out of it; alert on cloudtrail:StopLogging there."
        yield Finding(org.management.id, what, fix, _TRAILS, "note")


def _recorders(reading: Reading) -> Iterator[Finding]:
    org, cells = reading.org, reading.asked.through(None).cells
    known = load_catalogue()
    bits = 0
    for action in RECORDER:
        bits |= known.expand(action)
    members = [account for account in org.accounts() if not account.management]
    open_ = [one for one in members if bits & ~(cell := cells[one.id]).blocked & ~cell.depends]
    if open_:
        what = f"no guardrail keeps principals of {_listed(org, open_)} from stopping or deleting Config's recorder"
        yield Finding("logging.config", what, _MEND)
    covered = {account.id for account in _recorded(org)}
    bare = [one for one in members if one.id not in covered]
    if bare:
        what = f"no baseline puts a Config recorder into {_listed(org, bare)}"
        fix = "Give them a baseline whose template has an AWS::Config::ConfigurationRecorder."
        yield Finding("logging.config", what, fix)


def _recorded(org: Organization) -> Iterator[Account]:
    for baseline in org.settings.baselines.values():
        try:
            if not _RECORDERS.isdisjoint(types_of(baseline)):
                for name in baseline.to:
                    yield from org.accounts(org.find(name, "root", "ou", "account"))
        except InputError:
            continue  # told where the baseline itself is looked at


def _listed(org: Organization, accounts: list[Account]) -> str:
    names = [org.path(account.id) for account in accounts[:_MOST]]
    more = len(accounts) - len(names)
    return f"{', '.join(names)} and {more} more" if more else ", ".join(names)
