"""What `org.yaml` says beside the tree: organization settings, lenses, expectations, access, logging, baselines, cost.

Every class is a frozen value. Accounts are named by handle and OUs by path, as in the file; `Organization.find`
resolves them. A value that AWS gives only later is written as a reference, `{{account.log-archive.id}}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from orgkit.design.contacts import Contact

EMPTY: Mapping[str, Any] = MappingProxyType({})


def _empty() -> Mapping[str, Any]:
    return EMPTY


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretReference:
    """Where a secret is found at the moment of a call: `source` is env, file or secretsmanager. Never its value."""

    source: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonDocument:
    """A JSON text, inline or from a file beside `org.yaml`."""

    content: str
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens:
    """A scenario through which guardrails are read: who asks, from where, with which tags and other context keys.

    What a lens does not give stays unknown. `principal` is an ARN; `{{account.id}}` in it stands for the account asked
    about. `resource` is an ARN pattern's concrete stand-in, where a scenario needs one.
    """

    name: str
    description: str = ""
    principal: str | None = None
    region: str | None = None
    resource: str | None = None
    principal_tags: Mapping[str, str] = field(default_factory=_empty)
    context: Mapping[str, Any] = field(default_factory=_empty)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """A test of the guardrails: in `where`, the principals of the named lenses can, or cannot, do `actions`.

    `nobody` stands for every lens but those of `but`. `lenses` names scenarios, empty with `nobody`.
    """

    where: str  # an OU path or an account
    actions: tuple[str, ...]
    can: bool
    lenses: tuple[str, ...] = ()
    but: tuple[str, ...] = ()  # "nobody but …"
    resource: str | None = None
    context: Mapping[str, Any] = field(default_factory=_empty)
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedPrincipal:
    """A principal that no plan may lock out; `actions` it must keep, by default those that set an account up."""

    principal: str
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What was renamed, re-parented or given a new email: `old` is how AWS knows it, until a plan is applied.

    OU paths are paths of names; entries are read in order, each on what the ones before it left. A policy is known by
    its name and its type, `policy`; everything else has none. Edits only add entries: which of them were carried out
    is for a plan to find out.
    """

    old: str
    new: str
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """Something that may be deleted, closed, removed or detached.

    `kind`: policy, ou, close, leave, detach, role, permission_set, group, assignment or baseline. `source` is from
    where (root, an OU or an account): always with detach and assignment, perhaps with role and baseline. An assignment
    is GROUP/PERMISSION_SET. `retain_stacks`, of a baseline: its stacks stay in the accounts, and nothing manages them.
    """

    kind: str
    ref: str
    source: str | None = None
    retain_stacks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionSet:
    """An IAM Identity Center permission set; `session_duration` in seconds."""

    name: str
    description: str = ""
    session_duration: int = 3600
    managed_policies: tuple[str, ...] = ()
    inline_policy: JsonDocument | None = None
    permissions_boundary: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """An Identity Center group."""

    name: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A group gets a permission set in every account of `to` (accounts, OU paths, or root)."""

    group: str
    permission_set: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedRole:
    """A role of another account that may assume a role here."""

    account: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """An IAM role in member accounts that others may assume; `max_session` in seconds."""

    name: str
    to: tuple[str, ...]  # accounts and OU paths where the role stands
    trusts: tuple[TrustedRole, ...] = ()
    trusted_services: tuple[str, ...] = ()
    external_id: SecretReference | None = None
    max_session: int = 3600
    description: str = ""
    inline_policies: Mapping[str, JsonDocument] = field(default_factory=_empty)
    managed_policies: tuple[str, ...] = ()
    permissions_boundary: str | None = None
    tags: Mapping[str, str] = field(default_factory=_empty)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may come in: people through Identity Center, services through roles."""

    permission_sets: Mapping[str, PermissionSet] = field(default_factory=_empty)
    groups: Mapping[str, Group] = field(default_factory=_empty)
    assignments: tuple[Assignment, ...] = ()
    roles: Mapping[str, Role] = field(default_factory=_empty)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """The organization trail of CloudTrail."""

    name: str
    prefix: str = "cloudtrail"
    validation: bool = True
    multi_region: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigDelivery:
    """AWS Config's delivery to the archive and the organization's aggregator.

    `bucket` is one of its own, in the archive's account; None for the log bucket.
    """

    prefix: str = "config"
    aggregator: str | None = None
    bucket: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Logging:
    """Central logging: the bucket in the log archive account, and what writes to it. Retention in days."""

    account: str
    bucket: str
    bucket_policy: JsonDocument | None = None
    trail: Trail | None = None
    config: ConfigDelivery | None = None
    versioning: bool = True
    object_lock_days: int | None = None
    retention_days: int | None = None

    def per_bucket(self) -> tuple[Logging, ...]:
        """The section of each bucket alone, with what writes there: the log bucket's, then Config's if it has its own.

        Config's bucket keeps versions, expires like the log bucket, and never locks, as Config delivers to none that
        does: https://docs.aws.amazon.com/config/latest/developerguide/manage-delivery-channel.html
        """
        config = self.config
        if config is None or config.bucket is None or config.bucket == self.bucket:
            return (self,)
        theirs = replace(config, bucket=None)
        own = Logging(account=self.account, bucket=config.bucket, config=theirs, retention_days=self.retention_days)
        return replace(self, config=None), own


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    """Settings of a whole account, which CloudFormation has no resource for: each is a call of its own.

    `password_policy` has the fields of IAM's UpdateAccountPasswordPolicy. What is not said is left alone.
    """

    password_policy: Mapping[str, int | bool] = field(default_factory=_empty)
    ebs_encryption_by_default: bool = False  # in each of the baseline's regions
    s3_public_access_block: bool = False

    def items(self) -> tuple[tuple[str, Any], ...]:
        """The settings by name."""
        names = ("password_policy", "ebs_encryption_by_default", "s3_public_access_block")
        return tuple((name, getattr(self, name)) for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What accounts start with: a CloudFormation stack set, settings of the account, and where they go.

    `template` is the name of a file, from a loaded design a FileName with its text.
    """

    name: str
    to: tuple[str, ...]
    regions: tuple[str, ...] = ()  # empty: the organization's first region
    template: str | None = None
    description: str = ""
    parameters: Mapping[str, str] = field(default_factory=_empty)
    permission_model: str = "SERVICE_MANAGED"
    auto_deployment: bool = True
    max_concurrent: int = 1
    failure_tolerance: int = 0
    settings: AccountSettings | None = None
    actions: tuple[str, ...] = ()  # what it does in an account beyond what template and settings show
    role: str | None = None  # the role that carries a self-managed stack set out there; else the access role


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardDuty:
    """GuardDuty's administrator for the organization, and whose detectors it switches on: ALL, NEW or NONE."""

    administrator: str
    auto_enable: str = "ALL"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityHub:
    """Security Hub's administrator for the organization, and whether new accounts are members at once."""

    administrator: str
    auto_enable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CentralRootAccess:
    """Root users of member accounts looked after centrally; `remove_credentials` takes away those they still have."""

    sessions: bool = True
    remove_credentials: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """Security services of the organization."""

    guardduty: GuardDuty | None = None
    securityhub: SecurityHub | None = None
    ram_sharing: bool = False
    central_root_access: CentralRootAccess | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitTarget:
    """Who carries a part of a shared cost: an account, an OU or the root, or whoever has a tag (key and value).

    `weight` is a percentage with FIXED, a measure with USAGE, and None with the other methods.
    """

    place: str | None = None
    tag: tuple[str, str] | None = None
    weight: Decimal | None = None

    def __str__(self) -> str:
        return self.place or "tag:{}={}".format(*self.tag or ("", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitCharge:
    """The cost of `source`, an account or each account of an OU, is carried by others; lower steps are split first.

    An OU or a tag in `to` stands for its accounts but those that are split at this step or before. With EVEN each
    account carries the same, with PROPORTIONAL by its own cost; with FIXED and USAGE each target carries its weight, in
    even parts where it is several accounts.
    """

    name: str
    source: str
    method: str
    to: tuple[SplitTarget, ...]
    step: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CostAllocation:
    """Cost allocation tags, what every account must carry, and shared cost by name."""

    allocation_tags: tuple[str, ...] = ()
    required_tags: tuple[str, ...] = ()
    shared: Mapping[str, SplitCharge] = field(default_factory=_empty)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything `org.yaml` says beside the tree. `declared` holds the keys that were written."""

    features: str = "ALL"
    trusted_access: tuple[str, ...] = ()
    policy_types: tuple[str, ...] = ()
    delegated_administrators: Mapping[str, tuple[str, ...]] = field(
        default_factory=_empty
    )  # service principal → account handles
    partition: str = "aws"
    regions: tuple[str, ...] = ()  # the first is home
    limits: Mapping[str, int] = field(default_factory=_empty)
    protected_principals: tuple[ProtectedPrincipal, ...] = ()
    contacts: Mapping[str, Contact] = field(default_factory=_empty)  # of every account that names none of that kind
    lenses: Mapping[str, Lens] = field(default_factory=_empty)
    expectations: tuple[Expectation, ...] = ()
    access: Access | None = None
    logging: Logging | None = None
    baselines: Mapping[str, Baseline] = field(default_factory=_empty)
    security: Security | None = None
    cost: CostAllocation | None = None
    moved: tuple[Moved, ...] = ()
    remove: tuple[Removal, ...] = ()
    organization_id: str | None = None
    declared: frozenset[str] = field(default_factory=frozenset)

    @property
    def home_region(self) -> str:
        """The first region named, or us-east-1."""
        return self.regions[0] if self.regions else "us-east-1"
