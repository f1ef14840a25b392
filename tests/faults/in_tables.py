"""Faults in the tables and their locks: a constraint dropped, a right given, a lock forgotten or taken late."""

from tests.faults.fault import Fault, Function, Statement, fault

TABLES = "store/test_constraints.py::test_"
TWO = "store/test_two_at_once.py::test_"
BOOKS = "store/test_books.py::test_"
EYES = "store/test_four_eyes.py::test_"


def dropped(constraint: str, table: str = "credit_deduction_ledger") -> Statement:
    return Statement(f"alter table {table} drop constraint {constraint}")


CONSTRAINTS = (
    fault(
        "the chain of entries is not held",
        f"{TABLES}an_entry_starts_from_what_the_one_before_left",
        dropped("credit_deduction_ledger_chain"),
    ),
    fault(
        "the chain does not say when the one before was written",
        f"{TABLES}time_does_not_go_back_in_a_chain",
        Statement("alter domain sound_entry drop constraint only_the_first_has_no_previous"),
        Statement("alter domain sound_entry drop constraint time_does_not_run_back"),
    ),
    fault(
        "two reversals may start from one total",
        f"{TABLES}two_reversals_cannot_start_from_the_same_total",
        Statement("drop index credit_deduction_ledger_reversed_once"),
    ),
    fault(
        "the chain of reversals is not held",
        f"{TABLES}a_reversal_starts_from_what_was_given_back_before",
        dropped("credit_deduction_ledger_reversal_chain"),
    ),
    fault(
        "a reversal may say that more was taken",
        f"{TABLES}a_reversal_names_what_was_really_taken",
        dropped("credit_deduction_ledger_reversal"),
    ),
    fault(
        "a request may be charged by use and by deduction",
        f"{TABLES}a_request_is_charged_once_by_use_or_by_deduction",
        Statement("drop index credit_deduction_ledger_one_charge"),
    ),
    fault(
        "two prices of ours may hold at once",
        f"{TABLES}no_two_prices_of_ours_hold_at_once",
        dropped("pricing_configs_no_overlap", "pricing_configs"),
    ),
    fault(
        "two prices of a vendor may hold at once",
        f"{TABLES}no_two_prices_of_a_vendor_hold_at_once",
        dropped("model_provider_pricing_no_overlap", "model_provider_pricing"),
    ),
    fault(
        "a balance may be no number",
        f"{BOOKS}no_balance_is_negative_or_not_a_number['NaN']",
        Statement("alter domain sound_balance drop constraint amount_in_range"),
        Statement("alter domain sound_balance add constraint amount_in_range check ((value).amount >= 0)"),
    ),
    fault(
        "the app may change the ledger",
        f"{BOOKS}the_app_cannot_change_what_is_written[update {{}} set {{}} = {{}}-credit_deduction_ledger]",
        Statement("grant update on credit_deduction_ledger to ledgerline_app"),
    ),
    fault(
        "the app may change what a price says",
        f"{BOOKS}the_app_cannot_reach_round_the_books[update pricing_configs set margin_multiplier = 99]",
        Statement("grant update on pricing_configs to ledgerline_app"),
    ),
    fault(
        "the app may write the exemption of the seed",
        f"{BOOKS}the_app_cannot_approve_its_own_price_by_the_exemption_of_the_seed",
        Statement("grant insert on pricing_configs to ledgerline_app"),
        Statement("grant usage on sequence pricing_config_number to ledgerline_app"),
    ),
)

FOUR_EYES = (
    fault(
        "an account is compared instead of a person",
        f"{EYES}the_author_cannot_approve_under_another_account",
        Function("approve_price_at", "person_id = v_operator.person_id", "operator_id = v_operator.id"),
    ),
    fault(
        "what was seen is not compared",
        f"{EYES}what_was_not_seen_is_not_approved",
        Function("approve_price_at", "p_seen is distinct from price_seen_sha256(p_config, v_now)", "false"),
    ),
    fault(
        "any role may decide a price",
        f"{EYES}no_other_role_proposes_or_decides",
        Function("price_operator", "v_operator.role not in ('admin', 'owner')", "false"),
    ),
    fault(
        "whoever edited a price may approve it",
        f"{EYES}an_edit_after_submission_voids_what_was_submitted",
        Function(
            "draft_price_at",
            "config_id = p_edits and role in ('author', 'editor')",
            "config_id = p_edits and role = 'none'",
        ),
    ),
    fault(
        "the app may write who took part in a price",
        f"{EYES}the_app_reaches_prices_only_through_their_acts",
        Statement("grant insert on pricing_config_participant to ledgerline_app"),
    ),
)

LOCKS = (
    fault(
        "a charge reads the balance without its lock",
        f"{TWO}the_second_charge_starts_from_what_the_first_left[charge_one]",
        Function("charge_one", "for no key update", ""),
    ),
    fault(
        "a batch forgets to lock",
        f"{TWO}the_second_charge_starts_from_what_the_first_left[charge_usage]",
        # The insert waits for whoever changes the row it runs into, so it has to be kept from running into one.
        Function(
            "lock_balances",
            "as customer order by customer",
            "as customer where not exists (select from user_credit_balance where user_id = customer) order by customer",
        ),
        Function("lock_balances", "for no key update", ""),
    ),
    fault(
        "the time is taken before the lock",
        f"{TWO}the_second_charge_starts_from_what_the_first_left[charge_one]",
        Function(
            "charge_one",
            "else clock_timestamp() end,\n        v_last\n    )",
            "else statement_timestamp() end,\n        null\n    )",
        ),
    ),
    fault(
        "a request is looked for before the lock",
        f"{TWO}the_same_request_sent_twice_at_once_is_charged_once[charge_one]",
        Function(
            "charge_one",
            "    -- The one serialisation point",
            "    select body_sha256 into v_known from token_usage_ledger\n"
            "    where user_id = event.user_id and request_id = event.request_id;\n"
            "    -- The one serialisation point",
        ),
        Function(
            "charge_one",
            "    select body_sha256 into v_known\n    from token_usage_ledger\n"
            "    where user_id = event.user_id and request_id = event.request_id;\n    if found then",
            "    if v_known is not null then",
        ),
    ),
    fault(
        "a deduction sums what is left in the statement that locks",
        f"{TWO}a_deduction_sees_what_the_charge_before_it_took",
        Function(
            "deduct_credits",
            "perform lock_balances(array[p_user]);",
            "select spendable_credits(p_user, clock_timestamp()) into v_answer.spendable"
            " from user_credit_balance where user_id = p_user for update;",
        ),
        Function("deduct_credits", "v_answer.spendable := spendable_credits(p_user, v_answer.at);", ""),
    ),
    fault(
        "a hold is placed without the lock",
        f"{TWO}a_hold_sees_the_hold_before_it",
        Function("place_hold", "perform lock_balances(array[p_user]);", ""),
    ),
    fault(
        "a first balance is not made before it is locked",
        f"{TWO}the_very_first_charges_of_a_customer_make_one_chain",
        Function(
            "charge_one",
            "perform lock_balances(array[event.user_id]);",
            "if not exists (select from user_credit_balance where user_id = event.user_id) then"
            " insert into user_credit_balance (user_id) values (event.user_id); end if;",
        ),
    ),
    fault(
        "a reversal does not wait",
        f"{TWO}a_reversal_sees_the_reversal_before_it",
        Function("reverse_entry", "for no key update", ""),
    ),
)

IN_TABLES: tuple[Fault, ...] = (*CONSTRAINTS, *FOUR_EYES, *LOCKS)
