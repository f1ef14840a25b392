"""Faults in the rules the database keeps: rating, charging, summaries, asking first, giving back."""

from tests.faults.fault import Code, Fault, Function, Statement, fault
from tests.faults.in_giving_back import GIVING_BACK

STORIES = "machine/test_stories.py::test_"
EXPIRY_OF_ONE = "(expires_at is null or expires_at > event.request_started_at)"

RATING = (
    fault(
        "a missing cache price is zero",
        f"{STORIES}a_missing_cache_price_is_the_full_price_and_a_missing_price_no_price_of_zero[one]",
        Function(
            "charge_one",
            "coalesce(v_price.cache_hit_price_per_1k, v_price.input_price_per_1k)",
            "coalesce(v_price.cache_hit_price_per_1k, 0)",
        ),
    ),
    fault(
        "what has no price costs zero",
        f"{STORIES}a_missing_cache_price_is_the_full_price_and_a_missing_price_no_price_of_zero[one]",
        Function("charge_one", "when v_price.id is null then 'unpriced'", "when v_price.id is null then 'none'"),
    ),
    fault(
        "a request on the customer's own key is charged",
        f"{STORIES}neither_a_failed_request_nor_one_on_the_customers_own_key_is_charged[one]",
        Function("charge_one", "when event.key_mode = 'own' then 'none'", "when false then 'none'"),
        Function("charge_one", "is_charged := event.key_mode = 'system' and", "is_charged :="),
    ),
    fault(
        "a failed request is charged",
        f"{STORIES}neither_a_failed_request_nor_one_on_the_customers_own_key_is_charged[one]",
        Function("charge_one", "event.status in ('success', 'cancelled')", "true"),
    ),
    fault(
        "credits are rounded half up",
        f"{STORIES}a_charge_is_rounded_up_once[batch]",
        Function(
            "credits_for",
            "+ (p_value_usd > div(p_value_usd, p_unit_usd * p_increment) * p_unit_usd * p_increment)::int",
            "+ round(p_value_usd / (p_unit_usd * p_increment) - div(p_value_usd, p_unit_usd * p_increment))",
        ),
    ),
    fault(
        "a price holds after its end",
        f"{STORIES}a_price_that_ended_is_no_price[one]",
        Function("charge_one", "v_price.effective_until <= event.request_started_at", "false"),
    ),
    fault(
        "the high price begins at the threshold",
        f"{STORIES}above_the_threshold_the_high_price_holds_for_all_of_it[one]",
        Function("charge_one", "> v_price.context_threshold_tokens", ">= v_price.context_threshold_tokens"),
    ),
    fault(
        "the broadest multiplier wins",
        f"{STORIES}the_most_particular_multiplier_wins_alone[batch]",
        Function("rate_usage", "order by scope.rank, scope.model_id", "order by scope.rank desc, scope.model_id"),
    ),
    fault(
        "without a multiplier nothing is added",
        f"{STORIES}where_no_multiplier_speaks_it_is_one_and_a_half[batch]",
        Function("rate_usage", "coalesce(margin_multiplier, 1.5)", "coalesce(margin_multiplier, 1)"),
    ),
)

