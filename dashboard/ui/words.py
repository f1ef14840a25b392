"""What people did, in the words of people."""

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
    "approve_price": "Approved a price",
    "comment_on_price": "Commented on a price",
    "compare_prices": "Compared vendor prices",
    "correct_usage": "Posted corrections of usage",
    "create_api_key": "Made an API key",
    "draft_price": "Drafted a price",
    "edit_price": "Edited a proposed price",
    "expire_price": "A proposed price expired",
    "pricing_config": "Price",
    "reject_price": "Rejected a price",
    "roll_back_price": "Drafted going back to a price",
    "submit_price": "Submitted a price",
    "withdraw_price": "Withdrew a price",
    "disable_operator": "Disabled an operator",
    "enable_operator": "Enabled an operator",
    "end_vendor_price": "Ended a vendor's price",
    "end_sessions": "Ended sessions",
    "invite_again": "Made a new link",
    "invite_operator": "Invited an operator",
    "refuse_vendor_price": "Refused a vendor's price",
    "refuse_sign_in": "Sign-in refused",
    "prove_ledger": "Proved the ledger",
    "revoke_api_key": "Revoked an API key",
    "set_vendor_prices": "Set vendor prices",
    "sign_in": "Signed in",
    "sign_out": "Signed out",
}


def words(name: str) -> str:
    """Return a verb or a kind of object as people read it."""
    return WORDS.get(name) or name.replace("_", " ").capitalize()
