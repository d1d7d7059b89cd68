"""Faults come when asked for, the same for the same seed, and never unasked."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from orgkit.cloud import Faults, connect
from orgkit.cloud.server import serve
from orgkit.errors import InputError
from tests.cloud.clocks import StillClock
from tests.cloud.conftest import Way


def outcomes(client: Any, calls: int) -> list[str]:
    """What became of so many different calls."""
    seen = []
    for index in range(calls):
        try:
            client.create_organizational_unit(ParentId="r-zzzz", Name=f"ou{index}")
        except ClientError as error:
            seen.append(error.response["Error"]["Code"])
        except Exception as error:
            seen.append(type(error).__name__)
    return seen


def started(way: Way, clock: StillClock, faults: Faults) -> Any:
    client = way.begin(clock)
    client.create_organization()
    way.front.set_faults(faults)
    return client


def test_throttling_answers_too_many_requests(way: Way, clock: StillClock) -> None:
    seen = outcomes(started(way, clock, Faults(throttle=0.5)), 40)
    assert 10 < seen.count("TooManyRequestsException") < 30
    assert set(seen) == {"TooManyRequestsException", "ParentNotFoundException"}


def test_conflicts_answer_concurrent_modification(way: Way, clock: StillClock) -> None:
    client = started(way, clock, Faults(conflicts=1.0))
    assert set(outcomes(client, 5)) == {"ConcurrentModificationException"}


def test_a_call_that_cannot_conflict_does_not(way: Way, clock: StillClock) -> None:
    client = started(way, clock, Faults(conflicts=1.0))
    assert len(client.list_roots()["Roots"]) == 1


def test_a_timeout_does_nothing(way: Way, clock: StillClock) -> None:
    client = started(way, clock, Faults(timeouts=1.0))
    assert outcomes(client, 1)[0] in ("ReadTimeoutError", "ConnectionClosedError")
    way.front.set_faults(Faults(timeouts=1.0))
    with pytest.raises(Exception, match=r"timeout|closed"):
        client.create_account(Email="new@company.example", AccountName="x")
    way.front.set_faults(None)
    assert client.list_create_account_status()["CreateAccountStatuses"] == []


def test_a_lost_reply_was_carried_out(way: Way, clock: StillClock) -> None:
    client = started(way, clock, Faults(lost_replies=1.0))
    with pytest.raises(Exception, match=r"timeout|closed"):
        client.create_account(Email="new@company.example", AccountName="x")
    way.front.set_faults(None)
    assert len(client.list_create_account_status()["CreateAccountStatuses"]) == 1


def test_the_same_seed_makes_the_same_faults(way: Way, clock: StillClock) -> None:
    first = outcomes(started(way, clock, Faults(seed=1, throttle=0.3, conflicts=0.3)), 30)
    again = outcomes(started(way, clock, Faults(seed=1, throttle=0.3, conflicts=0.3)), 30)
    other = outcomes(started(way, clock, Faults(seed=2, throttle=0.3, conflicts=0.3)), 30)
    assert first == again != other


def test_a_repeated_call_may_fare_better(way: Way, clock: StillClock) -> None:
    client = started(way, clock, Faults(throttle=0.5))
    seen = {outcomes(client, 1)[0] for _ in range(20)}
    assert seen == {"TooManyRequestsException", "ParentNotFoundException"}


def test_published_rates_hold_a_burst_and_refill(way: Way, clock: StillClock) -> None:
    client = started(way, clock, Faults(throttle="published"))

    def create(index: int) -> str:
        try:
            client.create_account(Email=f"a{index}@company.example", AccountName="x")
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "ok"

    assert [create(index) for index in range(4)] == ["ok", "ok", "ok", "TooManyRequestsException"]
    clock.now += 10  # one in ten seconds
    assert [create(index) for index in range(4, 6)] == ["ok", "TooManyRequestsException"]


def test_a_creation_stays_in_progress_for_as_many_looks_as_asked(way: Way, clock: StillClock) -> None:
    client = started(way, clock, Faults(pending_polls=3))
    made = client.create_account(Email="new@company.example", AccountName="x")["CreateAccountStatus"]
    states = [
        client.describe_create_account_status(CreateAccountRequestId=made["Id"])["CreateAccountStatus"]["State"]
        for _ in range(4)
    ]
    assert states == ["IN_PROGRESS", "IN_PROGRESS", "IN_PROGRESS", "SUCCEEDED"]


def test_a_creation_nobody_looks_at_ends_by_the_clock(way: Way, clock: StillClock) -> None:
    client = started(way, clock, Faults(pending_polls=99))
    client.create_account(Email="new@company.example", AccountName="x")
    assert len(client.list_accounts()["Accounts"]) == 1
    clock.now += 301
    assert len(client.list_accounts()["Accounts"]) == 2


def test_a_creation_fails_with_the_reason_asked_for(way: Way, clock: StillClock) -> None:
    failures = (("new@company.example", "INTERNAL_FAILURE"),)
    client = started(way, clock, Faults(failures=failures))
    made = client.create_account(Email="new@company.example", AccountName="x")["CreateAccountStatus"]
    told = client.describe_create_account_status(CreateAccountRequestId=made["Id"])["CreateAccountStatus"]
    assert (told["State"], told["FailureReason"]) == ("FAILED", "INTERNAL_FAILURE")
    assert "AccountId" not in told


def test_creating_an_account_is_sent_once_although_other_calls_are_repeated(
    clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    lost = Faults(lost_replies=1.0)
    with serve(clock=clock, faults=lost) as server, connect(f"endpoint:{server.url}", attempts=3) as target:
        client = target.client("organizations")
        with pytest.raises(ConnectionClosedError):
            client.describe_organization()
        with pytest.raises(ConnectionClosedError):
            client.create_account(Email="new@company.example", AccountName="x")
        assert server.front.calls["organizations:DescribeOrganization"] == 3
        assert server.front.calls["organizations:CreateAccount"] == 1


@pytest.mark.parametrize("wrong", [{"throttle": "sometimes"}, {"conflicts": 1.5}, {"timeouts": -0.1}])
def test_shares_are_from_0_to_1(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Faults(**wrong)
