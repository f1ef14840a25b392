"""What people did, in the words of people."""

WORDS = {
    "add_customers": "Added customers",
    "accept_invitation": "Took up the invitation",
    "add_demo_operators": "Added the demo accounts",
    "add_operator": "Added an operator",
    "api_key": "API key",
    "change_password": "Changed the password",
    "change_role": "Changed the role",
    "change_setting": "Changed a setting",
    "create_api_key": "Made an API key",
    "disable_operator": "Disabled an operator",
    "enable_operator": "Enabled an operator",
    "end_sessions": "Ended sessions",
    "invite_again": "Made a new link",
    "invite_operator": "Invited an operator",
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
