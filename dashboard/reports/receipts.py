"""What became of a request."""

from dashboard.engine.receipts import Receipt
from dashboard.sql import Query

usage_receipt = Query("charging/usage_receipt", Receipt)
