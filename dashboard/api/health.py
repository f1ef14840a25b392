"""GET /healthz: whether the web server answers. It asks nobody and tells nothing."""

from flask import Blueprint, Response, jsonify

from dashboard.access import public

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def show() -> Response:
    """Answer the same to everybody, without a look at the database."""
    return jsonify(status="ok")
