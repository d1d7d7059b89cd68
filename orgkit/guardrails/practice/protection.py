"""Recommendations about what nobody in a member account should be able to do."""

from __future__ import annotations

from collections.abc import Iterator

from orgkit.design.checks.finding import Finding
from orgkit.guardrails.practice.view import View

# Things that a root user has no need to do, and that a region guard has to stop.
_ORDINARY = ("s3:CreateBucket", "iam:CreateAccessKey", "sqs:CreateQueue")
_REGIONAL = ("sqs:CreateQueue", "dynamodb:CreateTable", "lambda:CreateFunction")
# One of these is in use by nobody who does not say so.
_FAR = ("eu-south-2", "ap-southeast-4", "ca-west-1")


def leaving_allowed(view: View) -> Iterator[Finding]:
    """An account that leaves has no guardrails any more."""
    if view.guarded and (free := view.open("organizations:LeaveOrganization")):
        yield Finding(
            view.org.root.id,
            f"{view.listed(free)} can leave the organization, and its guardrails with it",
            "Deny organizations:LeaveOrganization at the root.",
        )


def root_user_free(view: View) -> Iterator[Finding]:
    """Root users cannot be bound by IAM, only by service control policies, or be left without credentials."""
    security = view.org.settings.security
    central = security.central_root_access if security is not None else None
    if not view.guarded or (central is not None and central.remove_credentials):
        return
    root = view.through("root", view.org.settings.home_region)
    free = view.open(_ORDINARY[0], root)
    for action in _ORDINARY[1:]:
        free = view.open(action, root, free)
    if free:
        yield Finding(
            view.org.root.id,
            f"nothing binds the root user of {view.listed(free)}",
            'Deny everything where aws:PrincipalArn is like "arn:aws:iam::*:root" at the root, or have the credentials '
            "of root users removed: security.central_root_access.",
        )


def no_region_guard(view: View) -> Iterator[Finding]:
    """What nobody builds in, nobody watches."""
    regions = view.org.settings.regions
    if not view.guarded or not regions:
        return
    far = next(region for region in (*_FAR, "sa-east-1") if region not in regions)
    survey = view.through("role/application", far)
    free = view.working
    for action in _REGIONAL:
        free = view.open(action, survey, free)
    if free:
        yield Finding(
            view.org.root.id,
            f"{view.listed(free)} can build outside of {', '.join(regions)}, such as in {far}",
            "Deny actions where aws:RequestedRegion is another one, with the global services exempt.",
        )


def nothing_everywhere(view: View) -> Iterator[Finding]:
    """A new account lives in the root until it is moved: only the root's policies hold there."""
    if view.guarded and not view.has_guardrail(view.org.root.id):
        yield Finding(
            view.org.root.id,
            "no guardrail is attached to the root: a new account is free until it is moved to its OU",
            "Attach to the root what holds for everybody, once it was tried in one OU.",
        )


def logs_unprotected(view: View) -> Iterator[Finding]:
    """Who can stop the logs can do the rest unseen."""
    logging = view.org.settings.logging
    if "cloudtrail.amazonaws.com" in view.org.settings.trusted_access or (logging and logging.trail):
        yield from _unprotected(view, ("cloudtrail:StopLogging", "cloudtrail:DeleteTrail"), "CloudTrail")


def detection_unprotected(view: View) -> Iterator[Finding]:
    """Threat detection stays on."""
    if "guardduty.amazonaws.com" in view.org.settings.trusted_access:
        actions = (
            "guardduty:DeleteDetector",
            "guardduty:DisassociateFromAdministratorAccount",
            "guardduty:DisassociateFromMasterAccount",  # its older name, which does the same
        )
        yield from _unprotected(view, actions, "GuardDuty")


def recording_unprotected(view: View) -> Iterator[Finding]:
    """What changed is written down."""
    logging = view.org.settings.logging
    if "config.amazonaws.com" in view.org.settings.trusted_access or (logging and logging.config):
        actions = ("config:StopConfigurationRecorder", "config:DeleteConfigurationRecorder")
        yield from _unprotected(view, actions, "Config")


def _unprotected(view: View, actions: tuple[str, ...], service: str) -> Iterator[Finding]:
    if not view.guarded:
        return
    found = [(action, free) for action in actions if (free := view.open(action))]
    if found:
        worst = max((free for _, free in found), key=len)
        yield Finding(
            view.org.root.id,
            f"{service} can be switched off in {view.listed(worst)}: {', '.join(action for action, _ in found)}",
            "Deny these actions at the root, but to the roles that look after them.",
        )
