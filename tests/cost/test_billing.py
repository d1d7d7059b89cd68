"""Bills in FOCUS, read and rolled up over a design."""

from __future__ import annotations

import csv
import gzip
from decimal import Decimal
from pathlib import Path

import pytest

from orgkit.cost import Charge, read_charges, roll_up_charges
from orgkit.design import Money, Organization
from orgkit.errors import FileError, InputError
from tests.design.organizations import small

HEADER = "BilledCost,EffectiveCost,BillingCurrency,SubAccountId,SubAccountName,ChargePeriodStart,ServiceName,Tags"
ROWS = [
    '1.10,0.60,USD,111111111111,Shop,2026-01-01T00:00:00Z,Amazon EC2,"{""Team"": ""web""}"',
    "2.00,2.00,USD,11111111111,Shop,2026-01-01T00:00:00Z,Amazon S3,",
    "4.25,4.25,USD,222222222222,Shop (old name),2026-01-01T00:00:00Z,Amazon S3,NULL",
    "-0.25,-0.25,USD,222222222222,Shop,2026-01-02T00:00:00Z,Refund,{}",
    "3.00000000001,3,USD,,,2026-01-01T00:00:00Z,AWS Support,",
    "7,7,EUR,999999999999,Elsewhere,2026-01-01T00:00:00Z,Amazon S3,",
]


def bill(folder: Path, rows: list[str] = ROWS, header: str = HEADER) -> Path:
    path = folder / "bill.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def priced() -> Organization:
    org = small()
    org.set("shop", aws_id="111111111111", tags={"Team": "shop"})
    org.set("shop-prod", aws_id="222222222222")
    org.set("Production", tags={"Team": "sre"})
    return org


def test_a_bill_over_the_tree(tmp_path: Path) -> None:
    found = roll_up_charges(read_charges(bill(tmp_path)), priced())
    assert {(row.label, row.currency): row.rolled_up for row in found.rows} == {
        ("root", "EUR"): 0,
        ("Workloads", "EUR"): 0,
        ("Workloads/Production", "EUR"): 0,
        ("999999999999 Elsewhere", "EUR"): 7,
        ("root", "USD"): Decimal("5.10"),
        ("Workloads", "USD"): Decimal("5.10"),
        ("Workloads/Production", "USD"): 4,
        ("011111111111 Shop", "USD"): 2,
        ("(no account)", "USD"): Decimal("3.00000000001"),
    }
    assert found.totals == {"EUR": Money(Decimal(7), "EUR"), "USD": Money(Decimal("10.10000000001"))}
    assert found.strangers == ("011111111111 Shop", "999999999999 Elsewhere")
    assert "2 accounts are not in the design: 011111111111 Shop, 999999999999 Elsewhere" in str(found)
    assert found.unplanned == ()


def test_leading_zeros_that_a_spreadsheet_took_come_back(tmp_path: Path) -> None:
    org = priced()
    org.add_account("zero", "Workloads", email="zero@example.com", aws_id="011111111111")
    found = roll_up_charges(read_charges(bill(tmp_path)), org, "account")
    assert found.row("Workloads/zero").direct == 2


def test_effective_cost_by_choice(tmp_path: Path) -> None:
    found = roll_up_charges(read_charges(bill(tmp_path)), priced(), "account", metric="EffectiveCost")
    assert found.row("Workloads/shop").direct == Decimal("0.60")
    assert found.totals["USD"].amount == Decimal("9.60")
    assert found.what == "EffectiveCost"


def test_a_resources_tag_wins_over_the_accounts_and_that_over_the_ous(tmp_path: Path) -> None:
    found = roll_up_charges(read_charges(bill(tmp_path)), priced(), "tag:Team")
    assert {(row.label, row.currency): row.direct for row in found.rows} == {
        ("untagged", "EUR"): 7,
        ("sre", "USD"): 4,
        ("web", "USD"): Decimal("1.10"),
        ("untagged", "USD"): Decimal("5.00000000001"),
    }
    assert {part.origin for part in found.parts if part.key == "web"} == {"charge"}
    assert {part.origin for part in found.parts if part.key == "sre"} == {"ou:Workloads/Production"}
    assert found.untagged == ("011111111111 Shop", "(no account)", "999999999999 Elsewhere")


def test_below_an_ou_only_its_accounts_count(tmp_path: Path) -> None:
    found = roll_up_charges(read_charges(bill(tmp_path)), priced(), under="Workloads/Production")
    assert found.total.amount == 4
    assert found.strangers == ()


