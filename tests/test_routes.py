"""Promises about every route: one policy each, kebab-case, and the app does not start otherwise."""

import re

import pytest
from flask import Flask

from dashboard.access import Permission, public, refuse_unguarded, requires
from dashboard.access.headers import CONTENT_SECURITY_POLICY
from dashboard.access.policies import UnguardedRouteError, policy_of
from dashboard.engine.permissions import ALLOWED
from tests.access.matrix import table
from tests.cast import OLGA, signed_in

KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.json)?")


def view() -> str:
    return "hello"


def test_addresses_are_in_kebab_case(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        words = [part for part in re.sub(r"<[^>]*>", "", rule.rule).split("/") if part]
        assert all(KEBAB.fullmatch(word) for word in words), rule.rule
        assert rule.rule == "/" or not rule.rule.endswith("/")


def test_every_route_has_exactly_one_policy(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        assert policy_of(app.view_functions[rule.endpoint]) is not None, rule.rule


def test_a_route_without_a_permission_keeps_the_app_from_starting(fresh_app: Flask) -> None:
    refuse_unguarded(fresh_app)
    fresh_app.add_url_rule("/canary", view_func=view)
    with pytest.raises(UnguardedRouteError, match=r"/canary \(view\) has no permission"):
        refuse_unguarded(fresh_app)


def test_a_route_with_two_policies_cannot_be_written() -> None:
    with pytest.raises(UnguardedRouteError, match="two policies"):
        public(requires(Permission.AUDIT_READ)(lambda: "hello"))
    with pytest.raises(UnguardedRouteError, match="names a permission"):
        requires()


def test_a_route_that_writes_is_for_sessions_or_for_keys_never_for_both(fresh_app: Flask) -> None:
    both = requires(Permission.SETTINGS_CHANGE, scope="usage:write")(lambda: "hello")
    fresh_app.add_url_rule("/canary", endpoint="canary", view_func=both, methods=["POST"])
    with pytest.raises(UnguardedRouteError, match="each its own route"):
        refuse_unguarded(fresh_app)


def test_every_permission_is_held_by_a_role_and_asked_for_by_a_name_of_three_parts() -> None:
    for permission in Permission:
        assert any(permission in allowed for allowed in ALLOWED.values()), permission
        assert re.fullmatch(r"[a-z-]+:[a-z-]+:(read|run|change|approve)", permission), permission


def test_only_an_owner_changes_operators_keys_and_settings_and_an_auditor_only_reads() -> None:
    for permission in (Permission.OPERATORS_CHANGE, Permission.API_KEYS_CHANGE, Permission.SETTINGS_CHANGE):
        assert [role for role, allowed in ALLOWED.items() if permission in allowed] == ["owner"]
    changes = {permission for permission in ALLOWED["auditor"] if permission.endswith(":change")}
    assert changes == {Permission.OWN_ACCOUNT}


def test_every_answer_carries_the_headers_that_protect_it(app: Flask) -> None:
    client = signed_in(app, OLGA)
    paths = [line.path for line in table() if line.method == "GET"]
    for path in (*paths, "/nowhere", "/static/nothing.js"):
        with client.get(path) as response:
            response.get_data()
            headers = response.headers
            assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY, path
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == "same-origin"
            assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
            if not path.startswith("/static/"):
                assert "private" in headers["Cache-Control"], path


def test_the_policy_allows_no_inline_script_style_or_frame() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    for rule in ("default-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"):
        assert rule in CONTENT_SECURITY_POLICY


def test_a_static_file_named_by_its_content_is_kept_for_ever_and_others_are_not(app: Flask) -> None:
    client = app.test_client()
    with client.get("/static/app.css?v=1") as versioned, client.get("/static/app.css") as plain:
        assert versioned.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "immutable" not in plain.headers.get("Cache-Control", "")
        assert "Set-Cookie" not in versioned.headers
