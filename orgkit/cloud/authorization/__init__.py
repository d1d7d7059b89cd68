"""What AWS's own checks would stop: service and resource control policies, and the trust policies of roles.

Much about a request is not known here, such as the tags of the resource it is about. What is stopped for certain,
whatever is not known, is refused as AWS refuses it; everything else is let through. Policies of identities, of
sessions, and of resources other than roles have no say here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orgkit.cloud.authorization.asking import Asking
from orgkit.cloud.authorization.callers import NOBODY, Caller, Callers
from orgkit.cloud.authorization.context import context_of
from orgkit.cloud.authorization.guardrails import chain, guard
from orgkit.cloud.authorization.refusals import denial, refused
from orgkit.cloud.authorization.resources import owner_of, resource_of, ways
from orgkit.cloud.authorization.trust import federated, keys_of, verdict
from orgkit.cloud.organizations.state import RCP, SCP
from orgkit.policy import Reason
from orgkit.policy.touching import endpoint_regions

if TYPE_CHECKING:
    from orgkit.cloud.motoland import Moto
    from orgkit.cloud.organizations import Organizations
    from orgkit.cloud.wire import Reply, Request

__all__ = ["Authorization", "Caller", "Callers"]
_FEDERATED = ("sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")


class Authorization:
    """Judges the requests of one embedded AWS by the policies that it holds at that moment."""

    def __init__(self, organizations: Organizations, moto: Moto) -> None:
        self._organizations = organizations
        self._moto = moto

    def refusal(self, request: Request, caller: Caller, now: float) -> Reply | None:
        """Return AWS's refusal of a request that guardrails stop for certain, or None."""
        org = self._organizations.organization
        if org is None or not (chain(org, caller.account, SCP) or org.policy_types.get(RCP) == "ENABLED"):
            return None
        asking = Asking(request)
        if asking.free:
            return None
        principal: Any = caller.arn
        said: dict[str, Any] = {}
        if asking.action in _FEDERATED:
            issuer, said = federated(request.form)
            caller, principal = NOBODY, {"Federated": issuer or "unknown"}
        region = _region(asking)
        resource = resource_of(asking, caller.account, region, self._moto)
        owner = owner_of(resource, self._moto)
        bound = guard(org, caller.account, owner)
        if bound is None:
            return None
        context = {**context_of(asking, caller, owner, region, org, now, bound.keys), **said}
        found: Reason | None = None
        for way in ways(asking.action, resource, region, bound.keys):
            asked = {"action": asking.action, "resource": list(way), "principal": principal, "context": context}
            found = bound.compiled.certain_denial(asked)
            if found is None:
                return None
        return refused(request, str(caller), asking.action, resource, found) if found is not None else None

    def untrusted(self, request: Request, caller: Caller, now: float) -> Reply | None:
        """Return AWS's refusal where a role is not there, or its trust policy lets nobody in who calls like this."""
        asking, org = Asking(request), self._organizations.organization
        arn = request.form.get("RoleArn", "")
        account = arn.split(":")[4]
        member = org.accounts.get(account) if org is not None else None
        role = self._moto.principal(account, "role", arn.rpartition("/")[2])
        if role is not None and role.arn == arn and (member is None or member.state == "ACTIVE"):
            if asking.action in _FEDERATED:
                issuer, context = federated(request.form)
            else:
                keys = keys_of(role.trust)
                issuer, context = None, context_of(asking, caller, account, _region(asking), org, now, keys)
            found = verdict(role.trust, asking.action, caller, context, issuer)
            if found is None:
                return None
            if found == "explicitDeny":
                return denial(request, f"{_who(asking, caller, arn)} with an explicit deny in the role trust policy")
        return denial(request, _who(asking, caller, arn))


def _who(asking: Asking, caller: Caller, arn: str) -> str:
    if asking.action in _FEDERATED:
        return f"Not authorized to perform {asking.action}"
    return f"User: {caller} is not authorized to perform: {asking.action} on resource: {arn}"


def _region(asking: Asking) -> str:
    """Where a call is made: services with one endpoint for all Regions have it in one of them."""
    return endpoint_regions("aws").get(asking.service, asking.request.region)