def test_an_account_billed_in_two_names_is_one(tmp_path: Path) -> None:
    found = roll_up_charges(read_charges(bill(tmp_path)), priced(), "account")
    assert [row.label for row in found.rows if row.node == "account:shop-prod"] == ["Workloads/Production/shop-prod"]


def test_a_gzipped_export_reads_as_the_plain_one(tmp_path: Path) -> None:
    plain = bill(tmp_path)
    packed = tmp_path / "bill.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert list(read_charges(packed)) == list(read_charges(plain))


def test_a_charge_has_its_facts(tmp_path: Path) -> None:
    first, *_, support, _ = read_charges(bill(tmp_path))
    assert first == Charge(
        account="111111111111",
        account_name="Shop",
        start="2026-01-01T00:00:00Z",
        category="",
        service="Amazon EC2",
        region="",
        currency="USD",
        billed=Decimal("1.10"),
        effective=Decimal("0.60"),
        tags={"Team": "web"},
    )
    assert support.account is None


def test_tags_that_are_no_texts_are_kept_as_json(tmp_path: Path) -> None:
    path = bill(tmp_path, ['1,1,USD,1,x,2026,s,"{""n"": 1, ""b"": true, ""none"": null}"'])
    (charge,) = read_charges(path)
    assert charge.tags == {"n": "1", "b": "true"}


WRONG = [
    ("a missing column", ["1"], "BilledCost", "has no column EffectiveCost, BillingCurrency"),
    ("an amount that is no number", ["x,1,USD,1,x,2026,s,"], HEADER, r"bill\.csv:2: BilledCost is 'x'"),
    ("an amount that is infinite", ["1,Infinity,USD,1,x,2026,s,"], HEADER, "EffectiveCost is 'Infinity'"),
    ("an amount that is missing", [ROWS[0], ",1,USD,1,x,2026,s,"], HEADER, r"bill\.csv:3: BilledCost is ''"),
    ("a row that is too short", ["1,1,USD"], HEADER, "more or fewer fields"),
    ("a row that is too long", [ROWS[1] + ",x"], HEADER, "more or fewer fields"),
    ("a row without currency", ["1,1,,1,x,2026,s,"], HEADER, "no BillingCurrency"),
    ("tags that are no JSON", ["1,1,USD,1,x,2026,s,{Team"], HEADER, "not a JSON object"),
    ("tags that are a list", ["1,1,USD,1,x,2026,s,[]"], HEADER, "not a JSON object"),
    ("an open quote", ['1,1,USD,1,"x'], HEADER, "is not CSV"),
    ("an empty file", [], "", "has no column"),
]


@pytest.mark.parametrize(("name", "rows", "header", "message"), WRONG, ids=[name for name, *_ in WRONG])
def test_refuses(tmp_path: Path, name: str, rows: list[str], header: str, message: str) -> None:
    with pytest.raises(FileError, match=message):
        list(read_charges(bill(tmp_path, rows, header)))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"nothing\.csv: cannot be read"):
        list(read_charges(tmp_path / "nothing.csv"))
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileError, match="not UTF-8"):
        list(read_charges(tmp_path / "bytes.csv"))
    (tmp_path / "no.csv.gz").write_bytes(b"plain text")
    with pytest.raises(FileError, match="cannot be read"):
        list(read_charges(tmp_path / "no.csv.gz"))


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(InputError, match='did you mean "BilledCost"'):
        roll_up_charges([], small(), metric="BiledCost")


def test_a_published_bill_foots_to_the_last_digit(samples: Path) -> None:
    path = samples / "focus" / "focus-1.0-sample.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    org = small()
    org.set("shop", aws_id="018938484842")
    for metric in ("BilledCost", "EffectiveCost"):
        expected = sum(Decimal(row[metric]) for row in rows)
        for by in ("ou", "account", "owner", "tag:business_unit"):
            found = roll_up_charges(read_charges(path), org, by, metric=metric)
            assert found.total.amount == expected == sum(row.direct for row in found.rows)
    found = roll_up_charges(read_charges(path), org)
    mine = sum(Decimal(row["BilledCost"]) for row in rows if row["SubAccountId"] == "18938484842")
    assert found.row("Workloads").rolled_up == mine
    assert len(found.strangers) == len({row["SubAccountId"] for row in rows}) - 1
