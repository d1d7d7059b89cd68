"""Each rule, by what it says about a small organization with one thing wrong."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

import orgkit
from orgkit.design import Mark, Organization, Problems, Settings
from orgkit.design.checks import RULES, check
from orgkit.design.sections import Baseline
from tests.design.check_cases import FOUND, SILENT, Case
from tests.design.organizations import small, usd


@pytest.mark.parametrize("case", FOUND, ids=lambda case: case.name)
def test_finds(case: Case) -> None:
    org = small()
    case.spoil(org)
    found = [problem for problem in check(org) if problem.code == case.code]
    assert len(found) == 1, check(org)
    assert case.says in found[0].message
    assert case.mend in found[0].fix
    assert case.where in found[0].where
    assert found[0].severity == next(rule.severity for rule in RULES if rule.code == case.code)


@pytest.mark.parametrize(("name", "change"), SILENT, ids=[name for name, _ in SILENT])
def test_says_nothing_about(name: str, change: Callable[[Organization], object]) -> None:
    org = small()
    change(org)
    assert list(check(org)) == []


def test_every_rule_has_a_case_and_a_code_of_its_own() -> None:
    codes = [rule.code for rule in RULES]
    assert sorted(set(codes)) == sorted(codes)
    assert {case.code for case in FOUND} == set(codes)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)


def test_an_empty_organization_has_no_problems() -> None:
    assert list(check(Organization())) == []


def test_checking_changes_nothing() -> None:
    org, same = small(), small()
    check(org)
    assert org == same
    assert org.revision == same.revision


def test_problems_come_errors_first_and_show_themselves() -> None:
    org = small()
    org.add_ou("<b>Later")
    org.set("shop", email="")
    org.set("shop-prod", budget=usd(1))
    found = check(org)
    assert isinstance(found, Problems)
    assert [problem.severity for problem in found] == ["error", "warning", "note"]
    assert found.summary == "1 error, 1 warning, 1 note"
    assert found.at_least("warning").summary == "1 error, 1 warning"
    assert "<b>Later" not in found._repr_html_()
    assert found.to_json()[0]["code"] == "email-missing"
    assert found[0].node == "account:shop"


def test_a_place_in_the_settings_is_the_nearest_one_the_file_marks() -> None:
    settings = Settings(baselines={"base": Baseline(name="base", to=("Nowhere",))})
    marks = {"baselines.base": Mark("org.yaml", 7, 3)}
    (found,) = check(Organization(settings=settings, marks=marks))
    assert found.where == "org.yaml:7:3 (baselines.base.to)"
    assert found.node is None


def test_a_place_in_the_tree_has_file_line_and_path() -> None:
    org = small()
    org.marks = {"account:shop": Mark("org.yaml", 12, 7)}
    org.set("shop", email="")
    (found,) = check(org)
    assert found.where == "org.yaml:12:7 (Workloads/shop)"


def test_the_starter_has_no_errors_of_structure() -> None:
    assert list(check(orgkit.load(orgkit.STARTER)).at_least("error")) == []
