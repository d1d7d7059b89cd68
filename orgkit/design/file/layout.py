"""The shape of `org.yaml`: every key there may be, what it holds, and what editors say about it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from orgkit.design import quotas
from orgkit.design.contacts import CONTACT_KINDS, Contact
from orgkit.design.entities import POLICY_TYPES
from orgkit.design.file.documents import FilePath, InlineJson
from orgkit.design.file.layout_cost import COST
from orgkit.design.file.layout_sections import (
    ACCESS,
    ACTIONS,
    BASELINE,
    EXPECTATION,
    LENS,
    LOGGING,
    MOVED,
    NAME,
    REMOVAL,
    SECURITY,
    TAGS,
)
from orgkit.design.file.plain import Plain
from orgkit.design.file.shape import (
    BAD,
    Amount,
    Choice,
    Flag,
    Key,
    Later,
    ListOf,
    MapOf,
    Reading,
    Record,
    Shape,
    Text,
    Whole,
)
from orgkit.design.file.yaml_nodes import MAP, Node
from orgkit.design.sections import ProtectedPrincipal

VERSION: Final = 1
MANAGEMENT_HANDLE: Final = "management"

# ---- the organization ------------------------------------------------------------------------------------------------


PROTECTED_RECORD: Final = Record(
    "principal and actions",
    (
        Key("principal", Text("an ARN"), "The ARN, or a pattern of ARNs", required=True),
        Key("actions", ACTIONS, "What it must keep; by default what the plan's later steps need"),
    ),
    ProtectedPrincipal,
    line=True,
)


@dataclass(frozen=True)
class Protected(Shape):
    """A principal that no plan may lock out: its ARN, or a map with the actions it must keep."""

    expected: str = "the ARN of a principal, or a map with principal and actions"

    def read(self, node: Node, place: str, reading: Reading) -> Any:
        if node.kind is MAP:
            return PROTECTED_RECORD.read(node, place, reading)
        value = Text(self.expected).read(node, place, reading)
        return BAD if value is BAD else ProtectedPrincipal(principal=value)

    def plain(self, value: ProtectedPrincipal) -> Plain:
        return PROTECTED_RECORD.plain(value) if value.actions else value.principal

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, PROTECTED_RECORD.schema()]}


_COMMON: Final = (
    Key("owner", NAME, "The team that answers for it"),
    Key("tags", TAGS, "Tags in AWS; a list that is written is complete"),
    Key(
        "policies",
        ListOf(Text("a policy"), distinct=True),
        "Policies attached right here; FullAWSAccess is implied",
    ),
    Key("full_aws_access", Flag(), "false takes the FullAWSAccess away that AWS attaches everywhere"),
    Key("budget", Amount(), "What it may cost a month, as in 9000 USD"),
    Key("managed_by", NAME, "Another tool that looks after it"),
)
CONTACT: Final = Record(
    "name, title, email and phone",
    (
        Key("name", NAME, "The name of the person or team", required=True),
        Key("title", NAME, "Their title or role", required=True),
        Key("email", Text("an email address", pattern=r"[^\s@]+@[^\s@]+"), "Where AWS writes to", required=True),
        Key("phone", Text("a phone number", pattern=r"[0-9\s()+-]{1,20}"), "Where AWS calls", required=True),
    ),
    Contact,
    line=True,
)
CONTACTS: Final = Record(
    "billing, operations and security",
    tuple(Key(kind, CONTACT, f"Whom AWS writes to about {kind}") for kind in CONTACT_KINDS),
    lambda **contacts: MappingProxyType(contacts),
    line=True,
    unmake=dict,
)
_ACCOUNT: Final = (
    Key(
        "email", Text("an email address", pattern=r"[^\s@]+@[^\s@]+"), "The email address of the account", required=True
    ),
    Key("name", NAME, "Its name in AWS, where that is not the key"),
    Key("id", Text("an account id of 12 digits", pattern=r"[0-9]{12}"), "Its id in AWS", "aws_id"),
    Key("description", Text(), "What it is for"),
    *_COMMON[:2],
    Key("monthly_cost", Amount(), "What it is planned to cost a month, as in 400 USD"),
    *_COMMON[2:],
    Key("contacts", CONTACTS, "Alternate contacts: billing, operations, security"),
    Key("role_name", NAME, "The role that AWS creates in it"),
)
ACCOUNT: Final = Record("an account", _ACCOUNT, line=True, ref="account")
MANAGEMENT: Final = Record(
    "the management account",
    (
        Key("handle", NAME, "How the file names it, where that is not management"),
        *(key if key.name != "email" else Key(key.name, key.shape, key.says) for key in _ACCOUNT),
        Key("ou", NAME, "The OU it stands in, where that is not the root"),
    ),
    line=True,
)

ORGANIZATION: Final = Record(
    "an organization",
    (
        Key(
            "id",
            Text("an organization id such as o-a1b2c3d4e5", pattern=r"o-[a-z0-9]{10,32}"),
            "Its id in AWS",
            "organization_id",
        ),
        Key("management", MANAGEMENT, "The account that owns the organization"),
        Key("features", Choice(("ALL", "CONSOLIDATED_BILLING")), "The feature set"),
        Key(
            "trusted_access",
            ListOf(Text("a service principal"), line=False, distinct=True),
            "Services that may work across the organization; a list that is written is complete",
        ),
        Key("policy_types", ListOf(Choice(POLICY_TYPES), distinct=True), "Policy types enabled on the root"),
        Key(
            "delegated_administrators",
            MapOf(ListOf(Text("an account"), single=True, distinct=True), "service principals"),
            "Accounts that administer a service, by service principal",
        ),
        Key("partition", Choice(("aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b")), "The partition"),
        Key("regions", ListOf(Text("a region"), least=1, distinct=True), "Regions in use; the first is home"),
        Key(
            "limits",
            MapOf(Whole(1), "limits", line=True, known=tuple(quotas.load().entries)),
            "Limits that AWS granted to this organization",
        ),
        Key(
            "protected_principals",
            ListOf(Protected(), line=False),
            "Principals that no plan may lock out",
        ),
        Key("contacts", CONTACTS, "Alternate contacts of every account that names none of that kind itself"),
    ),
)
POLICY: Final = Record(
    "a policy",
    (
        Key("type", Choice(POLICY_TYPES), "One of AWS's policy types", required=True),
        Key("name", NAME, "Its name in AWS, where that is not the key"),
        Key("description", Text(blank=True), "What it is for, in a sentence"),
        Key("file", FilePath(), "The JSON file that holds the document"),
        Key("content", InlineJson(), "The document itself"),
        Key("tags", TAGS, "Tags in AWS"),
        Key("id", Text("a policy id such as p-a1b2c3d4", pattern=r"p-[0-9A-Za-z_]{8,128}"), "Its id in AWS", "aws_id"),
        Key("managed_by", NAME, "Another tool that looks after it"),
    ),
    ref="policy",
)

# ---- the tree --------------------------------------------------------------------------------------------------------


def _ou_place(place: str, key: str) -> str:
    above = place.removesuffix(".ous").removeprefix("ou:")
    return f"ou:{key}" if above == "root" else f"ou:{above}/{key}"


@dataclass(frozen=True)
class Unit(Shape):
    """An OU: its body, or `include:` with the file that holds it."""

    expected: str = "a map with what the OU holds"

    def read(self, node: Node, place: str, reading: Reading) -> Any:
        pair = node.get("include") if node.kind is MAP else None
        if pair is None:
            return OU.read(node, place, reading)
        if len(node.value) > 1:
            other = next(key for key, _ in node.value if key.value != "include")
            reading.report(
                other, f"{other.value}: stands beside include:", "The included file holds everything about the OU."
            )
            return BAD
        path = FilePath().read(pair[1], f"{place}.include", reading)
        return BAD if path is BAD else reading.included(path, pair[1], OU, place)

    def schema(self) -> dict[str, Any]:
        return {"$ref": "#/$defs/ou"}


OUS: Final = MapOf(Unit(), "OUs", at=_ou_place)
ACCOUNTS: Final = MapOf(ACCOUNT, "accounts", at=lambda _, key: f"account:{key}")
_TREE: Final = (
    *_COMMON,
    Key("ous", Later(lambda: OUS), "The OUs right below, by name"),
    Key("accounts", ACCOUNTS, "The accounts right below, by name"),
)
OU: Final = Record(
    "what the OU holds",
    (
        Key("name", NAME, "Its name in AWS, where that is not the key"),
        Key(
            "id",
            Text("an OU id such as ou-a1b2-c3d4e5f6", pattern=r"ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}"),
            "Its id in AWS",
            "aws_id",
        ),
        *_TREE,
    ),
    ref="ou",
)
ROOT: Final = Record(
    "what the root holds",
    (Key("id", Text("a root id such as r-a1b2", pattern=r"r-[0-9a-z]{4,32}"), "Its id in AWS", "aws_id"), *_TREE),
)

# ---- the file --------------------------------------------------------------------------------------------------------

FILE: Final = Record(
    "an organization",
    (
        Key("orgkit", Whole(1), "The version of this file's form", required=True),
        Key("organization", ORGANIZATION, "What holds for the organization as a whole"),
        Key(
            "policies",
            MapOf(POLICY, "policies", at=lambda _, key: f"policy:{key}"),
            "Policies by name; they are attached in the tree",
        ),
        Key("root", ROOT, "The tree of OUs and accounts"),
        Key("lenses", MapOf(LENS, "lenses", key_as="name"), "Scenarios through which guardrails are read"),
        Key("expectations", ListOf(EXPECTATION, line=False), "Tests of the guardrails"),
        Key("access", ACCESS, "Who may come in: people and roles"),
        Key("logging", LOGGING, "The log archive, and what writes to it"),
        Key("baselines", MapOf(BASELINE, "stack sets", key_as="name"), "Stack sets and where they go, by name"),
        Key("security", SECURITY, "Security services of the whole organization"),
        Key("cost", COST, "Cost allocation tags, and shared cost"),
        Key("moved", ListOf(MOVED, line=False), "What was renamed or moved, until a plan is applied"),
        Key("remove", ListOf(REMOVAL, line=False), "What may be deleted, closed, removed or detached"),
    ),
)

# The settings beside the tree, in the order of the file; those under `organization:` are named in ORGANIZATION.
SECTIONS: Final = ("lenses", "expectations", "access", "logging", "baselines", "security", "cost", "moved", "remove")


def schema() -> dict[str, Any]:
    """The JSON Schema of `org.yaml`, for editors; a file that `include:` names holds what `$defs/ou` describes."""
    ou = OU.definition()
    ou["properties"]["include"] = {"description": "The file that holds this OU's body", **FilePath().schema()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "orgkit organization",
        "description": "The design of an AWS organization",
        **FILE.definition(),
        "$defs": {"account": ACCOUNT.definition(), "ou": ou, "policy": POLICY.definition()},
    }


if __name__ == "__main__":  # `make schema`
    Path(__file__).with_name("org.schema.json").write_text(
        json.dumps(schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
