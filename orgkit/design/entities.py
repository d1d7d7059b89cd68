"""What stands in an organization: the root, organizational units, accounts and policies, each a frozen value.

An entity is what hangs on a node of the organization's graph (attribute `entity`). Where it stands and what is attached
to it are edges, so neither is repeated here. `handle` is the key in `org.yaml`; it stays when the `name` changes.

`declared` holds those keys of the file that were written for this entity. A key that was not written is unmanaged: what
AWS has there is reported and left alone. A list that was written is complete.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from orgkit.design.contacts import Contact
from orgkit.design.money import Money
from orgkit.errors import DesignError

SCP: Final = "SERVICE_CONTROL_POLICY"
RCP: Final = "RESOURCE_CONTROL_POLICY"

# The service model's PolicyType: https://docs.aws.amazon.com/organizations/latest/APIReference/API_Policy.html
POLICY_TYPES: Final = (
    SCP,
    RCP,
    "TAG_POLICY",
    "BACKUP_POLICY",
    "AISERVICES_OPT_OUT_POLICY",
    "CHATBOT_POLICY",
    "DECLARATIVE_POLICY_EC2",
    "SECURITYHUB_POLICY",
    "SECURITYHUB_CSPM_POLICY",
    "INSPECTOR_POLICY",
    "UPGRADE_ROLLOUT_POLICY",
    "BEDROCK_POLICY",
    "S3_POLICY",
    "NETWORK_SECURITY_DIRECTOR_POLICY",
    "GUARDDUTY_POLICY",
)
ACCESS_ROLE: Final = "OrganizationAccountAccessRole"

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def _nothing() -> Mapping[str, Any]:
    return NOTHING


def frozen_map(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """A read-only copy, so that an entity cannot be changed behind the graph's back."""
    return values if isinstance(values, MappingProxyType) else MappingProxyType(dict(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """What policies can be attached to."""

    id: str  # the node's id in the graph: stays through renames and moves
    handle: str
    name: str
    aws_id: str | None = None
    tags: Mapping[str, str] = field(default_factory=_nothing)
    owner: str | None = None
    budget: Money | None = None  # a month
    full_aws_access: bool = True  # AWS attaches FullAWSAccess to everything, and lets it be detached
    managed_by: str | None = None
    declared: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tags", frozen_map(self.tags))

    @property
    def kind(self) -> str:
        return _KINDS[type(self)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Root(_Target):
    """The one root of the organization."""

    id: str = "root"
    handle: str = "root"
    name: str = "Root"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationalUnit(_Target):
    """An organizational unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(_Target):
    """An account; `management` marks the one that owns the organization.

    `state` and `joined` are facts of a live organization and are not written to `org.yaml`.
    """

    email: str = ""
    management: bool = False
    monthly_cost: Money | None = None  # planned, a month
    role_name: str = ACCESS_ROLE
    description: str | None = None
    contacts: Mapping[str, Contact] = field(default_factory=_nothing)  # by kind: billing, operations, security
    state: str = "ACTIVE"  # PENDING_ACTIVATION ACTIVE SUSPENDED PENDING_CLOSURE CLOSED
    joined: str | None = None  # CREATED INVITED


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy of any of AWS's types; `content` is its JSON text, as written.

    `file` is the JSON file beside `org.yaml` that the text came from, if it did.
    """

    id: str
    handle: str
    name: str
    type: str
    content: str
    description: str = ""
    aws_id: str | None = None
    aws_managed: bool = False
    file: str | None = None
    tags: Mapping[str, str] = field(default_factory=_nothing)
    managed_by: str | None = None
    declared: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tags", frozen_map(self.tags))
        try:
            parsed = json.loads(self.content)
        except ValueError as error:
            raise DesignError(
                f"policy {self.handle} is not JSON: {error}", where=self.file, mend="Mend the JSON text."
            ) from None
        if not isinstance(parsed, dict):
            raise DesignError(
                f"policy {self.handle} is not a JSON object",
                where=self.file,
                mend='Start the document with { "Version": …',
            )

    @property
    def kind(self) -> str:
        return "policy"

    @property
    def document(self) -> dict[str, Any]:
        """The parsed text, a fresh object at each call."""
        parsed: dict[str, Any] = json.loads(self.content)
        return parsed

    @property
    def minified(self) -> str:
        """The document without white space, as it is sent to AWS: white space counts against the size."""
        return json.dumps(self.document, separators=(",", ":"), ensure_ascii=False)


Entity = Root | OrganizationalUnit | Account | Policy
Target = Root | OrganizationalUnit | Account

_KINDS: Final = {Root: "root", OrganizationalUnit: "ou", Account: "account"}

_ALLOW_ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
_ALLOW_ALL_RCP = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}'

FULL_AWS_ACCESS: Final = Policy(
    id="policy:FullAWSAccess",
    handle="FullAWSAccess",
    name="FullAWSAccess",
    type=SCP,
    content=_ALLOW_ALL,
    description="Allows access to every operation",
    aws_id="p-FullAWSAccess",
    aws_managed=True,
)
RCP_FULL_AWS_ACCESS: Final = Policy(
    id="policy:RCPFullAWSAccess",
    handle="RCPFullAWSAccess",
    name="RCPFullAWSAccess",
    type=RCP,
    content=_ALLOW_ALL_RCP,
    description="Allows access to every resource",
    aws_id="p-RCPFullAWSAccess",
    aws_managed=True,
)
# AWS attaches these by itself; in a design they are implied, never written. RCPFullAWSAccess cannot be detached.
IMPLIED: Final[Mapping[str, Policy]] = MappingProxyType({SCP: FULL_AWS_ACCESS, RCP: RCP_FULL_AWS_ACCESS})
