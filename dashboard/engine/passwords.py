"""Which passwords are taken: length and not being guessable, no rules about kinds of characters."""

SHORTEST = 12
LONGEST = 128
COMMON = frozenset(
    [
        "000000000000",
        "111111111111",
        "123123123123",
        "123456123456",
        "123456789012",
        "1234567890123",
        "12345678901234",
        "123456789123",
        "1234567890ab",
        "1q2w3e4r5t6y",
        "1qaz2wsx3edc",
        "1qaz2wsx3edc4rfv",
        "abc123abc123",
        "abcd1234abcd",
        "abcdefghijkl",
        "abcdefghijklm",
        "adminadminadmin",
        "administrator",
        "administrator1",
        "asdfasdfasdf",
        "asdfghjkl123",
        "asdfghjklqwe",
        "changeme1234",
        "changemechangeme",
        "changethispassword",
        "computer1234",
        "correcthorsebatterystaple",
        "defaultpassword",
        "dragondragon",
        "football1234",
        "iloveyou1234",
        "iloveyouiloveyou",
        "iloveyousomuch",
        "letmein12345",
        "letmeinletmein",
        "letmeinplease",
        "ledgerline12",
        "ledgerline-demo",
        "ledgerlineledgerline",
        "mypassword123",
        "mypasswordis",
        "password1234",
        "password12345",
        "password123456",
        "password2024",
        "password2025",
        "password2026",
        "passwordpassword",
        "princess1234",
        "qazwsxedcrfv",
        "qazwsxedcrfvtgb",
        "qwerty123456",
        "qwertyqwerty",
        "qwertyuiop12",
        "qwertyuiop123",
        "qwertyuiopasdf",
        "qwertyuiopasdfghjkl",
        "secretpassword",
        "sunshine1234",
        "superman1234",
        "testtesttest",
        "thisismypassword",
        "trustno1trustno1",
        "welcome12345",
        "welcome123456",
        "welcomewelcome",
        "zaq12wsxcde3",
        "zxcvbnm12345",
        "zxcvbnmasdfghjkl",
    ]
)


def fault_of(password: str, *, email: str, name: str = "") -> str | None:
    """Why this password is not taken, in a sentence; None if it is."""
    plain = password.lower().strip()
    if len(password) < SHORTEST:
        return f"Give at least {SHORTEST} characters; a few words in a row are easy to remember."
    if len(password) > LONGEST:
        return f"Give at most {LONGEST} characters."
    if plain in COMMON or len(set(plain)) < 4:  # noqa: PLR2004 - two or three keys pressed again and again
        return "This password is among the first anybody would try; choose another."
    if plain in {email.lower(), email.lower().partition("@")[0] * 2} or plain == name.lower():
        return "Your password cannot be your own address or name."
    return None
