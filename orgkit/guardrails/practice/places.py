"""Recommendations about what stands where: management, security, production, sandboxes, suspended accounts."""

from __future__ import annotations

from collections.abc import Iterator

from orgkit.design import Account
from orgkit.design.checks.finding import Finding
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
        if any(org.find(place, "root", "ou", "account") == management.id for place in role.to) and role.trusts:
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
    archive = org.find(logging.account, "account")
    if org.account(archive).management:
        yield Finding(
            "logging.account", "the logs are kept in the management account", "Give them an account of their own."
        )
        return
    services = [
        service
        for service, accounts in org.settings.delegated_administrators.items()
        if service in _WATCHING and any(org.find(account, "account") == archive for account in accounts)
    ]
    if services:
        yield Finding(
            "logging.account",
            f"{logging.account} keeps the logs and administers {', '.join(services)}: one break-in reaches both",
            "Let a security account administer, and the log archive only keep.",
        )


def no_log_archive(view: View) -> Iterator[Finding]:
    """Somewhere the logs of all accounts come together."""
    if view.org.settings.logging is None and not any("log" in account.handle.lower() for account in view.members):
        yield Finding(
            view.org.root.id,
            "no account is there to keep the logs of all others",
            "Add a log archive account, and describe it under logging:.",
        )


def no_security_account(view: View) -> Iterator[Finding]:
    """Somebody watches, from an account of their own."""
    admins = {
        view.org.find(account, "account")
        for service, accounts in view.org.settings.delegated_administrators.items()
        for account in accounts
        if service in _WATCHING
    }
    words = ("security", "audit")
    if not admins and not any(any(word in account.handle.lower() for word in words) for account in view.members):
        yield Finding(
            view.org.root.id,
            "no account is there for those who watch over the others",
            "Add a security account, and make it delegated administrator of GuardDuty and Security Hub.",
        )


def production_beside_others(view: View) -> Iterator[Finding]:
    """Production stands in an OU of its own, so that its guardrails can be its own."""
    org = view.org
    for ou in org.ous():
        stages: dict[str, list[str]] = {}
        for child in org.children(ou.id):
            entity = org.entity(child)
            stage = _stage(view, entity) if isinstance(entity, Account) else None
            if stage in _STAGES:
                stages.setdefault("production" if stage in _PRODUCTION else str(stage), []).append(entity.handle)
        if "production" in stages and len(stages) > 1:
            others = ", ".join(name for stage, names in stages.items() if stage != "production" for name in names)
            yield Finding(
                ou.id,
                f"production ({', '.join(stages['production'])}) stands beside {others}, under the same guardrails",
                "Give production an OU of its own.",
            )


def _stage(view: View, account: Account) -> str | None:
    """What an account's tags, or those of the OUs above, say it is for."""
    for node in reversed(view.org.chain(account.id)):
        for key, value in view.org.target(node).tags.items():
            if key.lower() in _STAGE_TAGS:
                return value.lower()
    return None


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
    org, catalogue = view.org, load_catalogue()
    for ou in view.named(SUSPENDED):
        probe = org.copy()
        handle = "suspended-probe"
        probe.add_account(handle, ou.id, email="suspended-probe@example.invalid")
        free = catalogue.all_bits & ~View(probe).plain[f"account:{handle}"]
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
