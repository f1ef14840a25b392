"""Browsers by name, so that people recognise their sessions."""

_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def browser_name(user_agent: str | None) -> str:
    """Name what a User-Agent header claims to be: `Firefox on Linux`; it is never relied on."""
    given = user_agent or ""
    browser = _first(_BROWSERS, given) or given.partition("/")[0][:24] or "Unknown browser"
    system = _first(_SYSTEMS, given)
    return f"{browser} on {system}" if system else browser


def _first(known: tuple[tuple[str, str], ...], given: str) -> str | None:
    return next((name for mark, name in known if mark in given), None)
