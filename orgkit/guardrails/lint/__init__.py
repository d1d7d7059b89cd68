"""What a security engineer would say about the guardrails: each finding with its consequence and its mend.

A rule is a function that yields findings, and an entry in RULES that gives it a code, a severity and a source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from orgkit.design import Organization, Problem, Severity
from orgkit.design.checks.finding import where
from orgkit.guardrails.lint import names, statements, tree
from orgkit.guardrails.lint.reading import Finding, Reading
from orgkit.guardrails.log_bucket import log_bucket
from orgkit.guardrails.log_chain import log_chain

_GUIDE = "https://docs.aws.amazon.com/organizations/latest/userguide/"
_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_CATALOGUE = "https://docs.aws.amazon.com/service-authorization/latest/reference/"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a stable code, how much its findings matter, the function, and the page the rule comes from."""

    code: str
    severity: Severity
    find: Callable[[Reading], Iterable[Finding]]
    source: str


RULES: tuple[Rule, ...] = (
    Rule("malformed-policy", "error", names.malformed, _IAM + "reference_policies_grammar.html"),
    Rule("unknown-action", "error", names.unknown_action, _CATALOGUE),
    Rule("unknown-condition-key", "error", names.unknown_key, _IAM + "reference_policies_condition-keys.html"),
    Rule("placeholder-left", "warning", names.placeholder, _IAM + "reference_policies_variables.html"),
    Rule("key-not-carried", "error", names.key_not_carried, _CATALOGUE),
    Rule(
        "operator-of-other-type",
        "error",
        names.operator_of_other_type,
        _IAM + "reference_policies_elements_condition_operators.html",
    ),
    Rule("catches-other-resources", "error", statements.other_resources, _CATALOGUE),
    Rule("twin-left-open", "warning", statements.twin_open, _CATALOGUE),
    Rule("never-matches", "error", statements.never_matches, _CATALOGUE),
    Rule("shadowed-deny", "note", statements.shadowed, _GUIDE + "orgs_manage_policies_scps_evaluation.html"),
    Rule(
        "region-guard-blocks-global-services",
        "warning",
        statements.region_guard,
        _IAM + "reference_policies_condition-keys.html#condition-keys-requestedregion",
    ),
    Rule("blocks-everything", "error", tree.blocks_everything, _GUIDE + "orgs_manage_policies_scps_evaluation.html"),
    Rule("allow-masked", "warning", tree.allow_masked, _GUIDE + "orgs_manage_policies_scps_evaluation.html"),
    Rule(
        "allow-list-without-effect",
        "warning",
        tree.allow_beside_full_access,
        _GUIDE + "orgs_manage_policies_scps_evaluation.html",
    ),
    Rule("no-guardrail", "note", tree.without_guardrail, _GUIDE + "orgs_manage_policies_scps.html"),
    Rule("locked-out", "error", tree.locked_out, _GUIDE + "orgs_manage_policies_scps.html"),
)


def lint(org: Organization) -> list[Problem]:
    """Every finding of every rule about the service and resource control policies, and the chain of logging."""
    reading = Reading(org)
    found = [
        Problem(
            code=rule.code,
            severity=one.severity or rule.severity,
            where=where(org, one.node),
            message=one.message,
            fix=one.fix,
            node=one.node if one.node in org else None,
            source=one.source or rule.source,
        )
        for rule in RULES
        for one in rule.find(reading)
    ]
    return [*dict.fromkeys(found), *log_bucket(org), *log_chain(org)]
