"""Control → Webhooks: who is told of events, and what was answered."""

from uuid import UUID

from flask import Blueprint, Response, abort, current_app, flash, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from dashboard.access import Permission, current_actor, now, requires
from dashboard.actions.add_webhook import NoSuchWebhookError, add_webhook, remove_webhook
from dashboard.actions.queue_delivery import NoSuchDeliveryError, redeliver
from dashboard.db import snapshot
from dashboard.engine.errors import InvalidInputError
from dashboard.engine.webhooks import Event, Reach
from dashboard.reports.webhooks import webhook_deliveries, webhook_endpoints
from dashboard.ui.htmx import redirect_to, render

bp = Blueprint("webhooks", __name__, url_prefix="/control/webhooks")

DELIVERIES_SHOWN = 50
EVENTS = (
    (Event.CREDITS_LOW, "a customer is down to 25% or 10% of the allowance"),
    (Event.CREDITS_DEPLETED, "a customer has no credits left"),
    (Event.CREDITS_REVERSED, "an incident batch gave a customer credits back, where it was to say so"),
    (Event.APPROVAL_REQUESTED, "a price is proposed, or something else waits for a second person"),
    (Event.APPROVAL_EXPIRING, "nobody has decided it, and its time is nearly over"),
    (Event.APPROVAL_DECIDED, "it was approved, rejected or withdrawn, or it expired"),
    (Event.PRICE_APPROVED, "a multiplier was approved, and holds from its start"),
)


@bp.get("")
@requires(Permission.WEBHOOKS_READ)
def index() -> Response:
    """List the endpoints and the latest deliveries."""
    return _list({})


@bp.post("")
@requires(Permission.WEBHOOKS_CHANGE)
def create() -> Response:
    """Add an endpoint and show its secret, once."""
    settings = current_app.config["LEDGERLINE"]
    url, events = request.form.get("url", ""), request.form.getlist("events")
    reach = Reach(settings.demo, settings.webhook_private)
    try:
        added = add_webhook(current_actor(), url, events, secret_key=settings.secret_key, reach=reach, now=now())
    except InvalidInputError as error:
        return _list(error.errors, 422)
    response = render("control/webhooks/created.html", url=url.strip(), events=events, secret=added.secret)
    response.status_code = 201
    return response


@bp.get("/<uuid:endpoint_id>/removal")
@requires(Permission.WEBHOOKS_CHANGE)
def ask_to_remove(endpoint_id: UUID) -> AnyResponse:
    """Say what removing means."""
    with snapshot() as connection:
        rows = webhook_endpoints.all(connection)
    row = next((row for row in rows if row.endpoint_id == endpoint_id), None)
    if row is None:
        abort(404)
    return render("control/webhooks/remove.html", row=row)


@bp.post("/<uuid:endpoint_id>/removal")
@requires(Permission.WEBHOOKS_CHANGE)
def remove(endpoint_id: UUID) -> Response:
    """Send it nothing any more."""
    try:
        removed = remove_webhook(current_actor(), endpoint_id, now=now())
    except NoSuchWebhookError:
        abort(404)
    if removed:
        flash("The webhook is removed; nothing more is sent there.", "good")
    else:
        flash("The webhook was removed already. Nothing was changed.", "info")
    return redirect_to(url_for("webhooks.index"))


@bp.post("/deliveries/<uuid:delivery_id>/redelivery")
@requires(Permission.WEBHOOKS_CHANGE)
def send_again(delivery_id: UUID) -> Response:
    """Queue a delivery once more."""
    try:
        redeliver(current_actor(), delivery_id, now=now())
    except NoSuchDeliveryError:
        abort(404)
    flash("The event is queued again, under the same id.", "good")
    return redirect_to(url_for("webhooks.index"))


def _list(errors: dict[str, str], status: int = 200) -> Response:
    with snapshot() as connection:
        endpoints = webhook_endpoints.all(connection)
        deliveries = webhook_deliveries.all(connection, most=DELIVERIES_SHOWN)
    response = render(
        "control/webhooks/index.html",
        endpoints=endpoints,
        deliveries=deliveries,
        events=EVENTS,
        errors=errors,
        typed=request.form,
        now=now(),
    )
    response.status_code = status
    return response
