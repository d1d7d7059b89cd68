"""Whether a run may be taken up again: by this plan, on this target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orgkit.errors import CloudError, Refused
from orgkit.provision.execution.journal import Past
from orgkit.provision.planning.plan import Plan

if TYPE_CHECKING:
    from orgkit.cloud import Target


def check_resumption(past: Past, plan: Plan | None, target: Target, approve: str | None, journal: str) -> None:
    """Refuse to go on with a run of another plan, or on another organization than it began with."""
    for digest in (plan.digest if plan is not None else None, approve):
        if digest is not None and digest != past.plan.digest:
            raise Refused(
                f"the journal records the run of another plan, {past.plan.digest}, not of {digest}",
                where=journal,
                mend="Resume without naming a plan, or begin a new journal.",
            )
    began, now = past.target.partition(":")[0], target.kind
    if began != now:
        raise Refused(
            f"the run began on {past.target}, not on {target.spec}", where=journal, mend=f"Resume on {past.target}."
        )
    if past.organization is None:
        return
    found = _organization(target)
    if found != past.organization:
        there = "has no organization" if found is None else f"has {found}"
        raise Refused(
            f"the run began on the organization {past.organization}, and {target.spec} {there}",
            where=journal,
            mend=f"Resume on the target that it began with, {past.target}.",
        )


def _organization(target: Target) -> str | None:
    """The id of the organization that a target has now."""
    from botocore.exceptions import BotoCoreError, ClientError

    target.pace.wait("DescribeOrganization")
    try:
        return str(target.client("organizations").describe_organization()["Organization"]["Id"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "AWSOrganizationsNotInUseException":
            return None
        raise CloudError(str(error), where=target.spec) from None
    except BotoCoreError as error:
        raise CloudError(str(error), where=target.spec, mend="Look at the connection, then resume.") from None
