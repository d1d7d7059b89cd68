"""What a security engineer would say about the guardrails: each finding with its consequence and its mend.

A rule is a function that yields findings, and an entry in RULES that gives it a code, a severity and a source.
"""

from __future__ import annotations

from collections.abc import Collection

from orgkit.design import Organization, OrganizationalUnit, Policy, Problem, Target
from orgkit.design.checks.rule import Followed, Rule
from orgkit.design.touched import Touched
from orgkit.guardrails.lint import log_bucket, names, statements, tree
from orgkit.guardrails.lint.log_chain import log_chain
from orgkit.guardrails.lint.reading import Reading

_GUIDE = "https://docs.aws.amazon.com/organizations/latest/userguide/"
_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_SRA = "https://docs.aws.amazon.com/prescriptive-guidance/latest/security-reference-architecture/"
_CONFIG = "https://docs.aws.amazon.com/config/latest/developerguide/"
_CATALOGUE = "https://docs.aws.amazon.com/service-authorization/latest/reference/"


RULES: tuple[Rule, ...] = (
    Rule("malformed-policy", "error", names.malformed, _IAM + "reference_policies_grammar.html", of=Policy),
    Rule("unknown-action", "error", names.unknown_action, _CATALOGUE, of=Policy),
    Rule(
        "unknown-condition-key", "error", names.unknown_key, _IAM + "reference_policies_condition-keys.html", of=Policy
    ),
    Rule("placeholder-left", "warning", names.placeholder, _IAM + "reference_policies_variables.html", of=Policy),
    Rule("key-not-carried", "error", names.key_not_carried, _CATALOGUE, of=Policy),
    Rule(
        "operator-of-other-type",
        "error",
        names.operator_of_other_type,
        _IAM + "reference_policies_elements_condition_operators.html",
        of=Policy,
    ),
    Rule("catches-other-resources", "error", statements.other_resources, _CATALOGUE, of=Policy),
    Rule("twin-left-open", "warning", statements.twin_open, _CATALOGUE, of=Policy, sees="above"),
    Rule("never-matches", "error", statements.never_matches, _CATALOGUE, of=Policy),
    Rule(
        "shadowed-deny",
        "note",
        statements.shadowed,
        _GUIDE + "orgs_manage_policies_scps_evaluation.html",
        of=Policy,
        sees="above",
    ),
    Rule(
        "region-guard-blocks-global-services",
        "warning",
        statements.region_guard,
        _IAM + "reference_policies_condition-keys.html#condition-keys-requestedregion",
        of=Policy,
    ),
    Rule(
        "blocks-everything",
        "error",
        tree.blocks_everything,
        _GUIDE + "orgs_manage_policies_scps_evaluation.html",
        of=Target,
        sees="below",
    ),
    Rule(
        "allow-masked",
        "warning",
        tree.allow_masked,
        _GUIDE + "orgs_manage_policies_scps_evaluation.html",
        of=Policy,
        sees="above",
    ),
    Rule(
        "allow-list-without-effect",
        "warning",
        tree.allow_beside_full_access,
        _GUIDE + "orgs_manage_policies_scps_evaluation.html",
        of=Policy,
        sees="above",
    ),
    Rule(
        "no-guardrail",
        "note",
        tree.without_guardrail,
        _GUIDE + "orgs_manage_policies_scps.html",
        of=OrganizationalUnit,
        sees="around",
    ),
    Rule("locked-out", "error", tree.locked_out, _GUIDE + "orgs_manage_policies_scps.html"),
    Rule("log-bucket-refuses-writer", "error", log_bucket.refuses_writer),
    Rule("log-bucket-locked", "error", log_bucket.locked, _CONFIG + "manage-delivery-channel.html"),
    Rule("log-bucket-open-to-others", "warning", log_bucket.open_to_others, _IAM + "confused-deputy.html"),
    Rule("log-chain", "warning", log_chain, _SRA + "log-archive.html"),
)


def followed(codes: Collection[str] | None = None) -> Followed[Reading]:
    """The findings of all rules, or of some, about one organization, to be followed from edit to edit."""
    rules = [rule for rule in RULES if codes is None or rule.code in codes]
    return Followed(rules, Reading, hinge=lambda reading: reading.sound)


def lint(org: Organization, codes: Collection[str] | None = None) -> list[Problem]:
    """Every finding of every rule, or of those of some codes, about the guardrails and the chain of logging."""
    return followed(codes).problems(org, Touched.everything(org))
