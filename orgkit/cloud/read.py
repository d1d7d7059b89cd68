"""Reading a live organization: the tree, accounts, policies and what they hang on, tags, services.

As few calls as the API allows. Accounts say where they stand (`Paths`), so they are listed once; endpoints that leave
that out are asked parent by parent. Policies are asked for their targets, not targets for their policies. Only OUs must
be walked, since AWS has no list of them all, and tags asked one by one: the Resource Groups Tagging API answers for
the caller's own account alone, and AWS does not say how current its answer is, which a plan rests on.
https://docs.aws.amazon.com/organizations/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from orgkit.cloud.access_as_design import with_access
from orgkit.cloud.looking import INVITED, can_look, look
from orgkit.cloud.looks import CREATED, looks
from orgkit.cloud.naming import Handles
from orgkit.cloud.read_around import with_surroundings
from orgkit.cloud.read_billing import with_billing
from orgkit.cloud.sessions import plain
from orgkit.design import (
    FULL_AWS_ACCESS,
    POLICY_TYPES,
    RCP,
    SCP,
    Account,
    Edit,
    Organization,
    OrganizationalUnit,
    Policy,
    Root,
    Settings,
)
from orgkit.design.changes import Add, Attach, Change
from orgkit.errors import CloudError

if TYPE_CHECKING:
    from orgkit.cloud.target import Target

_SHARED = frozenset({"policies", "tags", "full_aws_access"})
# Reading may always be repeated. botocore repeats throttling alone, and not for every target.
_AGAIN = frozenset(
    {
        "ConcurrentModificationException",
        "FinalizingOrganizationException",
        "ServiceException",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 16.0, 16.0, None)  # seconds between attempts; after the last, none
# What stands in for a policy's text until it is read: it says nothing, and is one that the engine takes.
_UNREAD = dict.fromkeys((SCP, RCP), '{"Version":"2012-10-17","Statement":[]}')
_DENIED = frozenset({"AccessDeniedException", "AccessDenied"})


class Progress(Protocol):
    """Hears what is being read: a word for it, how many of them are done, and how many there are where known."""

    def __call__(self, what: str, done: int, total: int | None, /) -> None: ...


def read(
    target: Target,
    *,
    design: Organization | None = None,
    progress: Callable[..., None] | None = None,
    roles: bool = False,
    whole: bool = False,
) -> Organization:
    """Return the organization as it stands; an empty one (`settings.organization_id` None) where there is none yet.

    With a `design`, what it describes beside the tree is looked at as well: roles, central logging, baselines, security
    services; a plan does so by itself. With `roles`, every member account is entered for all roles in it. With `whole`,
    all of that is looked for where no design names it, and stands in the settings, to be written to a file; what these
    cannot say is in `Organization.remarks`.
    What the caller may not read is named in `Organization.unknown` and not in `declared`: policies, targets, tags,
    trusted access, delegated administrators. Errors: CloudError where the tree itself cannot be read.
    """
    reading = _Reading(target, progress or _silent)
    organization = reading.describe()
    caller = target.caller
    if organization is None:
        empty = Organization()
        empty.origin, empty.caller = target.spec, caller
        live = can_look(target, with_access(target, empty, progress=progress or _silent))
        return live if design is None else look(target, live, looks(design))
    reading.tree()
    reading.policies()
    reading.services()
    reading.tags()
    live = reading.build(organization)
    live.caller = caller
    if reading.invited:
        live.surroundings = MappingProxyType({**live.surroundings, INVITED: tuple(sorted(reading.invited))})
    live = with_access(target, live, roles=roles or whole, progress=progress or _silent)
    live = with_billing(target, live, progress=progress or _silent)
    if whole:
        live = with_surroundings(target, live, progress=progress or _silent)
    live = can_look(target, live)
    return live if design is None else look(target, live, looks(design))


def _silent(what: str, done: int, total: int | None, /) -> None:
    return None


@dataclass(slots=True)
class _Unit:
    id: str
    name: str
    children: list[str] = field(default_factory=list)  # ids of OUs, then of accounts


class _Reading:
    """One reading: what was found, by AWS id."""

    def __init__(self, target: Target, progress: Callable[..., None]) -> None:
        self._target = target
        self._client: Any = target.client("organizations")
        self._progress = progress
        self.unknown: list[str] = []
        self.units: dict[str, _Unit] = {}  # the root first
        self.accounts: dict[str, dict[str, Any]] = {}
        self.types: tuple[str, ...] = ()
        self.contents: dict[str, Policy] = {}  # policy id → policy, its own ones only
        self.attached: dict[str, list[str]] = {}  # target id → policy ids
        self.full_access: set[str] | None = None
        self.tagged: dict[str, dict[str, str]] = {}
        self.trusted: tuple[str, ...] = ()
        self.delegated: dict[str, list[str]] = {}
        self.invited: list[str] = []
        self.management_id = ""

    # ---- calls -----------------------------------------------------------------------------------

    def _call(self, operation: str, **params: Any) -> dict[str, Any]:
        """One call, paced, and asked again where AWS is busy or silent. Raises what botocore raises."""
        from botocore import xform_name
        from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

        ask = getattr(self._client, xform_name(operation))
        for pause in _PAUSES:
            self._target.pace.wait(operation)
            try:
                reply: dict[str, Any] = ask(**params)
                return reply
            except ClientError as error:
                if pause is None or error.response["Error"]["Code"] not in _AGAIN:
                    raise
            except (HTTPClientError, ConnectionError):
                if pause is None:
                    raise
            self._target.clock.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _pages(self, operation: str, key: str, **params: Any) -> Iterator[dict[str, Any]]:
        token: str | None = None
        while True:
            reply = self._call(operation, **params, **({"NextToken": token} if token else {}))
            yield from reply[key]
            token = reply.get("NextToken")
            if token is None:
                return

    def _part(self, name: str, read: Callable[[], None]) -> bool:
        """Read a part that the rest does without; what may not be read is unknown."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            read()
        except ClientError as error:
            if error.response["Error"]["Code"] not in _DENIED:
                raise plain(error, self._target.spec) or error from None
            self.unknown.append(name)
            return False
        except BotoCoreError as error:
            raise plain(error, self._target.spec) or error from None
        return True

    # ---- parts -----------------------------------------------------------------------------------

    def describe(self) -> dict[str, Any] | None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            reply: dict[str, Any] = self._call("DescribeOrganization")["Organization"]
        except (ClientError, BotoCoreError) as error:
            if (
                isinstance(error, ClientError)
                and error.response["Error"]["Code"] == "AWSOrganizationsNotInUseException"
            ):
                return None
            raise plain(error, self._target.spec) or error from None
        self.management_id = reply["MasterAccountId"]
        return reply

    def tree(self) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            (root,) = self._pages("ListRoots", "Roots")
            self.types = tuple(t["Type"] for t in root.get("PolicyTypes", ()) if t["Status"] == "ENABLED")
            self.units[root["Id"]] = _Unit(root["Id"], root["Name"])
            waiting = [root["Id"]]
            while waiting:
                parent = waiting.pop(0)
                for unit in self._pages("ListOrganizationalUnitsForParent", "OrganizationalUnits", ParentId=parent):
                    self.units[unit["Id"]] = _Unit(unit["Id"], unit["Name"])
                    self.units[parent].children.append(unit["Id"])
                    waiting.append(unit["Id"])
                self._progress("organizational units", len(self.units) - 1, None)
            self._read_accounts()
        except (ClientError, BotoCoreError) as error:
            raise plain(error, self._target.spec) or error from None

    def _read_accounts(self) -> None:
        """Place accounts by their paths; where the first page has none, ask each parent instead."""
        for account in self._pages("ListAccounts", "Accounts"):
            paths = account.get("Paths")
            if not paths:
                break
            self._place(account, paths[0].rstrip("/").split("/")[-2])
        else:
            return
        self.accounts.clear()
        for unit in self.units.values():
            unit.children = [child for child in unit.children if child in self.units]
        for parent in list(self.units):
            for account in self._pages("ListAccountsForParent", "Accounts", ParentId=parent):
                self._place(account, parent)

    def _place(self, account: dict[str, Any], parent: str) -> None:
        if parent not in self.units:
            raise CloudError(
                "the organization changed while it was read: an account stands in an OU that is new",
                where=self._target.spec,
                mend="Read it again.",
            )
        self.accounts[account["Id"]] = account
        self.units[parent].children.append(account["Id"])
        self._progress("accounts", len(self.accounts), None)

    def policies(self) -> None:
        self._part("policies", self._read_policies)
        if self.contents:
            self._part("policy content", self._read_contents)
        if self.types:
            self._part("attachments", self._read_targets)

    def _read_policies(self) -> None:
        for number, kind in enumerate(POLICY_TYPES, 1):
            for summary in self._pages("ListPolicies", "Policies", Filter=kind):
                if not summary["AwsManaged"]:
                    self.contents[summary["Id"]] = Policy(
                        id=summary["Id"],
                        handle=summary["Name"],
                        name=summary["Name"],
                        type=kind,
                        content=_UNREAD.get(kind, "{}"),
                        description=summary.get("Description") or "",
                        aws_id=summary["Id"],
                    )
            self._progress("policy types", number, len(POLICY_TYPES))

    def _read_contents(self) -> None:
        from dataclasses import replace

        for number, (key, policy) in enumerate(list(self.contents.items()), 1):
            content = self._call("DescribePolicy", PolicyId=key)["Policy"]["Content"]
            self.contents[key] = replace(policy, content=content)
            self._progress("policies", number, len(self.contents))

    def _read_targets(self) -> None:
        """RCPFullAWSAccess cannot be detached, so it needs no question; disabled types have no attachments."""
        for key in [key for key, policy in self.contents.items() if policy.type in self.types]:
            for found in self._pages("ListTargetsForPolicy", "Targets", PolicyId=key):
                self.attached.setdefault(found["TargetId"], []).append(key)
        if SCP in self.types:
            pages = self._pages("ListTargetsForPolicy", "Targets", PolicyId=FULL_AWS_ACCESS.aws_id)
            self.full_access = {found["TargetId"] for found in pages}

    def services(self) -> None:
        self._part("trusted access", self._read_trusted)
        self._part("delegated administrators", self._read_delegated)
        self._part(INVITED, self._read_invited)

    def _read_trusted(self) -> None:
        pages = self._pages("ListAWSServiceAccessForOrganization", "EnabledServicePrincipals")
        self.trusted = tuple(sorted(entry["ServicePrincipal"] for entry in pages))

    def _read_delegated(self) -> None:
        for admin in list(self._pages("ListDelegatedAdministrators", "DelegatedAdministrators")):
            pages = self._pages("ListDelegatedServicesForAccount", "DelegatedServices", AccountId=admin["Id"])
            for entry in pages:
                self.delegated.setdefault(entry["ServicePrincipal"], []).append(admin["Id"])

    def _read_invited(self) -> None:
        """Who was invited and has not answered: invitations take a place among the accounts."""
        for handshake in self._pages("ListHandshakesForOrganization", "Handshakes"):
            if handshake.get("Action") == "INVITE" and handshake["State"] in ("OPEN", "REQUESTED"):
                self.invited += [party["Id"] for party in handshake["Parties"] if party["Type"] != "ORGANIZATION"]

    def tags(self) -> None:
        self._part("tags", self._read_tags)

    def _read_tags(self) -> None:
        keys = [*self.units, *self.accounts, *self.contents]
        for number, key in enumerate(keys, 1):
            pages = self._pages("ListTagsForResource", "Tags", ResourceId=key)
            found = {tag["Key"]: tag["Value"] for tag in pages}
            if found:
                self.tagged[key] = found
            self._progress("tags", number, len(keys))

    # ---- the organization ------------------------------------------------------------------------

    def build(self, organization: Mapping[str, Any]) -> Organization:
        """Put what was found into an organization without a history."""
        accounts, policies = Handles(), Handles()
        known = _SHARED - ({"tags"} if "tags" in self.unknown else set())
        if not {"policies", "policy content", "attachments"}.isdisjoint(self.unknown):
            known -= {"policies", "full_aws_access"}
        root_id, root_unit = next(iter(self.units.items()))
        nodes: dict[str, str] = {root_id: "root"}
        changes: list[Change] = []
        for key, policy in self.contents.items():
            handle = policies.policy(policy.name)
            nodes[key] = f"policy:{handle}"
            changes.append(Add(self._policy(policy, nodes[key], handle, known)))
        for account in sorted(self.accounts.values(), key=lambda a: (str(a.get("JoinedTimestamp", "")), a["Id"])):
            nodes[account["Id"]] = f"account:{accounts.account(account['Name'])}"
        waiting = [(root_unit, "")]
        attach: list[Change] = [Attach(nodes[policy], "root") for policy in self.attached.get(root_id, ())]
        while waiting:
            unit, path = waiting.pop(0)
            siblings = Handles()
            for child in unit.children:
                if child in self.units:
                    handle = siblings.ou(self.units[child].name)
                    below = f"{path}/{handle}" if path else handle
                    nodes[child] = f"ou:{below}"
                    waiting.append((self.units[child], below))
                    changes.append(Add(self._ou(child, nodes[child], handle, known), nodes[unit.id]))
                else:
                    changes.append(Add(self._account(child, nodes[child], known), nodes[unit.id]))
                attach += [Attach(nodes[policy], nodes[child]) for policy in self.attached.get(child, ())]
        root = Root(
            aws_id=root_id,
            name=root_unit.name,
            tags=self.tagged.get(root_id, {}),
            full_aws_access=self._full(root_id),
            declared=known | {"ous", "accounts"},
        )
        org = Organization(root, self._settings(organization, nodes))
        org.perform(Edit("read", (*changes, *attach)))
        org = org.copy()
        org.unknown = tuple(self.unknown)
        org.origin = self._target.spec
        org.surroundings = MappingProxyType({CREATED: dict(self._created())})
        return org

    def _created(self) -> Iterator[tuple[str, str]]:
        """The day, by UTC, on which AWS made each account that it made."""
        for key, account in self.accounts.items():
            at = account.get("JoinedTimestamp")
            if at is not None and account.get("JoinedMethod") == "CREATED":
                yield key, f"{at.astimezone(UTC):%Y-%m-%d}"

    def _full(self, key: str) -> bool:
        return self.full_access is None or key in self.full_access

    def _policy(self, policy: Policy, node: str, handle: str, known: frozenset[str]) -> Policy:
        from dataclasses import replace

        keys = {"description"} | ({"tags"} & known)
        if "policy content" not in self.unknown:
            keys.add("content")
        tags = self.tagged.get(policy.id, {})
        return replace(policy, id=node, handle=handle, tags=tags, declared=frozenset(keys))

    def _ou(self, key: str, node: str, handle: str, known: frozenset[str]) -> OrganizationalUnit:
        return OrganizationalUnit(
            id=node,
            handle=handle,
            name=self.units[key].name,
            aws_id=key,
            tags=self.tagged.get(key, {}),
            full_aws_access=self._full(key),
            declared=known | {"name", "ous", "accounts"},
        )

    def _account(self, key: str, node: str, known: frozenset[str]) -> Account:
        found = self.accounts[key]
        return Account(
            id=node,
            handle=node.removeprefix("account:"),
            name=found["Name"],
            email=found["Email"],
            aws_id=key,
            management=key == self.management_id,
            state=found.get("State") or found.get("Status", "ACTIVE"),
            joined=found.get("JoinedMethod"),
            tags=self.tagged.get(key, {}),
            full_aws_access=self._full(key),
            declared=known | {"name"},
        )

    def _settings(self, organization: Mapping[str, Any], nodes: Mapping[str, str]) -> Settings:
        delegated = {
            service: tuple(nodes[key].removeprefix("account:") for key in keys if key in nodes)
            for service, keys in sorted(self.delegated.items())
        }
        declared = {"features", "policy_types", "trusted_access", "delegated_administrators"}
        declared -= {part.replace(" ", "_") for part in self.unknown}
        return Settings(
            features=organization["FeatureSet"],
            trusted_access=self.trusted,
            policy_types=tuple(kind for kind in POLICY_TYPES if kind in self.types),
            delegated_administrators=delegated,
            partition=organization["Arn"].split(":")[1],
            organization_id=organization["Id"],
            declared=frozenset(declared),
        )
