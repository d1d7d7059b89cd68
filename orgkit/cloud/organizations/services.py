"""AWS services in the organization: trusted access and delegated administrators."""

from __future__ import annotations

from orgkit.cloud.organizations.accounts import account_of, show_account
from orgkit.cloud.organizations.call import Call, Operation, Reply
from orgkit.cloud.organizations.errors import ApiError, constraint, invalid
from orgkit.cloud.organizations.pages import page
from orgkit.cloud.organizations.policies import SERVICE_OF_TYPE
from orgkit.cloud.organizations.state import Organization

# How many delegated administrators a service may have, where its own guide gives a number; others are not counted.
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services_list.html, read in June 2026
MOST_DELEGATES = {
    "access-analyzer.amazonaws.com": 1,
    "cloudtrail.amazonaws.com": 3,
    "detective.amazonaws.com": 1,
    "guardduty.amazonaws.com": 1,
    "inspector2.amazonaws.com": 1,
    "macie.amazonaws.com": 1,
    "member.org.stacksets.cloudformation.amazonaws.com": 5,
    "securityhub.amazonaws.com": 1,
    "sso.amazonaws.com": 1,
}


def _service_of(call: Call) -> str:
    service: str = call.params["ServicePrincipal"]
    if not service.endswith((".amazonaws.com", ".api.aws")):
        raise invalid(
            "UNRECOGNIZED_SERVICE_PRINCIPAL", f"{service} is not a service principal such as x.amazonaws.com."
        )
    return service


def _needs_all_features(org: Organization) -> None:
    if org.features != "ALL":
        raise constraint(
            "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", "This needs an organization with all features enabled."
        )


def enable_aws_service_access(org: Organization, call: Call) -> Reply:
    """Give a service trusted access; doing it again changes nothing."""
    _needs_all_features(org)
    service = _service_of(call)
    if service not in org.services:
        org.services[service] = call.now
        call.changed = True
    return {}


def disable_aws_service_access(org: Organization, call: Call) -> Reply:
    """Take trusted access from a service; a policy type that needs it is to be disabled first."""
    _needs_all_features(org)
    service = _service_of(call)
    for policy_type, needed in SERVICE_OF_TYPE.items():
        if needed == service and policy_type in org.policy_types:
            raise constraint("POLICY_TYPE_ENABLED_FOR_THIS_SERVICE", f"Disable {policy_type} first.")
    if org.services.pop(service, None) is not None:
        call.changed = True
    return {}


def list_aws_service_access_for_organization(org: Organization, call: Call) -> Reply:
    """List the services with trusted access."""
    _needs_all_features(org)
    return page(
        call,
        "EnabledServicePrincipals",
        org.services.items(),
        lambda entry: {"ServicePrincipal": entry[0], "DateEnabled": entry[1]},
    )


def register_delegated_administrator(org: Organization, call: Call) -> Reply:
    """Let a member account administer a service that has trusted access."""
    _needs_all_features(org)
    service = _service_of(call)
    account = account_of(org, call)
    if account.id == org.management_id:
        raise constraint(
            "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
            "The management account cannot be a delegated administrator.",
        )
    if account.state != "ACTIVE":
        raise constraint(
            "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
            f"The account {account.id} is {account.state}.",
        )
    if service not in org.services:
        raise constraint("SERVICE_ACCESS_NOT_ENABLED", f"Enable trusted access for {service} first.")
    if service in org.delegates.get(account.id, {}):
        raise ApiError("AccountAlreadyRegisteredException", f"The account {account.id} already administers {service}.")
    others = [delegate for delegate, services in org.delegates.items() if service in services]
    most = MOST_DELEGATES.get(service, len(others) + 1)
    if len(others) >= most:
        reason = (
            "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE"
            if most == 1
            else "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED"
        )
        raise constraint(reason, f"{service} is already administered by {', '.join(others)}.")
    org.delegates.setdefault(account.id, {})[service] = call.now
    call.changed = True
    return {}


def deregister_delegated_administrator(org: Organization, call: Call) -> Reply:
    """Take the administration of a service from a member account."""
    _needs_all_features(org)
    service = _service_of(call)
    account = account_of(org, call)
    if service not in org.delegates.get(account.id, {}):
        raise ApiError("AccountNotRegisteredException", f"The account {account.id} does not administer {service}.")
    del org.delegates[account.id][service]
    if not org.delegates[account.id]:
        del org.delegates[account.id]
    call.changed = True
    return {}


def list_delegated_administrators(org: Organization, call: Call) -> Reply:
    """List the delegated administrators, of one service or of all."""
    _needs_all_features(org)
    service = call.params.get("ServicePrincipal")
    wanted = [
        (account_id, min(services.values()))
        for account_id, services in org.delegates.items()
        if service is None or service in services
    ]

    def show(entry: tuple[str, float]) -> Reply:
        account_id, since = entry
        shown = show_account(org, call, org.accounts[account_id])
        del shown["Paths"]  # not part of DelegatedAdministrator in the service model
        return {**shown, "DelegationEnabledDate": since}

    return page(call, "DelegatedAdministrators", wanted, show)


def list_delegated_services_for_account(org: Organization, call: Call) -> Reply:
    """List the services that an account administers."""
    _needs_all_features(org)
    account = account_of(org, call)
    services = org.delegates.get(account.id)
    if services is None:
        raise ApiError("AccountNotRegisteredException", f"The account {account.id} administers no service.")
    return page(
        call,
        "DelegatedServices",
        services.items(),
        lambda entry: {"ServicePrincipal": entry[0], "DelegationEnabledDate": entry[1]},
    )


OPERATIONS: dict[str, Operation] = {
    "EnableAWSServiceAccess": enable_aws_service_access,
    "DisableAWSServiceAccess": disable_aws_service_access,
    "ListAWSServiceAccessForOrganization": list_aws_service_access_for_organization,
    "RegisterDelegatedAdministrator": register_delegated_administrator,
    "DeregisterDelegatedAdministrator": deregister_delegated_administrator,
    "ListDelegatedAdministrators": list_delegated_administrators,
    "ListDelegatedServicesForAccount": list_delegated_services_for_account,
}
