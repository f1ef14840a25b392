"""When an address cannot be answered: a page in plain words, or problem+json for a machine."""

from flask import Flask, Response, current_app, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from dashboard.access import problem
from dashboard.ui import htmx

WITH_PAGES = frozenset({400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503})
MACHINE_PATHS = ("/api/", "/admin/")
WORDS = {
    400: "The request could not be understood.",
    404: "There is nothing at this address.",
    405: "This address does not take this method.",
    413: "What was sent is too large.",
    500: "Something broke on our side; it is not your doing.",
    503: "The database cannot be reached right now. Try again in a moment.",
}


def register(app: Flask) -> None:
    """Answer every refusal and every fault of this app; details go to the log, never to the page."""
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(OperationalError, _unreachable)
    app.register_error_handler(Exception, _broken)


def _refused(error: HTTPException) -> Response:
    if error.response is not None and not isinstance(error.response, Response):
        return current_app.make_response(error.get_response())
    status = error.code or 500
    if status < 400:  # noqa: PLR2004 - a redirect raised by the router
        return current_app.make_response(error.get_response())
    answer = _answer(status)
    if status == 405:  # noqa: PLR2004 - RFC 9110 wants the methods named
        answer.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
    return answer


def _unreachable(error: OperationalError) -> Response:
    current_app.logger.error("The database did not answer: %s", error.orig)
    return _answer(503)


def _broken(error: Exception) -> Response:
    if current_app.config.get("PROPAGATE_EXCEPTIONS") or current_app.testing:
        raise error
    current_app.logger.error("Unhandled fault at %s %s", request.method, request.path, exc_info=error)
    return _answer(500)


def _answer(status: int) -> Response:
    if request.path.startswith(MACHINE_PATHS):
        return problem(status, f"{WORDS.get(status, 'The request was refused.')} Nothing was changed.")
    return htmx.refusal(status if status in WITH_PAGES else 400)
