"""Faults in the code: rules of the engine, doors left open, files that run formulas."""

from tests.faults.fault import Code, Fault, fault

GOLDEN = "engine/test_golden.py::test_"
CREDITS, RATING, CHARGING = "dashboard.engine.credits", "dashboard.engine.rating", "dashboard.engine.charging"

ENGINE = (
    fault(
        "credits are counted in floating point",
        f"{GOLDEN}g3_an_exact_value_is_never_rounded_up",
        Code(
            CREDITS,
            "        whole, rest = divmod(value_usd, step_usd)\n        return (whole + (1 if rest else 0)) * policy.increment",
            "        return -(-float(value_usd) // float(step_usd)) * float(policy.increment)",
        ),
    ),
    fault(
        "the engine rounds half up",
        f"{GOLDEN}g2_the_smallest_charge_is_one_increment[1-1]",
        Code(CREDITS, "(1 if rest else 0)", "(1 if 2 * rest >= step_usd else 0)"),
    ),
    fault(
        "multipliers are multiplied",
        f"{GOLDEN}the_first_rule_that_speaks_wins_and_rules_are_never_multiplied",
        Code(
            RATING,
            "return min(rules, key=_precedence, default=None)",
            "return max(rules, key=_precedence, default=None)",
        ),
    ),
    fault(
        "a missing cache rate is free",
        f"{GOLDEN}a_missing_cache_price_is_the_full_input_price_never_zero",
        Code(RATING, "(rates.uncached if rates.cached is None else rates.cached)", "(rates.cached or 0)"),
    ),
    fault(
        "an unknown price is zero",
        f"{GOLDEN}an_unpriced_model_has_no_cost_which_is_not_a_cost_of_zero",
        Code(RATING, "return None if price is None else computed", "return ZERO if price is None else computed"),
    ),
    fault(
        "the customer's own key is charged",
        f"{GOLDEN}a_customers_own_key_is_never_charged",
        Code(RATING, 'if usage.key_mode == "own":', 'if usage.key_mode == "never":'),
        Code(RATING, 'self.key_mode == "system" and ', ""),
    ),
    fault(
        "failed requests are charged",
        f"{GOLDEN}a_failed_request_costs_the_customer_nothing_even_if_it_cost_us[failed]",
        Code(RATING, '{"success", "cancelled"}', '{"success", "cancelled", "failed"}'),
    ),
    fault(
        "what comes first by id is drawn first",
        f"{GOLDEN}g12_what_expires_soonest_is_spent_first",
        Code(CHARGING, "return grant.expires_at or NEVER, grant.priority,", "return NEVER, grant.priority,"),
    ),
    fault(
        "the engine drops what is uncovered",
        f"{GOLDEN}g8_reported_usage_takes_what_is_there_and_the_rest_is_uncovered",
        Code(CHARGING, "return self.credits_due - self.credits_deducted", "return ZERO"),
    ),
)

DOORS = (
    fault(
        "a form is taken from anywhere",
        "test_authorisation.py::test_a_form_sent_from_elsewhere_changes_nothing[POST /sign-in]",
        Code("dashboard.access.guard", "or _refuse_foreign_form()", "or None"),
    ),
    fault(
        "a route may say nothing about who may use it",
        "test_routes.py::test_a_route_without_a_permission_keeps_the_app_from_starting",
        Code(
            "dashboard.access.policies",
            "if policy is None:",
            "if policy is None:\n            continue\n        if False:",
        ),
    ),
    fault(
        "every role may do everything",
        "actions/test_by_hand.py::test_only_support_admin_and_the_shell_ask",
        Code("dashboard.engine.permissions", "return permission in ALLOWED.get(role, frozenset())", "return True"),
    ),
    fault(
        "a line of the audit log is not sealed",
        "access/test_audit_chain.py::test_each_act_is_sealed_right_after_it",
        Code("dashboard.store.seals", "    newest = head.audit_id", "    return 0\n    newest = head.audit_id"),
    ),
    fault(
        "a name in a file may be a formula",
        "ui/test_exports.py::test_a_customer_cannot_name_themselves_a_formula[=]",
        Code("dashboard.ui.exports", 'FORMULA_STARTS = ("=",', 'FORMULA_STARTS = ("#",'),
    ),
    fault(
        "whoever asked may approve",
        "actions/test_by_hand.py::test_a_request_is_approved_by_another_person_an_admin_or_an_owner_only",
        Code("dashboard.engine.by_hand", "if person_id == requested_person_id:", "if False:"),
    ),
)

IN_CODE: tuple[Fault, ...] = (*ENGINE, *DOORS)
