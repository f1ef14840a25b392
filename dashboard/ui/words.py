"""What people did and why, in the words of people."""

from dashboard.engine.by_hand import DEDUCTION_REASONS, GRANT_REASONS
from dashboard.engine.reversals import REASONS

WORDS = {
    "accept_vendor_price": "Accepted a vendor's price",
    "add_customers": "Added customers",
    "accept_invitation": "Took up the invitation",
    "add_demo_operators": "Added the demo accounts",
    "add_credit_policy": "Another credit policy",
    "add_operator": "Added an operator",
    "add_tier_version": "A new version of a tier",
    "api_key": "API key",
    "change_password": "Changed the password",
    "change_role": "Changed the role",
    "change_tier": "Whether a tier is sold and in use",
    "change_setting": "Changed a setting",
    "approve": "Approved a request",
    "approve_price": "Approved a price",
    "cancel_impact": "Cancelled a replay",
    "cancel_incident_batch": "Cancelled the rest of an incident batch",
    "incident_batch": "Incident batch",
    "open_incident_batch": "Ordered an incident batch",
    "pause_incident_batch": "Paused an incident batch",
    "resume_incident_batch": "Let an incident batch go on",
    "retry_incident_batch": "Tried what failed of an incident batch again",
    "comment_on_price": "Commented on a price",
    "compare_prices": "Compared vendor prices",
    "correct_usage": "Posted corrections of usage",
    "create_api_key": "Made an API key",
    "draft_price": "Drafted a price",
    "edit_price": "Edited a proposed price",
    "expire_price": "A proposed price expired",
    "pricing_config": "Price",
    "reject": "Rejected a request",
    "reject_price": "Rejected a price",
    "roll_back_price": "Drafted going back to a price",
    "submit_price": "Submitted a price",
    "withdraw": "Withdrew a request",
    "withdraw_plan_change": "Withdrew a scheduled version of a plan",
    "withdraw_price": "Withdrew a price",
    "disable_operator": "Disabled an operator",
    "enable_operator": "Enabled an operator",
    "end_import": "Imported a file",
    "import_run": "Import",
    "end_vendor_price": "Ended a vendor's price",
    "end_sessions": "Ended sessions",
    "correction_run": "Corrections of usage",
    "impact_run": "Replay",
    "invite_again": "Made a new link",
    "invite_operator": "Invited an operator",
    "request_approval": "Asked a second person",
    "request_corrections": "Asked for corrections of usage",
    "request_impact": "Replayed real usage at another price",
    "refuse_vendor_price": "Refused a vendor's price",
    "refuse_sign_in": "Sign-in refused",
    "keep_scenario": "Kept a scenario",
    "remove_scenario": "Removed a kept scenario",
    "prove_ledger": "Proved the ledger",
    "revoke_api_key": "Revoked an API key",
    "set_vendor_prices": "Set vendor prices",
    "sign_in": "Signed in",
    "sign_out": "Signed out",
    "proof_run": "Ledger proof",
    "rotate_api_key": "Replaced an API key",
    "run_job": "Ran a job",
    "expire": "A request expired",
    "credit_entry": "Ledger entry",
    "deduct_credits": "Took credits over the API",
    "grant_credits": "Granted credits",
    "reverse_entry": "Gave credits back",
    "redeliver_webhook": "Sent a webhook again",
    "remove_webhook": "Removed a webhook",
    "add_webhook": "Added a webhook",
}

CAUSES = {**GRANT_REASONS, **DEDUCTION_REASONS, **REASONS}


def words(name: str) -> str:
    """Return a verb or a kind of object as people read it."""
    return WORDS.get(name) or name.replace("_", " ").capitalize()


def why(reason: str) -> str:
    """Return a reason as people read it: one of the lists by its title, any other as it was written."""
    return CAUSES.get(reason, reason)
