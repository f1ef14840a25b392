"""The kinds of columns: one name per unit, so that a model reads like the domain."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, FetchedValue, Integer, LargeBinary, Numeric, SmallInteger
from sqlalchemy import Text as TextType
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import MappedColumn, mapped_column

Text = Annotated[str, mapped_column(TextType)]
Texts = Annotated[list[str], mapped_column(ARRAY(TextType))]
Json = Annotated[Any, mapped_column(JSONB)]
Digest = Annotated[bytes, mapped_column(LargeBinary)]
Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]

Small = Annotated[int, mapped_column(SmallInteger)]
Whole = Annotated[int, mapped_column(Integer)]
Count = Annotated[int, mapped_column(BigInteger)]

Credits = Annotated[Decimal, mapped_column(Numeric(18, 6))]
# Costs and values in USD are exact: nothing is rounded on the way.
CostUsd = Annotated[Decimal, mapped_column(Numeric(30, 18))]
PricePer1k = Annotated[Decimal, mapped_column(Numeric(16, 10))]
MoneyUsd = Annotated[Decimal, mapped_column(Numeric(14, 2))]
Multiplier = Annotated[Decimal, mapped_column(Numeric(6, 4))]
Percent = Annotated[Decimal, mapped_column(Numeric(12, 4))]
Seconds = Annotated[Decimal, mapped_column(Numeric(12, 6))]
Temperature = Annotated[Decimal, mapped_column(Numeric(3, 2))]
# Sums are unconstrained: they must never overflow.
Sum = Annotated[Decimal, mapped_column(Numeric)]


def filled() -> MappedColumn[Any]:
    """Return a column the database fills when it is left out: a default, an identity or a generated value."""
    return mapped_column(server_default=FetchedValue())
