"""The shape of what stands beside the tree in `org.yaml`: access, logging, baselines, lenses, and so on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from orgkit.design.entities import POLICY_TYPES
from orgkit.design.file.documents import Document, TextFile
from orgkit.design.file.plain import Plain
from orgkit.design.file.shape import (
    BAD,
    Choice,
    Duration,
    Flag,
    Json,
    Key,
    ListOf,
    MapOf,
    Reading,
    Record,
    Shape,
    Text,
    Whole,
)
from orgkit.design.file.yaml_nodes import MAP, SCALAR, Node
from orgkit.design.sections import (
    Access,
    AccountSettings,
    Assignment,
    Baseline,
    CentralRootAccess,
    ConfigDelivery,
    Expectation,
    Group,
    GuardDuty,
    Lens,
    Logging,
    Moved,
    PermissionSet,
    Removal,
    Role,
    SecretReference,
    Security,
    SecurityHub,
    Trail,
    TrustedRole,
)
from orgkit.errors import DesignError

NAME: Final = Text("a name")
PREFIX: Final = Text("a prefix", blank=True)
NAMES: Final = ListOf(NAME, distinct=True)
PLACES: Final = ListOf(Text("an account, an OU path or root"), single=True, brackets=True, least=1, distinct=True)
ARNS: Final = ListOf(Text("an ARN"), distinct=True)
ACTIONS: Final = ListOf(Text("an action such as s3:CreateBucket"), single=True, least=1)
TAGS: Final = MapOf(Text("text", blank=True), "tags", line=True)

# ---- access ------------------------------------------------------------------------------------------------------


def _secret(**sources: str) -> SecretReference:
    if len(sources) != 1:
        raise DesignError("names several places for one secret", mend="Keep one of env, file and secretsmanager.")
    ((source, name),) = sources.items()
    return SecretReference(source=source, name=name)


SECRET_RECORD: Final = Record(
    "env, file or secretsmanager",
    (
        Key("env", Text("the name of an environment variable"), "The environment variable that holds it"),
        Key("file", Text("a path"), "The file that holds it, outside of the repository"),
        Key("secretsmanager", Text("an ARN"), "The ARN of a secret in AWS Secrets Manager"),
    ),
    _secret,
    line=True,
    unmake=lambda secret: {secret.source: secret.name},
)


@dataclass(frozen=True)
class Secret(Shape):
    """A secret by reference; never its value."""

    expected: str = "a reference to a secret"

    def read(self, node: Node, place: str, reading: Reading) -> Any:
        if node.kind is SCALAR:
            # The value is not repeated: messages end up in logs.
            reading.report(
                node,
                f"{place} should name a place where the secret is kept, not hold it",
                "Write {env: NAME}, {file: PATH} or {secretsmanager: ARN}.",
            )
            return BAD
        if node.kind is MAP and not node.value:
            return self.refuse(node, place, reading, "Write {env: NAME}, {file: PATH} or {secretsmanager: ARN}.")
        return SECRET_RECORD.read(node, place, reading)

    def plain(self, value: SecretReference) -> Plain:
        return SECRET_RECORD.plain(value)

    def schema(self) -> dict[str, Any]:
        return {**SECRET_RECORD.schema(), "minProperties": 1, "maxProperties": 1}


DESCRIPTION: Final = Key("description", Text(blank=True), "What it is for, in a sentence")

PERMISSION_SET: Final = Record(
    "a permission set",
    (
        DESCRIPTION,
        Key("session", Duration(), "How long a session lasts, as in 1h", into="session_duration"),
        Key("managed_policies", ARNS, "ARNs of managed policies"),
        Key("inline_policy", Document(), "A policy of its own"),
        Key("permissions_boundary", Text("an ARN"), "The ARN of a managed policy that bounds it"),
    ),
    PermissionSet,
)
GROUP: Final = Record("a group", (DESCRIPTION,), Group, line=True)
ASSIGNMENT: Final = Record(
    "group, permission_set and to",
    (
        Key("group", NAME, "A group of Identity Center", required=True),
        Key("permission_set", NAME, "What the group gets", required=True),
        Key("to", PLACES, "Where: accounts, OU paths, or root", required=True),
    ),
    Assignment,
    line=True,
)
TRUSTED_ROLE: Final = Record(
    "account and role",
    (
        Key("account", Text("an account"), "The account of the trusted role", required=True),
        Key("role", NAME, "The name of the trusted role", required=True),
    ),
    TrustedRole,
    line=True,
)
ROLE: Final = Record(
    "a role",
    (
        DESCRIPTION,
        Key("to", PLACES, "Where the role stands: accounts, OU paths, or root", required=True),
        Key("trusts", ListOf(TRUSTED_ROLE, line=True), "Roles of other accounts that may assume it"),
        Key("trusted_services", ListOf(Text("a service principal"), distinct=True), "Services that may assume it"),
        Key("external_id", Secret(), "Where the external id is kept"),
        Key("max_session", Duration(), "How long a session may last, as in 1h"),
        Key("inline_policies", MapOf(Document(), "policies by name"), "Policies of its own, by name"),
        Key("managed_policies", ARNS, "ARNs of managed policies"),
        Key("permissions_boundary", Text("an ARN"), "The ARN of a managed policy that bounds it"),
        Key("tags", TAGS, "Tags of the role"),
    ),
    Role,
)
ACCESS: Final = Record(
    "permission_sets, groups, assignments and roles",
    (
        Key("permission_sets", MapOf(PERMISSION_SET, key_as="name"), "What people may do, by name"),
        Key("groups", MapOf(GROUP, key_as="name"), "Groups of people, by name"),
        Key("assignments", ListOf(ASSIGNMENT, line=False), "Who gets what, where"),
        Key("roles", MapOf(ROLE, key_as="name"), "Roles that other accounts or services may assume, by name"),
    ),
    Access,
)

# ---- logging, baselines, security ----------------------------------------------------------------------------------

LOGGING: Final = Record(
    "account and bucket",
    (
        Key("account", Text("an account"), "The log archive account", required=True),
        Key("bucket", NAME, "The name of the bucket; may hold {{organization.id}}", required=True),
        Key("bucket_policy", Document(), "The policy of the bucket"),
        Key(
            "trail",
            Record(
                "a trail",
                (
                    Key("name", NAME, "The name of the trail", required=True),
                    Key("prefix", PREFIX, "The prefix of its objects; none where it is empty"),
                    Key("validation", Flag(), "Whether log files can be validated"),
                    Key("multi_region", Flag(), "Whether it covers every region"),
                ),
                Trail,
                line=True,
            ),
            "The organization trail of CloudTrail",
        ),
        Key(
            "config",
            Record(
                "a delivery",
                (
                    Key("prefix", PREFIX, "The prefix of its objects; none where it is empty"),
                    Key("aggregator", NAME, "The name of the organization's aggregator"),
                    Key("bucket", NAME, "A bucket of its own, without a lock, in the log archive account"),
                ),
                ConfigDelivery,
                line=True,
            ),
            "What AWS Config delivers",
        ),
        Key("versioning", Flag(), "Whether the bucket keeps versions"),
        Key("object_lock_days", Whole(1), "Days in which nobody can delete an object"),
        Key("retention_days", Whole(1), "Days after which objects expire"),
    ),
    Logging,
)
# IAM's UpdateAccountPasswordPolicy, field by field.
PASSWORD_POLICY: Final = Record(
    "a password policy",
    (
        Key("minimum_password_length", Whole(6), "Characters, at least; 6 to 128"),
        Key("require_symbols", Flag(), "Whether a password needs a symbol"),
        Key("require_numbers", Flag(), "Whether a password needs a digit"),
        Key("require_uppercase_characters", Flag(), "Whether a password needs a capital letter"),
        Key("require_lowercase_characters", Flag(), "Whether a password needs a small letter"),
        Key("allow_users_to_change_password", Flag(), "Whether users may change their own"),
        Key("max_password_age", Whole(1), "Days after which it expires; 1 to 1095"),
        Key("password_reuse_prevention", Whole(1), "How many earlier ones cannot be used again; 1 to 24"),
        Key("hard_expiry", Flag(), "Whether an expired one can no longer be changed by its user"),
    ),
    lambda **fields: MappingProxyType(fields),
    line=True,
    unmake=dict,
)
ACCOUNT_SETTINGS: Final = Record(
    "password_policy, ebs_encryption_by_default and s3_public_access_block",
    (
        Key("password_policy", PASSWORD_POLICY, "The password policy of IAM users"),
        Key("ebs_encryption_by_default", Flag(), "Whether new EBS volumes are encrypted, in the baseline's regions"),
        Key("s3_public_access_block", Flag(), "Whether public access to S3 is blocked for the account"),
    ),
    AccountSettings,
)
BASELINE: Final = Record(
    "a stack set, settings, or both",
    (
        DESCRIPTION,
        Key("template", TextFile(), "The CloudFormation template, a file below this folder"),
        Key("to", PLACES, "Where its instances go: accounts, OU paths, or root", required=True),
        Key("regions", ListOf(Text("a region"), distinct=True), "In which regions; by default the first one"),
        Key("parameters", TAGS, "Parameters of the template"),
        Key(
            "permission_model",
            Choice(("SERVICE_MANAGED", "SELF_MANAGED")),
            "Who keeps the roles that carry it out",
        ),
        Key("auto_deployment", Flag(), "Whether new accounts get it by themselves"),
        Key("max_concurrent", Whole(1), "How many accounts at the same time"),
        Key("failure_tolerance", Whole(), "How many accounts may fail before it stops"),
        Key("settings", ACCOUNT_SETTINGS, "Settings of the account that CloudFormation has no resource for"),
        Key("actions", ListOf(Text("an action")), "What else it does in an account, judged against the guardrails"),
        Key("role", NAME, "The role that carries a self-managed stack set out there; by default the access role"),
    ),
    Baseline,
)
SECURITY: Final = Record(
    "guardduty, securityhub, ram_sharing and central_root_access",
    (
        Key(
            "guardduty",
            Record(
                "administrator and auto_enable",
                (
                    Key("administrator", Text("an account"), "The account that administers it", required=True),
                    Key("auto_enable", Choice(("ALL", "NEW", "NONE")), "Whose detectors it switches on"),
                ),
                GuardDuty,
                line=True,
            ),
            "GuardDuty for the whole organization",
        ),
        Key(
            "securityhub",
            Record(
                "administrator and auto_enable",
                (
                    Key("administrator", Text("an account"), "The account that administers it", required=True),
                    Key("auto_enable", Flag(), "Whether new accounts are members at once"),
                ),
                SecurityHub,
                line=True,
            ),
            "Security Hub for the whole organization",
        ),
        Key("ram_sharing", Flag(), "Whether resources can be shared within the organization"),
        Key(
            "central_root_access",
            Record(
                "sessions and remove_credentials",
                (
                    Key("sessions", Flag(), "Whether privileged sessions as root of a member account can be had"),
                    Key("remove_credentials", Flag(), "Whether root credentials of member accounts are taken away"),
                ),
                CentralRootAccess,
                line=True,
            ),
            "Root users of member accounts, looked after from the management account",
        ),
    ),
    Security,
)

# ---- lenses and expectations ---------------------------------------------------------------------------------------

CONTEXT: Final = MapOf(Json(), "context keys", line=True)
LENS: Final = Record(
    "a lens",
    (
        DESCRIPTION,
        Key("principal", Text("an ARN"), "Who asks; {{account.id}} is the account that is asked about"),
        Key("region", Text("a region"), "The region of the request"),
        Key("resource", Text("an ARN"), "The resource, where a scenario needs one"),
        Key("principal_tags", TAGS, "Tags of the principal"),
        Key("context", CONTEXT, "Other context keys of the request"),
    ),
    Lens,
)


def _expectation(
    *,
    where: str,
    nobody: bool = False,
    but: tuple[str, ...] = (),
    lens: str | None = None,
    lenses: tuple[str, ...] | None = None,
    can: tuple[str, ...] | None = None,
    cannot: tuple[str, ...] | None = None,
    **others: Any,
) -> Expectation:
    if (can is None) == (cannot is None):
        raise DesignError("should have one of can and cannot", mend="Write can: ACTION, or cannot: ACTION.")
    if nobody + (lens is not None) + (lenses is not None) != 1:
        raise DesignError(
            "should say who is meant, once", mend="Write nobody: true, lens: NAME, or lenses: [NAME, NAME]."
        )
    if nobody and can is None:
        raise DesignError("says that nobody cannot do something", mend="Write nobody: true with can: ACTION.")
    if but and not nobody:
        raise DesignError("has but: without nobody: true", mend="Take but: out, or write nobody: true.")
    names = lenses or ((lens,) if lens is not None else ())
    actions = can or cannot or ()
    return Expectation(
        where=where, actions=actions, can=not nobody and can is not None, lenses=names, but=but, **others
    )


def _expectation_keys(value: Expectation) -> Mapping[str, Any]:
    if value.can and not value.lenses:
        raise DesignError("an expectation that something is allowed names no lens", mend="Name at least one.")
    keys: dict[str, Any] = {"in": value.where}
    if not value.lenses:
        keys |= {"nobody": True, "can": value.actions}
        if value.but:
            keys["but"] = value.but
    else:
        keys |= {"lens": value.lenses[0]} if len(value.lenses) == 1 else {"lenses": value.lenses}
        keys["can" if value.can else "cannot"] = value.actions
    if value.resource is not None:
        keys["resource"] = value.resource
    if value.context:
        keys["context"] = value.context
    if value.because:
        keys["because"] = value.because
    return keys


EXPECTATION: Final = Record(
    "in, can or cannot, and nobody or lens",
    (
        Key("in", Text("an account, an OU path or root"), "Where: an account, an OU path or root", "where", True),
        Key("nobody", Flag(), "Nobody, through whatever lens"),
        Key("but", ListOf(Text("a lens"), single=True, distinct=True), "Nobody but these lenses"),
        Key("lens", Text("a lens"), "The lens through which it is asked"),
        Key("lenses", ListOf(Text("a lens"), least=1, distinct=True), "The lenses through which it is asked"),
        Key("can", ACTIONS, "What is allowed; with nobody, what is not"),
        Key("cannot", ACTIONS, "What is not allowed"),
        Key("resource", Text("an ARN"), "On which resource"),
        Key("context", CONTEXT, "With which context keys"),
        Key("because", Text(), "Why"),
    ),
    _expectation,
    line=True,
    unmake=_expectation_keys,
)

# ---- moved and remove ----------------------------------------------------------------------------------------------

MOVED: Final = Record(
    "from and to",
    (
        Key("from", NAME, "How AWS knows it: an OU path, an email, or the name of a policy", "old", True),
        Key("to", NAME, "What it is from now on", "new", True),
        Key("policy", Choice(POLICY_TYPES), "Of a policy, its type"),
    ),
    Moved,
    line=True,
)


def _removal(source: str | None = None, retain_stacks: bool = False, **named: str) -> Removal:
    if len(named) != 1:
        raise DesignError(
            "should name one thing that may go",
            mend="Keep one of policy, ou, close, leave, detach, role, permission_set, group, assignment and baseline.",
        )
    ((kind, ref),) = named.items()
    if retain_stacks and kind != "baseline":
        raise DesignError("retain_stacks: goes with baseline: only", mend="Take it out.")
    if kind not in ("role", "baseline") and (kind in ("detach", "assignment")) != (source is not None):
        raise DesignError(
            "should have from: together with detach: or assignment:",
            mend="Write {detach: POLICY, from: TARGET} or {assignment: GROUP/PERMISSION_SET, from: TARGET}.",
        )
    return Removal(kind=kind, ref=ref, source=source, retain_stacks=retain_stacks)


REMOVAL: Final = Record(
    "what may go",
    (
        Key("policy", NAME, "A policy that may be deleted"),
        Key("ou", NAME, "An OU that may be deleted"),
        Key("close", NAME, "An account that may be closed"),
        Key("leave", NAME, "An account that may be removed from the organization"),
        Key("detach", NAME, "A policy that may be detached, even as the last guardrail"),
        Key("role", NAME, "A role of access: that may be deleted, from: where or everywhere"),
        Key("permission_set", NAME, "A permission set that may be deleted"),
        Key("group", NAME, "A group of Identity Center that may be deleted"),
        Key("assignment", NAME, "An assignment, GROUP/PERMISSION_SET, that may be taken away"),
        Key("baseline", NAME, "A stack set that may be deleted; with from: only from where the design has it no more"),
        Key("from", NAME, "From which root, OU or account", "source"),
        Key("retain_stacks", Flag(), "Of a baseline: whether its stacks stay in the accounts, managed by nobody"),
    ),
    _removal,
    line=True,
    unmake=lambda gone: {
        gone.kind: gone.ref,
        **({"from": gone.source} if gone.source is not None else {}),
        **({"retain_stacks": True} if gone.retain_stacks else {}),
    },
)
