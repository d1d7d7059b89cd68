"""What holds for every operation of Organizations: who may call it, and which parameters it needs."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from orgkit.cloud.capabilities import capability, gaps
from orgkit.cloud.organizations import SUPPORTED, ApiError, Call, Organizations
from orgkit.cloud.organizations.callers import OPEN_TO_MEMBERS
from orgkit.cloud.organizations.handshakes import OPEN_TO_OTHERS
from orgkit.cloud.organizations.limits import limits
from orgkit.cloud.organizations.shapes import service_model

PARAMETERS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "cases" / "operations.json").read_text("utf-8")
)
MANAGEMENT = "123456789012"


class Company:
    """An organization with two members, the second of which administers GuardDuty."""

    def __init__(self) -> None:
        self.service = Organizations(MANAGEMENT)
        self._calls = 0
        self.call("CreateOrganization", {})
        for name in ("member", "administrator"):
            made = self.call("CreateAccount", {"Email": f"{name}@company.example", "AccountName": name})
            self.call("DescribeCreateAccountStatus", {"CreateAccountRequestId": made["CreateAccountStatus"]["Id"]})
        self.member, self.administrator = [*self.service.organization.accounts][1:]  # type: ignore[union-attr]
        service = {"ServicePrincipal": "guardduty.amazonaws.com"}
        self.call("EnableAWSServiceAccess", service)
        self.call("RegisterDelegatedAdministrator", {"AccountId": self.administrator, **service})

    def call(self, operation: str, params: dict[str, Any], caller: str = MANAGEMENT) -> dict[str, Any]:
        self._calls += 1
        return self.service.call(Call(operation, params, caller, 0.0, Random(self._calls), limits()))

    def refusal(self, operation: str, params: dict[str, Any], caller: str = MANAGEMENT) -> tuple[str, str | None]:
        with pytest.raises(ApiError) as caught:
            self.call(operation, params, caller)
        return caught.value.code, caught.value.reason


def test_there_are_parameters_for_every_operation() -> None:
    assert PARAMETERS.keys() == SUPPORTED


def test_every_operation_of_aws_works_or_is_named_as_missing() -> None:
    named = {gap.operation for gap in gaps() if gap.service == "organizations" and not gap.supported}
    assert set(service_model().operation_names) == SUPPORTED | named
    assert not SUPPORTED & named
    for operation in service_model().operation_names:
        assert bool(capability("sandbox", "organizations", operation)) is (operation in SUPPORTED)


@pytest.mark.parametrize("operation", sorted(SUPPORTED - OPEN_TO_MEMBERS - OPEN_TO_OTHERS - {"CreateOrganization"}))
def test_a_member_may_not_call(operation: str) -> None:
    company = Company()
    assert company.refusal(operation, PARAMETERS[operation], company.member) == ("AccessDeniedException", None)


@pytest.mark.parametrize("operation", sorted(SUPPORTED - OPEN_TO_MEMBERS - OPEN_TO_OTHERS - {"CreateOrganization"}))
def test_a_delegated_administrator_may_read_and_no_more(operation: str) -> None:
    company = Company()
    try:
        company.call(operation, PARAMETERS[operation], company.administrator)
        denied = False
    except ApiError as error:
        denied = error.code == "AccessDeniedException"
    assert denied is not operation.startswith(("Describe", "List"))


@pytest.mark.parametrize("operation", sorted(SUPPORTED - OPEN_TO_OTHERS - {"CreateOrganization"}))
def test_an_account_outside_has_no_organization(operation: str) -> None:
    refused = Company().refusal(operation, PARAMETERS[operation], "999999999999")
    assert refused == ("AWSOrganizationsNotInUseException", None)


@pytest.mark.parametrize("operation", sorted(SUPPORTED))
def test_what_is_required_is_asked_for(operation: str) -> None:
    shape = service_model().operation_model(operation).input_shape
    for name in shape.required_members if shape is not None else ():
        without = {key: value for key, value in PARAMETERS[operation].items() if key != name}
        assert Company().refusal(operation, without) == ("InvalidInputException", "INPUT_REQUIRED")


def patterns() -> list[tuple[str, str, Any]]:
    """Every parameter with a pattern, at the top of every operation."""
    found = []
    for operation in sorted(SUPPORTED):
        shape = service_model().operation_model(operation).input_shape
        for name, member in shape.members.items() if shape is not None else ():
            pattern = member.metadata.get("pattern", "[\\s\\S]*") if member.type_name == "string" else "[\\s\\S]*"
            if pattern != "[\\s\\S]*" and not member.enum:
                found.append((operation, name, member))
    return found


@pytest.mark.parametrize(("operation", "name", "shape"), patterns(), ids=lambda value: str(value)[:40])
def test_what_has_a_form_keeps_to_it(operation: str, name: str, shape: Any) -> None:
    wrong = "\N{SNOWMAN}" * max(1, shape.metadata.get("min", 1))
    reasons = {"RoleName": "INVALID_ROLE_NAME", "TargetId": "INVALID_PATTERN_TARGET_ID"}
    refused = Company().refusal(operation, {**PARAMETERS[operation], name: wrong})
    assert refused == ("InvalidInputException", reasons.get(name, "INVALID_PATTERN"))
