"""One URL, two answers: the whole page, or the region htmx asked for."""

from collections.abc import Sequence

from flask import Response, make_response, render_template, request


def render(page: str, region: str | Sequence[str] | None = None, **context: object) -> Response:
    """Answer htmx with one region, and everybody else with the whole page.

    With several regions the one whose address is htmx's target answers; unknown targets, boosted
    links and a restored history entry get the page.
    """
    response = make_response(render_template(_wanted(region) or page, **context))
    return varied(response)


def refusal(status: int, message: str | None = None) -> Response:
    """Answer with the error page of this status; htmx gets a message at the top, and its page stays as it is."""
    if not wants_region():
        context = {} if message is None else {"description": message}
        return varied(make_response(render_template(f"errors/{status}.html", **context), status))
    template = render_template("shared/_problem.html", status=status, message=message)
    response = make_response(template, status)
    response.headers["HX-Retarget"] = "#shared-problem"
    response.headers["HX-Reswap"] = "outerHTML"
    response.headers["HX-Push-Url"] = "false"
    return varied(response)


def redirect_to(url: str) -> Response:
    """After a write: 303 for a form, `HX-Redirect` for htmx, which would swap the next page in."""
    if wants_region():
        return varied(Response(status=204, headers={"HX-Redirect": url}))
    return varied(Response(status=303, headers={"Location": url}))


def wants_region() -> bool:
    """Tell whether htmx will put the answer into a part of the page."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-Request-Type", "partial") != "full"
        and headers.get("HX-Boosted") != "true"
        and headers.get("HX-History-Restore-Request") != "true"
    )


def address(template: str) -> str:
    """Give the id of a region: `finance/margins/_table.html` is `finance-margins-table`."""
    return template.removesuffix(".html").replace("/_", "-").replace("/", "-").lstrip("_").replace("_", "-")


def varied(response: Response) -> Response:
    """Keep caches from giving a region to someone who asks for the page."""
    response.vary.update(("HX-Request", "HX-Request-Type", "HX-Target", "HX-History-Restore-Request"))
    return response


def _wanted(region: str | Sequence[str] | None) -> str | None:
    if region is None or not wants_region():
        return None
    if isinstance(region, str):
        return region
    target = request.headers.get("HX-Target", "").rpartition("#")[2]
    return next((template for template in region if address(template) == target), None)
