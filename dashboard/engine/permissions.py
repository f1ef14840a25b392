"""What can be done here, and which role may do it (domain §6)."""

from enum import StrEnum


class Permission(StrEnum):
    """One act on one kind of thing, as `scope:resource:action`."""

    OVERVIEW_READ = "analytics:overview:read"
    MARGINS_READ = "finance:margins:read"
    COSTS_READ = "finance:costs:read"
    LEDGER_READ = "finance:ledger:read"
    PROOF_READ = "control:proof:read"
    PROOF_RUN = "control:proof:run"
    SCHEMA_READ = "control:schema:read"
    OPERATORS_READ = "control:operators:read"
    OPERATORS_CHANGE = "control:operators:change"
    API_KEYS_READ = "control:api-keys:read"
    API_KEYS_CHANGE = "control:api-keys:change"
    SETTINGS_READ = "control:settings:read"
    SETTINGS_CHANGE = "control:settings:change"
    AUDIT_READ = "control:audit:read"
    JOBS_READ = "control:jobs:read"
    JOBS_RUN = "control:jobs:run"
    WEBHOOKS_READ = "control:webhooks:read"
    WEBHOOKS_CHANGE = "control:webhooks:change"
    ACCOUNTS_READ = "support:accounts:read"
    CREDITS_CHANGE = "support:credits:change"
    ERASURES_CHANGE = "support:erasures:change"
    APPROVALS_READ = "support:approvals:read"
    APPROVALS_CHANGE = "support:approvals:change"
    APPROVALS_DECIDE = "support:approvals:approve"
    PRICING_READ = "pricing:prices:read"
    PRICING_CHANGE = "pricing:prices:change"
    PRICING_APPROVE = "pricing:prices:approve"
    BILLING_READ = "billing:records:read"
    BILLING_CHANGE = "billing:records:change"
    COUPONS_CHANGE = "billing:coupons:change"
    REFUNDS_CHANGE = "billing:refunds:change"
    REFUNDS_APPROVE = "billing:refunds:approve"
    OWN_ACCOUNT = "account:own:change"


class Scope(StrEnum):
    """What an API key may be used for."""

    ANALYTICS_READ = "analytics:read"
    USAGE_WRITE = "usage:write"
    CREDITS_READ = "credits:read"
    CREDITS_WRITE = "credits:write"


_EVERYONE = frozenset({Permission.OWN_ACCOUNT, Permission.OVERVIEW_READ, Permission.LEDGER_READ})
_FIGURES = frozenset({Permission.MARGINS_READ, Permission.COSTS_READ, Permission.PRICING_READ})
_PROOF = frozenset({Permission.PROOF_READ, Permission.PROOF_RUN})
_READINGS = frozenset(permission for permission in Permission if permission.endswith(":read"))
_OWNERSHIP = frozenset(
    {
        Permission.OPERATORS_CHANGE,
        Permission.API_KEYS_CHANGE,
        Permission.SETTINGS_CHANGE,
        Permission.JOBS_RUN,
        Permission.WEBHOOKS_CHANGE,
    }
)
_ACCOUNTS = frozenset({Permission.ACCOUNTS_READ, Permission.APPROVALS_READ})
_CREDITS = frozenset({Permission.CREDITS_CHANGE})
_PRICES = frozenset({Permission.PRICING_CHANGE, Permission.PRICING_APPROVE, Permission.COUPONS_CHANGE})
# Plans, invoices and payments are looked after by those who talk to customers and to their money.
_BILLING = frozenset({Permission.BILLING_READ, Permission.BILLING_CHANGE})
# Money that goes back: support and finance ask, another of finance or an owner agrees.
_REFUNDS = frozenset({Permission.REFUNDS_APPROVE, Permission.APPROVALS_DECIDE})

ALLOWED: dict[str, frozenset[Permission]] = {
    "owner": _EVERYONE
    | _READINGS
    | _PROOF
    | _OWNERSHIP
    | _PRICES
    | {Permission.APPROVALS_CHANGE, Permission.ERASURES_CHANGE}
    | _REFUNDS,
    "admin": _EVERYONE
    | _FIGURES
    | _PROOF
    | _ACCOUNTS
    | _CREDITS
    | _PRICES
    | _BILLING
    | {Permission.SCHEMA_READ, Permission.APPROVALS_CHANGE, Permission.APPROVALS_DECIDE, Permission.ERASURES_CHANGE},
    "finance": _EVERYONE | _FIGURES | _PROOF | _ACCOUNTS | _BILLING | _REFUNDS | {Permission.REFUNDS_CHANGE},
    "support": _EVERYONE | _ACCOUNTS | _CREDITS | _BILLING | {Permission.REFUNDS_CHANGE},
    "auditor": _EVERYONE | _READINGS | _PROOF,
}
ROLES = tuple(ALLOWED)
PURPOSES = {
    "owner": "manages operators, keys and settings",
    "admin": "reads the figures and the proof, looks after prices",
    "finance": "reads revenue, cost, margin and the proof, looks after plans and invoices",
    "support": "reads accounts, the overview and ledger rows, gives credits back within limits",
    "auditor": "reads everything, changes nothing",
}


def may(role: str, permission: Permission) -> bool:
    """Whether this role may do this; a role nobody knows may do nothing."""
    return permission in ALLOWED.get(role, frozenset())


def deciders(permission: Permission) -> str:
    """Name who decides what needs this permission, in words."""
    return "somebody of finance or an owner" if permission == Permission.REFUNDS_APPROVE else "an admin or an owner"
