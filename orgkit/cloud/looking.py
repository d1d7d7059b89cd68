"""Looking at more of a live organization than the tree: what a list of looks names, and nothing else.

Every part that was looked at has its facts in `Organization.surroundings`; a part that the caller may not read is named
in `Organization.unknown`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from orgkit.cloud.looks import MANAGEMENT
from orgkit.cloud.sessions import plain
from orgkit.design import Organization
from orgkit.errors import CloudError, InputError

if TYPE_CHECKING:
    from orgkit.cloud.target import Target

CANNOT: Final = "cannot"  # what of it the target cannot do, as service:operation
INVITED: Final = "invitations"  # emails or ids of who was invited and has not answered, among the surroundings
LOOKED_AT: Final = "looked at"  # the list that was followed, among the surroundings
_REFUSALS: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403", "Forbidden"})


class Unreadable(Exception):
    """The caller may not read this part."""


class Looking:
    """One look: who is meant by a name, and calls whose "there is none" is an answer."""

    def __init__(self, target: Target, live: Organization) -> None:
        self.target = target
        self.live = live

    def account(self, name: str) -> str | None:
        """The id of the account that a list of looks names so, if it exists and can be entered."""
        if name == MANAGEMENT:
            return self.live.management.aws_id if self.live.management else None
        try:
            account = self.live.account(name)
        except InputError:
            return None
        return account.aws_id if account.state == "ACTIVE" else None

    def client(self, service: str, account: str | None = None, region: str | None = None) -> Any:
        """A client; the role that cannot be assumed makes the part unreadable."""
        try:
            return self.target.client(service, account=account, region=region)
        except CloudError as error:
            raise Unreadable(str(error)) from None

    def ask(self, client: Any, method: str, *, absent: Collection[str] = (), **asked: Any) -> dict[str, Any] | None:
        """One call; None where AWS answers with a code of `absent`."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            reply: dict[str, Any] = getattr(client, method)(**asked)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in absent:
                return None
            if code in _REFUSALS:
                raise Unreadable(f"{method}: {code}") from None
            raise plain(error, self.target.spec) or error from None
        except BotoCoreError as error:
            raise plain(error, self.target.spec) or error from None
        return reply

    def items(self, client: Any, method: str, key: str, **asked: Any) -> list[Any]:
        """Every item of a list in pages."""
        found: list[Any] = []
        while True:
            reply = self.ask(client, method, **asked) or {}
            found += reply.get(key, ())
            if not reply.get("NextToken"):
                return found
            asked["NextToken"] = reply["NextToken"]


Read = Callable[[Looking, Any], object]  # what is put among the surroundings


def _readers() -> Mapping[str, Read]:
    from orgkit.cloud.read_baselines import read_baselines
    from orgkit.cloud.read_logging import read_logging
    from orgkit.cloud.read_roles import read_roles
    from orgkit.cloud.read_security import read_security

    return {"roles": read_roles, "logging": read_logging, "baselines": read_baselines, "security": read_security}


def _asked(wanted: Mapping[str, Any]) -> Iterator[str]:
    """What a plan asks of a target before it promises a step."""
    for baseline in wanted.get("baselines", {}).values():
        yield from (f"cloudformation:{type}" for type in baseline.get("types", ()))
        if baseline.get("model") == "SERVICE_MANAGED":
            yield "cloudformation:ActivateOrganizationsAccess"


def look(target: Target, live: Organization, wanted: Mapping[str, Any]) -> Organization:
    """Return the organization with the wanted parts looked at; a part is as `looks` writes it.

    Errors: CloudError where AWS does not answer.
    """
    looking = Looking(target, live)
    found = dict(live.surroundings)
    unable = {name for name in _asked(wanted) if not target.can(*name.split(":", 1))}
    found[CANNOT] = tuple(sorted(unable.union(found.get(CANNOT, ()))))
    unknown = [part for part in live.unknown if part not in wanted]
    for part, read in _readers().items():
        if part in wanted and live.settings.organization_id is not None:
            try:
                found[part] = read(looking, wanted[part])
            except Unreadable:
                unknown.append(part)
                found.pop(part, None)
    seen = live.copy()
    seen.surroundings = MappingProxyType({**found, LOOKED_AT: dict(wanted)})
    seen.unknown = tuple(unknown)
    return seen


def can_look(target: Target, live: Organization) -> Organization:
    """The same organization, which can be looked at further, also when the target was closed meanwhile."""

    def further(wanted: Mapping[str, Any]) -> Organization:
        with target.again() as place:
            return look(place, live, wanted)

    live.look = further
    return live
