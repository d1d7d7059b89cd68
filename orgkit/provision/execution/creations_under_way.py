"""Accounts in the making: an earlier run, or somebody else, may have asked for them and not seen the end.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListCreateAccountStatus.html
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from orgkit.errors import CloudError

if TYPE_CHECKING:
    from orgkit.cloud import Target

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 15.0
LONGEST = 3600.0


def wait_for_creations(target: Target, names: Collection[str], progress: Callable[..., None] | None) -> None:
    """Wait until no request to create an account of one of these names is under way any more.

    What AWS is making now would otherwise be missed by a look at the accounts that exist, and asked for again.
    Errors: CloudError where AWS does not answer, or where a request takes longer than an hour.
    """
    start, pause = target.clock.time(), FIRST_PAUSE
    while waiting := [status for status in _under_way(target) if status.get("AccountName") in names]:
        if target.clock.time() - start > LONGEST:
            raise CloudError(
                f"{len(waiting)} accounts are still in the making after {LONGEST / 60:.0f} min",
                mend="Vend the same list again later; AWS Support can look at the requests.",
            )
        if progress is not None:
            progress(f"waiting for {waiting[0]['AccountName']}, which is in the making", 0, len(waiting))
        target.clock.sleep(pause)
        pause = min(LONGEST_PAUSE, pause * 2)


def _under_way(target: Target) -> list[dict[str, Any]]:
    from botocore.exceptions import BotoCoreError, ClientError

    from orgkit.cloud.sessions import plain

    found: list[dict[str, Any]] = []
    asked: dict[str, Any] = {"States": ["IN_PROGRESS"]}
    try:
        while True:
            target.pace.wait("ListCreateAccountStatus")
            reply = target.client("organizations").list_create_account_status(**asked)
            found += reply["CreateAccountStatuses"]
            if reply.get("NextToken") is None:
                return found
            asked["NextToken"] = reply["NextToken"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "AWSOrganizationsNotInUseException":
            return []
        raise plain(error, target.spec) or error from None
    except BotoCoreError as error:
        raise plain(error, target.spec) or error from None