CHARGING = (
    fault(
        "a grant pays at the very instant of its expiry",
        f"{STORIES}a_grant_pays_until_just_before_its_expiry[one]",
        Function("charge_one", EXPIRY_OF_ONE, EXPIRY_OF_ONE.replace("at > ", "at >= ")),
    ),
    fault(
        "a grant of a batch pays at the very instant of its expiry",
        f"{STORIES}a_grant_pays_until_just_before_its_expiry[batch]",
        Function("charge_usage", "s_until[v_source] > v_row", "s_until[v_source] >= v_row"),
    ),
    fault(
        "a grant pays before it begins",
        f"{STORIES}a_grant_does_not_pay_before_it_begins[one]",
        Function("charge_one", "and effective_at <= event.request_started_at\n                and (", "and ("),
    ),
    fault(
        "grants are drawn by their ids",
        f"{STORIES}the_soonest_expiry_pays_first_whatever_the_ids_are[one]",
        Function("charge_one", "order by expires_at, priority, effective_at, id", "order by id"),
    ),
    fault(
        "priorities do not count",
        f"{STORIES}the_soonest_expiry_pays_first_whatever_the_ids_are[batch]",
        Function("charge_usage", "source.expires_at, source.priority,", "source.expires_at,"),
    ),
    fault(
        "what was not covered is dropped",
        f"{STORIES}what_the_balance_cannot_pay_is_uncovered[one]",
        Function("charge_one", "v_due - v_left, v_left,\n        coalesce", "v_due - v_left, 0,\n        coalesce"),
        Function(
            "charge_one",
            "v_value, v_unit, v_increment, v_due, v_due - v_left",
            "v_value, v_unit, v_increment, v_due - v_left, v_due - v_left",
        ),
    ),
    fault(
        "another body is taken for a replay",
        f"{STORIES}the_same_request_changes_nothing_and_another_body_is_refused[one]",
        Function("charge_one", "if v_known <> v_body then", "if false then"),
    ),
    fault(
        "a batch takes another body for a replay",
        f"{STORIES}the_same_request_changes_nothing_and_another_body_is_refused[batch]",
        Function("charge_usage", "when usage.body_sha256 = decode(event.body_sha256, 'hex') then", "when true then"),
    ),
    fault(
        "revenue is cut instead of rounded",
        f"{STORIES}a_grant_realises_what_was_paid_for_it_to_the_last_digit[batch]",
        Function("realised_through", "+ p_granted, 2 * p_granted", ", 2 * p_granted"),
    ),
    fault(
        "an expiry does not wait for late usage",
        f"{STORIES}an_expiry_is_posted_72_hours_later_and_not_before",
        Function("post_expiries", "+ p_grace <= p_now", "<= p_now"),
    ),
)

REPORTING = (
    fault(
        "a revoked key charges for five seconds more",
        "api/test_usage_at_once.py::test_a_key_revoked_a_moment_ago_reports_nothing_more",
        Function("charge_reported", "revoked_at is null and", "true and"),
    ),
    fault(
        "nobody hears that the cap is passed",
        "api/test_usage_at_once.py::test_usage_beyond_the_customers_own_cap_is_charged_and_says_so",
        Function("charge_reported", "monthly_cap_credits is not null", "false"),
    ),
)

TOGETHER = (
    fault(
        "a key revoked meanwhile charges with the others",
        "api/test_usage_together.py::test_a_key_revoked_meanwhile_charges_nothing_and_the_others_are_charged",
        Function("charge_together", "p_api_keys[v_place]", "null"),
    ),
    fault(
        "who is held keeps the others waiting",
        "api/test_usage_together.py::test_who_is_held_by_another_transaction_keeps_nobody_waiting",
        Function("charge_together", "skip locked", ""),
    ),
    fault(
        "who was held is not charged at all",
        "actions/test_charge_together.py::test_whom_another_transaction_holds_is_charged_alone",
        Code("dashboard.actions.charge_together", ' or turn.receipt.outcome == "busy"', ""),
    ),
)

