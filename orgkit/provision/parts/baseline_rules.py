"""What CloudFormation would refuse of a baseline: told before the first write, with the line of the template.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
"""

from __future__ import annotations

from typing import Final

from orgkit.cloud.looks import regions_of
from orgkit.design.sections import Baseline
from orgkit.design.template import read_template
from orgkit.errors import DesignError, MissingExtra, did_you_mean
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.template_lint import lint_template

LONGEST_BODY: Final = 51_200  # bytes of a template that is sent along with the call


def check_baseline(draft: Draft, baseline: Baseline) -> bool:
    """Whether a baseline's stack set can be planned; what is wrong with it is in the draft's `blocked`."""
    before = len(draft.blocked)
    text = getattr(baseline.template, "content", None)
    if text is None:
        _block(draft, baseline, "template-missing", f"the template {baseline.template} is not there", "Write the file.")
        return False
    _targets(draft, baseline)
    try:
        read_template(text)
    except DesignError as error:
        _block(draft, baseline, "template-unreadable", f"{baseline.template} {error.what}", error.mend or "")
        return False
    size = len(text.encode())
    if size > LONGEST_BODY:
        what = f"{baseline.template} has {size:,} bytes; CloudFormation takes {LONGEST_BODY:,}"
        _block(draft, baseline, "template-too-large", what, "Make two baselines of it.")
    _parameters(draft, baseline, text)
    _lint(draft, baseline, text)
    return len(draft.blocked) == before


def _block(draft: Draft, baseline: Baseline, code: str, message: str, fix: str, place: str = "template") -> None:
    draft.block(code, draft.design.where(f"baselines.{baseline.name}.{place}"), message, fix)


def _targets(draft: Draft, baseline: Baseline) -> None:
    if baseline.permission_model == "SELF_MANAGED":
        return
    accounts = [name for name in baseline.to if draft.design.find(name, "root", "ou", "account") not in _units(draft)]
    if accounts:
        _block(
            draft,
            baseline,
            "service-managed-account",
            f"a service-managed stack set goes to OUs, not to {', '.join(accounts)}",
            "Name an OU, or write permission_model: SELF_MANAGED.",
            "to",
        )


def _units(draft: Draft) -> set[str]:
    return {draft.design.root.id, *(ou.id for ou in draft.design.ous())}


def _parameters(draft: Draft, baseline: Baseline, text: str) -> None:
    known = read_template(text).parameters
    for name in baseline.parameters:
        if name not in known:
            what = f"the template {baseline.template} has no parameter {name}"
            _block(draft, baseline, "template-parameter", what, did_you_mean(name, known), "parameters")
    missing = [name for name, default in known.items() if default is None and name not in baseline.parameters]
    if missing:
        what = f"the template {baseline.template} needs {', '.join(missing)}, which the design does not give"
        _block(draft, baseline, "template-parameter", what, f"Write parameters: {{{missing[0]}: …}}.", "parameters")


def _lint(draft: Draft, baseline: Baseline, text: str) -> None:
    where = f"baselines.{baseline.name}.template"
    try:
        findings = lint_template(text, regions_of(draft.design, baseline))
    except MissingExtra as error:
        draft.hold("template-not-checked", where, error.what, error.mend or "", severity="warning")
        return
    for found in findings:
        place = f"{baseline.template}:{found.line}:{found.column}"
        mend = f"Mend the template; cfn-lint's rule {found.rule} tells more."
        if found.error:
            draft.block("template-refused", place, found.message, mend)
        else:
            draft.hold("template-warning", place, found.message, mend)
