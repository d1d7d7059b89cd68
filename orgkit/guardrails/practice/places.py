"""Recommendations about what stands where: management, security, production, sandboxes, suspended accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from orgkit.design import Account, Entity, OrganizationalUnit, Target
from orgkit.design.checks.finding import Finding, named
from orgkit.guardrails.practice.view import SANDBOX, SUSPENDED, View
from orgkit.policy.catalogue import load_catalogue

_STAGES = frozenset({"production", "prod", "live", "staging", "stage", "test", "qa", "development", "dev", "sandbox"})
_PRODUCTION = frozenset({"production", "prod", "live"})
_STAGE_TAGS = ("environment", "env", "stage")
_WATCHING = ("guardduty.amazonaws.com", "securityhub.amazonaws.com", "inspector2.amazonaws.com", "macie.amazonaws.com")


def in_management(view: View) -> Iterator[Finding]:
    """The management account runs nothing: no service control policy binds it."""
    org, management = view.org, view.org.management
    if management is None:
        return
    stage = _stage(view, management)
    if stage in _STAGES:
        yield Finding(
            management.id,
            f"the management account is tagged as {stage}: no guardrail binds what runs in it",
            "Move workloads to member accounts, and tag this one as what it is.",
        )
    for role in org.settings.access.roles.values() if org.settings.access is not None else ():
        if any(named(org, place, "account") == management.id for place in role.to) and role.trusts:
            yield Finding(
                f"access.roles.{role.name}",
                f"{role.name} lets another account work in the management account, where no guardrail binds it",
                "Let pipelines deploy to member accounts only.",
            )


def log_archive_shared(view: View) -> Iterator[Finding]:
    """Logs are kept by an account that does nothing else, so that who is watched cannot change them."""
    org, logging = view.org, view.org.settings.logging
    if logging is None:
        return
    archive = named(org, logging.account, "account")
    if archive is None:
        return
    if org.account(archive).management:
        yield Finding(
            "logging.account", "the logs are kept in the management account", "Give them an account of their own."
        )
        return
    services = [
        service
        for service, accounts in org.settings.delegated_administrators.items()
        if service in _WATCHING and any(named(org, account, "account") == archive for account in accounts)
    ]
    if services:
        yield Finding(
            "logging.account",
            f"{logging.account} keeps the logs and administers {', '.join(services)}: one break-in reaches both",
            "Let a security account administer, and the log archive only keep.",
        )


def no_log_archive(view: View) -> Iterator[Finding]:
    """Somewhere the logs of all accounts come together."""
    if view.org.settings.logging is None and "log" not in view.handles:
        yield Finding(
            view.org.root.id,
            "no account is there to keep the logs of all others",
            "Add a log archive account, and describe it under logging:.",
        )


def no_security_account(view: View) -> Iterator[Finding]:
    """Somebody watches, from an account of their own."""
    admins = {
        named(view.org, account, "account")
        for service, accounts in view.org.settings.delegated_administrators.items()
        for account in accounts
        if service in _WATCHING
    }
    if not admins - {None} and "security" not in view.handles and "audit" not in view.handles:
        yield Finding(
            view.org.root.id,
            "no account is there for those who watch over the others",
            "Add a security account, and make it delegated administrator of GuardDuty and Security Hub.",
        )


def production_beside_others(view: View, ous: Iterable[OrganizationalUnit]) -> Iterator[Finding]:
    """Production stands in an OU of its own, so that its guardrails can be its own."""
    org = view.org
    for ou in ous:
        around = _stage(view, ou)
        stages: dict[str, list[str]] = {}
        for child in org.children(ou.id):
            entity = org.entity(child)
            tagged = _tagged(entity)
            stage = around if tagged is None else tagged
            if isinstance(entity, Account) and stage in _STAGES:
                stages.setdefault("production" if stage in _PRODUCTION else str(stage), []).append(entity.handle)
        if "production" in stages and len(stages) > 1:
            others = ", ".join(name for stage, names in stages.items() if stage != "production" for name in names)
            yield Finding(
                ou.id,
                f"production ({', '.join(stages['production'])}) stands beside {others}, under the same guardrails",
                "Give production an OU of its own.",
            )


def _stage(view: View, target: Target) -> str | None:
    """What the tags of an account or OU, or those of the OUs above, say it is for."""
    above = (_tagged(view.org.entity(node)) for node in reversed(view.org.chain(target.id)))
    return next((stage for stage in above if stage is not None), None)


def _tagged(entity: Entity) -> str | None:
    return next((value.lower() for key, value in entity.tags.items() if key.lower() in _STAGE_TAGS), None)


def no_suspended_ou(view: View) -> Iterator[Finding]:
    """A place for accounts that nobody may use any more, ready before it is needed."""
    if view.guarded and not view.named(SUSPENDED):
        yield Finding(
            view.org.root.id,
            "no OU is there to put an account that is compromised, or waits to be closed",
            "Add an OU Suspended with a service control policy that denies everything: moving there stops an account.",
        )


def suspended_ou_open(view: View) -> Iterator[Finding]:
    """What stands in it can do nothing."""
    if not view.guarded:
        return
    catalogue = load_catalogue()
    for ou in view.named(SUSPENDED):
        free = catalogue.all_bits & ~view.stopped_in(ou)
        if free == catalogue.all_bits or free.bit_count() > len(catalogue) // 2:
            yield Finding(
                ou.id,
                f"an account moved here may still do {free.bit_count():,} of {len(catalogue):,} actions",
                "Attach a service control policy that denies everything, but to those who investigate.",
            )


def sandbox_without_limits(view: View) -> Iterator[Finding]:
    """Where people try things, cost has an end and guardrails are there."""
    org = view.org
    for ou in view.named(SANDBOX):
        accounts = [account for account in org.accounts(ou.id) if not account.management]
        if not accounts:
            continue
        missing = []
        above = [org.target(node) for node in org.chain(ou.id)[1:]]
        if not any(target.budget for target in above) and not all(account.budget for account in accounts):
            missing.append("no budget")
        if view.guarded and not any(view.has_guardrail(target.id) for target in above):
            missing.append("no service control policy")
        if missing:
            yield Finding(
                ou.id,
                f"{' and '.join(missing)} limits what is tried here",
                "Write budget:, and attach a policy that limits regions, services or instance sizes.",
            )
