"""What every response tells the browser: run only our files, frame nothing, keep no page."""

from flask import Flask, Response, request

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
FOR_EVER = "public, max-age=31536000, immutable"
NOT_KEPT = "private, no-store"
STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"


def register(app: Flask) -> None:
    """Set the headers of every response, refusals and errors included."""
    app.after_request(_set)


def _set(response: Response) -> Response:
    response.headers.update(ALWAYS)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = STRICT_TRANSPORT
    if request.endpoint == "static":
        if "v" in request.args and response.status_code == 200:  # noqa: PLR2004 - OK
            response.headers["Cache-Control"] = FOR_EVER
    else:
        response.headers.setdefault("Cache-Control", NOT_KEPT)
    return response