SUMMARIES = (
    fault(
        "a charge writes no delta",
        f"{STORIES}summaries_say_the_same_folded_in_steps_rebuilt_or_waiting",
        Function("charge_one", "    from usage_row_delta\n    where", "    from usage_row_delta\n    where false and"),
    ),
    fault(
        "folding keeps what it folded",
        f"{STORIES}summaries_say_the_same_folded_in_steps_rebuilt_or_waiting",
        Function(
            "fold_usage",
            "delete from usage_delta\n        where id <= v_last\n        returning 1",
            "select from usage_delta\n        where id <= v_last",
        ),
    ),
    fault(
        "folding adds twice",
        f"{STORIES}summaries_say_the_same_folded_in_steps_rebuilt_or_waiting",
        Function(
            "fold_usage",
            "requests = usage_hourly_summary.requests + excluded.requests",
            "requests = usage_hourly_summary.requests + 2 * excluded.requests",
        ),
    ),
    fault(
        "folding movements adds twice",
        "pages/finance/test_liability.py::test_every_midnight_ties_to_the_books_folded_or_not",
        Function(
            "fold_movements",
            "credits_in = credit_movement_daily.credits_in + excluded.credits_in",
            "credits_in = credit_movement_daily.credits_in + 2 * excluded.credits_in",
        ),
    ),
    fault(
        "movements that were folded are not marked",
        "pages/finance/test_liability.py::test_every_midnight_ties_to_the_books_folded_or_not",
        Function("fold_movements", "do update set seq = excluded.seq", "do update set seq = credit_movement_mark.seq"),
    ),
    fault(
        "a reversal pays for its grant again",
        "pages/finance/test_liability.py::test_a_month_worked_out_by_hand",
        Statement(
            "create or replace view posting_movement as select draw.user_id, draw.seq, draw.source_id,"
            " cast(entry.created_at at time zone 'UTC' as date) as day, source.category, entry.reason,"
            " 1::bigint as postings, greatest(draw.amount, 0) as credits_in, greatest(-draw.amount, 0) as credits_out,"
            " case when draw.amount > 0 then source.paid_usd else 0 end as paid_in_usd,"
            " draw.realised_revenue_usd as realised_usd"
            " from credit_source_draw as draw"
            " join credit_deduction_ledger as entry on entry.user_id = draw.user_id and entry.seq = draw.seq"
            " join user_credit_source as source on source.user_id = draw.user_id and source.id = draw.source_id"
        ),
    ),
    fault(
        "a rebuild forgets what was given back",
        f"{STORIES}summaries_say_the_same_folded_in_steps_rebuilt_or_waiting",
        Function("rebuild_usage", "from ledger_delta", "from usage_row_delta"),
    ),
    fault(
        "charging waits for a rebuild",
        "store/test_two_at_once.py::test_charging_goes_on_while_everything_is_rebuilt_and_nothing_is_lost",
        Function(
            "rebuild_usage",
            "with forgotten as",
            "lock table usage_delta in share row exclusive mode; with forgotten as",
        ),
    ),
    fault(
        "a reversal writes no delta",
        f"{STORIES}summaries_say_the_same_folded_in_steps_rebuilt_or_waiting",
        Function("reverse_entry", "where reversal_delta.user_id", "where false and reversal_delta.user_id"),
    ),
)

ASKING = (
    fault(
        "holds do not count against what can be spent",
        f"{STORIES}what_is_held_cannot_be_spent_until_the_hold_is_over",
        Function("spendable_credits", "- held_credits(p_user, p_now)", ""),
    ),
    fault(
        "a hold is over only once somebody ends it",
        f"{STORIES}what_is_held_cannot_be_spent_until_the_hold_is_over",
        Function("held_credits", "and expires_at > p_now", ""),
    ),
    fault(
        "an expired grant can be spent until its expiry is posted",
        f"{STORIES}a_deduction_takes_only_what_is_valid_now_and_once",
        Function("spendable_credits", "and (expires_at is null or expires_at > p_now)", ""),
        Function("post_deduction", "and (expires_at is null or expires_at > p_at)", ""),
    ),
    fault(
        "a deduction takes another body for a replay",
        f"{STORIES}a_deduction_takes_only_what_is_valid_now_and_once",
        Function(
            "deduct_credits",
            "case when v_entry.body_sha256 = p_body_sha256 then 'replayed' else 'conflict' end",
            "'replayed'",
        ),
    ),
    fault(
        "a settled hold can be released",
        f"{STORIES}a_hold_is_settled_once_with_what_was_used_and_then_no_longer_released",
        Function("release_hold", "when v_hold.settled_at is not null then 'settled'", "when false then 'settled'"),
    ),
    fault(
        "the customer's own cap is not asked",
        f"{STORIES}a_customers_own_cap_refuses_what_asks_first_and_nothing_else",
        Function("deduct_credits", "when p_amount > v_answer.cap_left then 'over_cap'", "when false then 'over_cap'"),
    ),
)

IN_RULES: tuple[Fault, ...] = (*RATING, *CHARGING, *REPORTING, *TOGETHER, *SUMMARIES, *ASKING, *GIVING_BACK)
