"""Bills: FOCUS exports (https://focus.finops.org/focus-specification/) read from CSV, and rolled up over a design."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from orgkit.cost.answer import Rollup
from orgkit.cost.grouping import Item, roll_up
from orgkit.design import Organization
from orgkit.errors import FileError, InputError, did_you_mean

METRICS: Final = ("BilledCost", "EffectiveCost")
_NEEDED: Final = ("BilledCost", "EffectiveCost", "BillingCurrency", "SubAccountId", "ChargePeriodStart")
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Charge:
    """One row of a bill. `account` is None for what the organization as a whole is charged, such as tax or support."""

    account: str | None
    account_name: str
    start: str  # of the charge's period, as written
    category: str
    service: str
    region: str
    currency: str
    billed: Decimal
    effective: Decimal
    tags: Mapping[str, str]


def read_charges(path: str | Path) -> Iterator[Charge]:
    """The rows of a FOCUS 1.0 or 1.2 export as CSV (also gzipped), one at a time.

    `BilledCost` is what the invoice says; `EffectiveCost` spreads what was paid up front and need not match it. Amounts
    are read from text, so no digit is lost. Raises FileError with the line where a row is not what it should be.
    """
    path = Path(path)
    try:
        with _open(path) as file:
            yield from _read(file, path)
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FileError(f"cannot be read: {reason}", where=str(path), mend="Name a FOCUS export in CSV.") from None
    except UnicodeDecodeError:
        raise FileError("is not UTF-8 text", where=str(path), mend="Name a FOCUS export in CSV.") from None


def roll_up_charges(
    charges: Iterable[Charge],
    org: Organization,
    by: str = "ou",
    *,
    metric: str = "BilledCost",
    tag: str | None = None,
    under: str | None = None,
) -> Rollup:
    """A bill over the tree of a design, or by `account`, `owner` or `tag:KEY`, in each currency by itself.

    Accounts are matched by their AWS id, never by name. What has no account is a row of its own, and so is each account
    that is not in the design. By tag, a resource's own tag comes first, then the account's, then the nearest OU's.
    """
    if metric not in METRICS:
        raise InputError(f"a bill has no metric {metric!r} to add up", mend=did_you_mean(metric, METRICS))
    nodes = {account.aws_id: account.id for account in org.accounts() if account.aws_id is not None}

    def items() -> Iterator[Item]:
        for charge in charges:
            amount = charge.billed if metric == "BilledCost" else charge.effective
            number = charge.account or ""
            yield Item(nodes.get(number, number), charge.currency, amount, charge.tags, charge.account_name)

    return roll_up(org, by, items(), what=metric, tag=tag, under=under)


def _open(path: Path) -> io.TextIOBase:
    if path.suffix == ".gz":
        return io.TextIOWrapper(gzip.open(path), encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _read(file: Iterable[str], path: Path) -> Iterator[Charge]:
    rows = csv.DictReader(file, strict=True)
    try:
        header = rows.fieldnames or ()
        if missing := [name for name in _NEEDED if name not in header]:
            raise FileError(
                f"has no column {', '.join(missing)}", where=str(path), mend="Name a FOCUS 1.0 or 1.2 export in CSV."
            )
        for row in rows:
            yield _charge(row, f"{path}:{rows.line_num}")
    except csv.Error as error:
        raise FileError(f"is not CSV: {error}", where=f"{path}:{rows.line_num}") from None


def _charge(row: Mapping[str | None, str | None], place: str) -> Charge:
    if None in row or None in row.values():
        raise FileError("a row has more or fewer fields than the header", where=place)

    def text(column: str) -> str:
        value = row.get(column) or ""
        return "" if value == "NULL" else value

    if not (currency := text("BillingCurrency")):
        raise FileError("a row has no BillingCurrency", where=place)
    return Charge(
        account=_account(text("SubAccountId")),
        account_name=text("SubAccountName"),
        start=text("ChargePeriodStart"),
        category=text("ChargeCategory"),
        service=text("ServiceName"),
        region=text("RegionId"),
        currency=currency,
        billed=_amount(text("BilledCost"), "BilledCost", place),
        effective=_amount(text("EffectiveCost"), "EffectiveCost", place),
        tags=_tags(text("Tags"), place),
    )


def _account(number: str) -> str | None:
    """Spreadsheets take the leading zeros off AWS's twelve digits."""
    return (number.zfill(12) if number.isdigit() else number) or None


def _amount(text: str, column: str, place: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise FileError(f"{column} is {text!r}, which is no amount", where=place)
    return amount


def _tags(text: str, place: str) -> Mapping[str, str]:
    if not text:
        return _NOTHING
    tags = _parsed_tags(text)
    if tags is None:
        raise FileError(f"Tags is {text[:60]!r}, which is not a JSON object", where=place)
    return tags


@lru_cache(maxsize=4096)  # a bill repeats few sets of tags over many rows
def _parsed_tags(text: str) -> Mapping[str, str] | None:
    try:
        tags = json.loads(text)
    except ValueError:
        return None
    if not isinstance(tags, dict):
        return None
    return MappingProxyType(
        {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in tags.items()
            if value is not None
        }
    )
