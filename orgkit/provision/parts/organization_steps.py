"""Steps about the organization as a whole: its creation, trusted access, policy types, delegated administrators."""

from __future__ import annotations

from orgkit.design import SCP
from orgkit.provision.planning import references
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.steps import GUARDING, NEUTRAL, WEAKENS

CREATE = "create_organization:organization"
# Policy types whose service must have trusted access: the service model's text on SERVICE_ACCESS_NOT_ENABLED.
SERVICE_OF_TYPE = {"SECURITYHUB_POLICY": "securityhub.amazonaws.com"}


def plan_organization(draft: Draft) -> None:
    """Create the organization where there is none, and switch on what the design lists."""
    settings, now = draft.design.settings, draft.live.settings
    if not draft.exists:
        management = [draft.name(a.id) for a in draft.design.accounts() if a.management]
        draft.add(
            "create_organization",
            "organization",
            "create the organization",
            place="organization",
            why=f"with {'all features' if settings.features == 'ALL' else 'consolidated billing only'}",
            parameters={"FeatureSet": settings.features},
            produces=[references.ORGANIZATION, references.ROOT, *management],
        )
    elif "features" in settings.declared and settings.features != now.features:
        draft.block(
            "feature-set",
            draft.design.where("organization.features"),
            f"the organization has {now.features}, the design {settings.features}",
            "Enable all features in the console: every invited account must agree. There is no way back from them.",
        )
    _trusted_access(draft)
    _policy_types(draft)
    _delegated_administrators(draft)


def enabled_types(draft: Draft) -> frozenset[str]:
    """The policy types that are enabled once the plan is carried out."""
    now = draft.live.settings.policy_types if draft.exists else _types_at_birth(draft)
    wanted = draft.design.settings.policy_types if "policy_types" in draft.design.settings.declared else ()
    gone = {step.parameters["PolicyType"] for step in draft.steps.values() if step.kind == "disable_policy_type"}
    return frozenset({*now, *wanted} - gone)


def _types_at_birth(draft: Draft) -> tuple[str, ...]:
    """A new organization with all features has service control policies.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateOrganization.html
    """
    return (SCP,) if draft.design.settings.features == "ALL" else ()


def is_trusted(draft: Draft, service: str) -> bool:
    """Whether a service has trusted access once the plan is carried out."""
    if f"enable_trusted_access:{service}" in draft.steps:
        return True
    trusted = draft.exists and service in draft.live.settings.trusted_access
    return trusted and f"disable_trusted_access:{service}" not in draft.steps


def _trusted_access(draft: Draft) -> None:
    settings, now = draft.design.settings, draft.live.settings
    if "trusted_access" not in settings.declared:
        for service in now.trusted_access:
            draft.leave("organization.trusted_access", f"trusted access of {service}")
        return
    for service in settings.trusted_access:
        if service not in now.trusted_access:
            draft.add(
                "enable_trusted_access",
                service,
                f"give {service} trusted access",
                place="organization.trusted_access",
                parameters={"ServicePrincipal": service},
            )
    for service in now.trusted_access:
        if service not in settings.trusted_access:
            draft.add(
                "disable_trusted_access",
                service,
                f"take trusted access from {service}",
                place="organization.trusted_access",
                why="the list in the design is complete without it",
                parameters={"ServicePrincipal": service},
                notes=(f"AWS advises to switch it off in {service.split('.')[0]} itself first.",),
            )


def _policy_types(draft: Draft) -> None:
    settings = draft.design.settings
    now = draft.live.settings.policy_types if draft.exists else _types_at_birth(draft)
    if "policy_types" not in settings.declared:
        for kind in now if draft.exists else ():
            draft.leave("organization.policy_types", f"policy type {kind}")
        return
    for kind in settings.policy_types:
        if kind not in now:
            service = f"enable_trusted_access:{SERVICE_OF_TYPE.get(kind)}"
            draft.add(
                "enable_policy_type",
                kind,
                f"enable {kind} in the root",
                place="organization.policy_types",
                parameters={"RootId": references.written(references.ROOT), "PolicyType": kind},
                after=[service] if service in draft.steps else [],
            )
    for kind in now:
        if kind in settings.policy_types:
            continue
        if kind in draft.removals.types:
            root = references.written(references.ROOT)
            step = draft.add(
                "disable_policy_type",
                kind,
                f"disable {kind} in the root",
                place="organization.policy_types",
                why="it is named to be removed; every policy of this type is detached from everything",
                parameters={"RootId": root, "PolicyType": kind},
                effect=WEAKENS if kind in GUARDING else NEUTRAL,
            )
            draft.touches[step] = (root,)
        else:
            draft.hold(
                "type-stays-enabled",
                "organization.policy_types",
                f"{kind} is enabled and not in the list; disabling it would detach every policy of this type",
                f"List it, or name {kind} to be removed.",
            )


def _delegated_administrators(draft: Draft) -> None:
    design, settings, now = draft.design, draft.design.settings, draft.live.settings
    live = {
        (service, draft.live.find(account, "account"))
        for service, accounts in now.delegated_administrators.items()
        for account in accounts
    }
    if "delegated_administrators" not in settings.declared:
        for service, node in sorted(live):
            draft.leave(draft.live_place(node), f"delegated administrator of {service}")
        return
    deregistered: dict[str, list[str]] = {}
    wanted = {
        (service, design.find(account, "account")): account
        for service, accounts in settings.delegated_administrators.items()
        for account in accounts
    }
    kept = {(service, draft.match.live.get(node, "")) for service, node in wanted}
    for service, node in sorted(live - kept):
        step = draft.add(
            "deregister_delegated_administrator",
            f"{service}/{draft.live_place(node)}",
            f"take the administration of {service} from {draft.live_place(node)}",
            place=draft.live_place(node),
            why="the list in the design is complete without it",
            parameters={"AccountId": draft.live_ref(node), "ServicePrincipal": service},
        )
        deregistered.setdefault(service, []).append(step)
        access = f"disable_trusted_access:{service}"
        if access in draft.steps:
            draft.after.append((access, step))
    for (service, node), handle in wanted.items():
        if (service, draft.match.live.get(node, "")) in live:
            continue
        _register(draft, service, node, handle, deregistered.get(service, []))


def _register(draft: Draft, service: str, node: str, handle: str, first: list[str]) -> None:
    place = draft.place(node)
    account = draft.design.account(node)
    now = draft.match.live.get(node)
    state = draft.live.account(now).state if now is not None else "ACTIVE"
    if state != "ACTIVE":
        draft.hold(
            "account-not-active",
            place,
            f"it cannot administer {service} while it is {state}",
            "Reactivate the account, or name another.",
            severity="warning",
        )
        return
    access = f"enable_trusted_access:{service}"
    enabled = access in draft.steps or (
        service in draft.live.settings.trusted_access and f"disable_trusted_access:{service}" not in draft.steps
    )
    if account.management or not enabled:
        reason = (
            "the management account cannot be a delegated administrator"
            if account.management
            else f"{service} has no trusted access"
        )
        draft.block(
            "delegated-administrator",
            draft.design.where(f"organization.delegated_administrators.{service}"),
            f"{handle} cannot administer {service}: {reason}",
            "Name a member account." if account.management else f"Add {service} to trusted_access.",
        )
        return
    draft.add(
        "register_delegated_administrator",
        f"{service}/{place}",
        f"let {place} administer {service}",
        place=place,
        parameters={"AccountId": draft.ref(node), "ServicePrincipal": service},
        after=[access, *first] if access in draft.steps else first,
    )
