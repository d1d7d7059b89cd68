"""What is wrong with a design: structure, names, quotas, references and planned cost.

A rule is a function that yields findings, and an entry in RULES that gives it a code and a severity.
"""

from __future__ import annotations

from collections.abc import Collection

from orgkit.design.checks import costs, limits, policies, references, services, spelling, tree
from orgkit.design.checks.rule import Followed, Rule
from orgkit.design.entities import Account, Entity, OrganizationalUnit, Policy, Target
from orgkit.design.organization import Organization
from orgkit.design.problem import Problems
from orgkit.design.touched import Touched

_USER_GUIDE = "https://docs.aws.amazon.com/organizations/latest/userguide/"
_API = "https://docs.aws.amazon.com/organizations/latest/APIReference/"


RULES: tuple[Rule, ...] = (
    Rule("too-many-accounts", "error", limits.accounts),
    Rule("too-many-ous", "error", limits.ous),
    Rule("ou-too-deep", "error", limits.ou_depth, of=OrganizationalUnit),
    Rule("too-many-policies", "error", limits.policies),
    Rule("policy-too-large", "error", limits.policy_size, of=Policy),
    Rule("policy-too-large-as-written", "note", limits.policy_white_space, of=Policy),
    Rule("too-many-attached", "error", limits.attached, of=Target),
    Rule("no-scp-attached", "error", limits.attached_min, of=Target),
    Rule("tag-limit", "error", limits.tags, of=Entity),
    Rule("tag-key", "error", spelling.tag_key, _USER_GUIDE + "orgs_tagging.html", of=Entity),
    Rule("account-name", "error", spelling.account_name, _API + "API_CreateAccount.html", of=Account),
    Rule("account-name-repeated", "note", spelling.account_name_repeated),
    Rule("ou-name", "error", spelling.ou_name, _API + "API_CreateOrganizationalUnit.html", of=OrganizationalUnit),
    Rule("policy-name", "error", spelling.policy_name, _API + "API_CreatePolicy.html", of=Policy),
    Rule("policy-description", "error", spelling.policy_description, _API + "API_CreatePolicy.html", of=Policy),
    Rule("role-name", "error", spelling.role_name, _API + "API_CreateAccount.html", of=Account),
    Rule("email-missing", "error", spelling.email_missing, _API + "API_CreateAccount.html", of=Account),
    Rule("email-form", "error", spelling.email_form, _API + "API_CreateAccount.html", of=Account),
    Rule(
        "needs-all-features",
        "error",
        policies.needs_all_features,
        _USER_GUIDE + "orgs_getting-started_concepts.html",
    ),
    Rule(
        "policy-type-not-enabled",
        "error",
        policies.type_not_enabled,
        _USER_GUIDE + "enable-policy-type.html",
        of=Policy,
        sees="above",
    ),
    Rule("policy-type-unused", "note", policies.type_unused),
    Rule("policy-unattached", "note", policies.unattached, of=Policy),
    Rule(
        "policy-on-management-account",
        "warning",
        policies.on_management_account,
        _USER_GUIDE + "orgs_manage_policies_scps.html",
    ),
    Rule("service-principal", "error", services.service_principal, _USER_GUIDE + "orgs_integrate_services_list.html"),
    Rule(
        "delegated-administrator-untrusted",
        "error",
        services.delegated_without_trust,
        _API + "API_RegisterDelegatedAdministrator.html",
    ),
    Rule(
        "delegated-administrator-is-management",
        "error",
        services.delegated_to_management,
        _API + "API_RegisterDelegatedAdministrator.html",
    ),
    Rule("unknown-reference", "error", references.unknown),
    Rule("unknown-account-reference", "error", references.unknown_later),
    Rule("unknown-group", "error", references.unknown_group),
    Rule("unknown-permission-set", "error", references.unknown_permission_set),
    Rule("unknown-lens", "error", references.unknown_lens),
    Rule("moved-to-nothing", "warning", references.moved_to_nothing),
    Rule("management-missing", "warning", tree.management_missing),
    Rule("account-in-root", "note", tree.account_in_root),
    Rule("ou-empty", "note", tree.ou_empty, of=OrganizationalUnit, sees="below"),
    Rule("account-suspended", "warning", tree.account_suspended, of=Account),
    Rule("account-closing", "note", tree.account_closing, of=Account),
    Rule("budget-exceeded", "warning", costs.budget_exceeded, of=Target, sees="below"),
    Rule("budget-currency", "warning", costs.budget_currency, of=Target, sees="below"),
    Rule("currencies-mixed", "note", costs.currencies_mixed),
    Rule("required-tag-missing", "warning", costs.required_tag_missing, of=Account, sees="above"),
    Rule("allocation-tag-unused", "note", costs.allocation_tag_unused),
)


def followed(codes: Collection[str] | None = None) -> Followed[Organization]:
    """The findings of all rules, or of some, about one organization, to be followed from edit to edit."""
    rules = [rule for rule in RULES if codes is None or rule.code in codes]
    return Followed(rules, lambda org, before, touched: org)


def check(org: Organization, codes: Collection[str] | None = None) -> Problems:
    """Every finding of every rule, or of those of some codes; pure, and linear in the size of the organization."""
    return Problems(followed(codes).problems(org, Touched.everything(org)))
