"""What is wrong with a design: structure, names, quotas, references and planned cost.

A rule is a function that yields findings, and an entry in RULES that gives it a code and a severity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from orgkit.design.checks import costs, limits, policies, references, services, spelling, tree
from orgkit.design.checks.finding import Finding, where
from orgkit.design.organization import Organization
from orgkit.design.problem import Problem, Problems, Severity

_USER_GUIDE = "https://docs.aws.amazon.com/organizations/latest/userguide/"
_API = "https://docs.aws.amazon.com/organizations/latest/APIReference/"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a stable code, how much its findings matter, the function, and the page the rule comes from."""

    code: str
    severity: Severity
    find: Callable[[Organization], Iterable[Finding]]
    source: str = ""


RULES: tuple[Rule, ...] = (
    Rule("too-many-accounts", "error", limits.accounts),
    Rule("too-many-ous", "error", limits.ous),
    Rule("ou-too-deep", "error", limits.ou_depth),
    Rule("too-many-policies", "error", limits.policies),
    Rule("policy-too-large", "error", limits.policy_size),
    Rule("policy-too-large-as-written", "note", limits.policy_white_space),
    Rule("too-many-attached", "error", limits.attached),
    Rule("no-scp-attached", "error", limits.attached_min),
    Rule("tag-limit", "error", limits.tags),
    Rule("tag-key", "error", spelling.tag_key, _USER_GUIDE + "orgs_tagging.html"),
    Rule("account-name", "error", spelling.account_name, _API + "API_CreateAccount.html"),
    Rule("account-name-repeated", "note", spelling.account_name_repeated),
    Rule("ou-name", "error", spelling.ou_name, _API + "API_CreateOrganizationalUnit.html"),
    Rule("policy-name", "error", spelling.policy_name, _API + "API_CreatePolicy.html"),
    Rule("policy-description", "error", spelling.policy_description, _API + "API_CreatePolicy.html"),
    Rule("role-name", "error", spelling.role_name, _API + "API_CreateAccount.html"),
    Rule("email-missing", "error", spelling.email_missing, _API + "API_CreateAccount.html"),
    Rule("email-form", "error", spelling.email_form, _API + "API_CreateAccount.html"),
    Rule(
        "needs-all-features",
        "error",
        policies.needs_all_features,
        _USER_GUIDE + "orgs_getting-started_concepts.html",
    ),
    Rule("policy-type-not-enabled", "error", policies.type_not_enabled, _USER_GUIDE + "enable-policy-type.html"),
    Rule("policy-type-unused", "note", policies.type_unused),
    Rule("policy-unattached", "note", policies.unattached),
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
    Rule("ou-empty", "note", tree.ou_empty),
    Rule("account-suspended", "warning", tree.account_suspended),
    Rule("account-closing", "note", tree.account_closing),
    Rule("budget-exceeded", "warning", costs.budget_exceeded),
    Rule("budget-currency", "warning", costs.budget_currency),
    Rule("currencies-mixed", "note", costs.currencies_mixed),
    Rule("required-tag-missing", "warning", costs.required_tag_missing),
    Rule("allocation-tag-unused", "note", costs.allocation_tag_unused),
)


def check(org: Organization) -> Problems:
    """Every finding of every rule, errors first; pure, and linear in the size of the organization."""
    return Problems(
        Problem(
            code=rule.code,
            severity=rule.severity,
            where=where(org, found.place),
            message=found.message,
            fix=found.fix,
            node=found.place if found.place in org else None,
            source=found.source or rule.source,
        )
        for rule in RULES
        for found in rule.find(org)
    )
