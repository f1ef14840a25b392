"""How each law is broken: the statements of somebody who writes into the books as their owner."""

from tests.reports.small_books import LATE, SOON

REVERSAL = """
    insert into credit_deduction_ledger (
        user_id, seq, amount, balance_before, balance_after, reason, reverses_seq, reverses_amount, reversed_before,
        reversed_after, created_at, prev_created_at
    )
    select
        user_id, last_seq + {step}, {amount}, amount, amount + {amount}, 'reversal', {reverses}, -30, 0, {amount},
        last_created_at, last_created_at
    from user_credit_balance
    where user_id = '00000000-0000-4000-8000-000000000001'
"""
COPY_OF_PRICE = """
    insert into pricing_configs (
        scope_id, margin_multiplier, effective_from, reason, approval_status, approved_via, approved_at
    )
    select scope_id, 3, effective_from + interval '1 day', reason, 'approved', 'seed', approved_at
    from pricing_configs limit 1
"""
COPY_OF_VENDOR_PRICE = """
    insert into model_provider_pricing (
        provider_id, model_name, input_price_per_1k, output_price_per_1k, effective_from, detected_at, source,
        last_verified
    )
    select provider_id, model_name, 1, 1, effective_from + interval '1 day', detected_at, source, last_verified
    from model_provider_pricing
"""
# A difference that no price explains, half a cent too dear.
CORRECTION = """
    insert into usage_correction (
        user_id, request_id, n, vendor_cost, credit_value_usd, credits_due, credits_deducted, credits_uncovered,
        rounding_gain_usd, realised_revenue_usd, prices_request, price_id, reason, created_at, accounted_at
    )
    select user_id, request_id, 1, 0.005, 0, 0, 0, 0, 0, 0, false, price_id, 'none', created_at, accounted_at
    from token_usage_ledger
    limit 1
"""
SETTLED_HOLD = """
    insert into credit_hold (user_id, request_id, body_sha256, credits, placed_at, expires_at, settled_at)
    select id, id, sha256(''), 1, now(), now() + interval '1 minute', now() from users
"""
BATCH_NEVER_APPROVED = """
    insert into incident_batch (
        id, filter, cause, requested_by, requested_person_id, requested_at, approval_id, items_sha256, deductions,
        customers, credits, list_revenue_usd, state
    ) values (
        gen_random_uuid(), '{}', 'incident', gen_random_uuid(), gen_random_uuid(), now(), gen_random_uuid(), '', 1, 1, 1, 0,
        'running'
    )
"""
INVOICE_WITHOUT_LINES = """
    insert into billing_invoice (user_id, id, reason, period_start, period_end, status, total_usd, raised_at)
    select id, id, 'pack', now(), now(), 'open', 5, now() from users
"""
CREDIT_FROM_NOWHERE = """
    insert into account_credit (user_id, seq, amount_usd, balance_before, balance_after, origin, created_at)
    select id, 1, 5, 5, 10, 'void', now() from users
"""
PAYMENT_NOBODY_CLAIMED = """
    insert into payment_transaction (
        user_id, id, invoice_id, method, status, payment_object, amount_usd, applied_usd, created_at
    )
    select id, id, id, 'manual', 'succeeded', 'T-1', 5, 0, now() from users limit 1
"""
REFUND_OF_NOTHING = """
    insert into subscription_refund (
        user_id, id, invoice_id, refund_type, amount_usd, cause, credits_clawed_back, credits_lost, loss_usd, created_at
    )
    select id, id, id, 'dispute', 5, 'dispute', 0, 0, 0, now() from users
"""
PLAN_WITHOUT_PERIODS = """
    insert into subscription_monetization (
        user_id, tier, billing_cycle, status, base_price_usd, monthly_credit_allocation, reset_day_of_month, started_at,
        current_period_start, current_period_end, is_billed_here, next_due_at
    )
    select id, 'enterprise_max', 'monthly', 'active', 19, 0, 1, now(), now(), now() + interval '1 day', true, now()
    from users
"""
ALLOWANCE_OF_NOTHING = """
    insert into credit_allocation (
        user_id, subscription_id, allocation_period_start, allocation_period_end, amount, source, source_id
    )
    select id, id, now(), now() + interval '1 day', 5, 'subscription', id from users
"""
PRORATION_OF_NOTHING = """
    insert into proration_event (
        user_id, id, subscription_id, change_type, status, from_tier, to_tier, from_price_usd, to_price_usd,
        from_monthly_credits, to_monthly_credits, billing_start, billing_end, effective_date, unused_credit_value_usd,
        new_tier_prorated_cost_usd, discount_usd, net_charge_usd, credits_granted, credits_withdrawn, created_at
    )
    select id, id, id, 'upgrade', 'applied', 'pro', 'pro', 19, 19, 0, 0, now(), now(), now(), 0, 5, 0, 5, 7, 0, now()
    from users
"""
COUPON_USED_TOO_OFTEN = """
    insert into coupon_usage_limit (coupon_id, max_uses, total_uses, last_number) values (gen_random_uuid(), 1, 2, 2)
"""
GRANT_OF_NO_REDEMPTION = """
    insert into coupon (
        id, code, version, coupon_type, discount_type, discount_value, max_uses_per_user, tier_eligibility, billing_cycles,
        valid_from, credits_live_days, is_active, created_at, updated_at
    ) values (
        gen_random_uuid(), 'SPRING', 1, 'duration_bonus', 'credits', 20, 1, '{pro}', '{monthly}', now(), 30, true, '2000-01-01', now()
    );
    update user_credit_source set source = 'coupon_promotion', origin = 'Coupon SPRING'
"""
CAMPAIGN_NOBODY_APPROVED = """
    insert into coupon_campaign (
        id, version, campaign_name, campaign_type, start_date, end_date, budget_limit_usd, is_active, created_at, updated_at
    ) values (gen_random_uuid(), 1, 'Spring', 'seasonal', now(), now() + interval '1 day', 1, true, now(), now())
"""
TAMPERING = [
    ("balances_equal_ledger_head", "update user_credit_balance set amount = amount + 1"),
    ("balances_equal_ledger_head", "update user_credit_balance set last_seq = last_seq + 1"),
    ("balances_equal_ledger_head", "delete from user_credit_balance"),
    ("chains_have_no_gap", "delete from credit_deduction_ledger where seq = 2"),
    ("chains_have_no_gap", "update credit_deduction_ledger set balance_before = balance_before + 1 where seq = 3"),
    (
        "chains_have_no_gap",
        "update credit_deduction_ledger set created_at = created_at - interval '1 day' where seq = 3",
    ),
    ("postings_sum_to_entries", "update credit_source_draw set amount = amount - 1 where seq = 3"),
    ("postings_sum_to_entries", "delete from credit_source_draw where seq = 3"),
    ("postings_sum_to_remaining", "update user_credit_source set remaining = remaining + 1"),
    ("postings_sum_to_remaining", "update credit_source_draw set remaining_after = remaining_after + 1 where seq = 3"),
    ("reasons_sum_to_remaining", "update credit_deduction_ledger set amount = amount - 1 where seq = 3"),
    (
        "soonest_expiry_drawn_first",
        f"update user_credit_source set expires_at = expires_at - interval '4 hours' where id = '{LATE}'",
    ),
    ("soonest_expiry_drawn_first", "update token_usage_ledger set credits_uncovered = 1"),
    ("due_is_deducted_plus_uncovered", "update token_usage_ledger set credits_uncovered = credits_uncovered + 1"),
    (
        "due_is_deducted_plus_uncovered",
        "update token_usage_ledger set credits_due = credits_due + 1, credits_deducted = credits_deducted + 1",
    ),
    (
        "one_charge_per_request",
        f"update credit_deduction_ledger set request_id = '{SOON}' where reason = 'usage'",
    ),
    ("one_usage_row_per_charge", "delete from token_usage_ledger"),
    ("one_usage_row_per_charge", "update token_usage_ledger set deduction_seq = deduction_seq + 1"),
    ("providers_are_known", "update token_usage_ledger set provider_id = gen_random_uuid()"),
    ("settled_holds_have_usage", SETTLED_HOLD),
    ("deductions_were_asked_for", "update credit_deduction_ledger set reason = 'deduct' where seq = 3"),
    (
        "request_ids_belong_to_one_customer",
        (
            "update token_usage_ledger set request_id = '00000000-0000-4000-8000-000000000065'"
            " where request_id = '00000000-0000-4000-8000-000000000067'"
        ),
    ),
    ("reversals_within_deductions", REVERSAL.format(step=1, amount=31, reverses=3)),
    ("no_reversal_of_a_reversal", REVERSAL.format(step=1, amount=1, reverses=1)),
    ("reversals_give_back_what_was_drawn", "update user_credit_source set source = 'replacement'"),
    ("acts_by_hand_are_approved", "update credit_deduction_ledger set reason = 'correction' where seq = 3"),
    (
        "incident_batches_give_back_once",
        "update credit_deduction_ledger set incident_batch_id = gen_random_uuid() where seq = 3",
    ),
    ("incident_batches_give_back_once", BATCH_NEVER_APPROVED),
    ("amounts_recompute", "update token_usage_ledger set vendor_cost = vendor_cost + 0.000000000000000001"),
    ("amounts_recompute", "update token_usage_ledger set input_tokens = input_tokens + 1"),
    ("amounts_recompute", "update token_usage_ledger set rounding_gain_usd = 0.000000000000000001"),
    ("amounts_recompute", "update model_provider_pricing set input_price_per_1k = 2"),
    ("amounts_recompute", "delete from model_provider_pricing"),
    ("amounts_recompute", "update pricing_configs set margin_multiplier = 9"),
    ("corrections_recompute", CORRECTION),
    ("realised_revenue_recomputes", "update credit_source_draw set realised_revenue_usd = 0 where seq = 3"),
    ("realised_revenue_recomputes", "update user_credit_source set paid_usd = 20"),
    ("realised_revenue_recomputes", "update token_usage_ledger set realised_revenue_usd = 0"),
    ("tier_of_usage_is_tier_at", "update subscription_tier_change set tier = 'free'"),
    ("prices_do_not_overlap", COPY_OF_PRICE),
    ("vendor_prices_do_not_overlap", COPY_OF_VENDOR_PRICE),
    ("no_price_approved_by_its_author", "update pricing_configs set approved_via = null"),
    ("plans_are_approved", "update credit_policy set approval_id = gen_random_uuid()"),
    (
        "plans_are_approved",
        "insert into tier_version select 'pro', now(), 1, 1, 1, 0, 1, 0, '{}' from tier where name = 'pro'",
    ),
    ("coupons_within_limits", COUPON_USED_TOO_OFTEN),
    ("coupons_are_granted", GRANT_OF_NO_REDEMPTION),
    ("coupons_are_approved", CAMPAIGN_NOBODY_APPROVED),
    ("every_tier_and_model_has_a_rule", "delete from pricing_configs"),
    (
        "every_tier_and_model_has_a_rule",
        "update pricing_configs set effective_until = now() + interval '3 days' where effective_until is null",
    ),
    ("summaries_equal_ledger_daily", "update usage_daily_summary set rounding_gain_usd = rounding_gain_usd + 1"),
    ("summaries_equal_ledger_hourly", "delete from usage_hourly_summary"),
    ("summaries_equal_ledger_customers", "update usage_customer_daily_summary set tier = 'perpetual'"),
    ("totals_agree_across_dimensions", "update usage_hourly_summary set requests = requests + 1"),
    ("token_summary_equals_ledger", "update token_usage_daily_summary set successful_requests = 0"),
    ("credit_summary_equals_ledger", "delete from credit_usage_daily_summary"),
    ("histogram_equals_ledger", "update usage_cost_histogram set bucket = bucket + 1"),
    ("dearest_requests_equal_ledger", "delete from usage_dearest_request"),
    ("activity_equals_ledger", "update customer_activity_daily set requests = requests + 1"),
    ("invoices_are_their_lines", INVOICE_WITHOUT_LINES),
    ("account_credit_is_a_chain", CREDIT_FROM_NOWHERE),
    ("one_grant_per_payment", PAYMENT_NOBODY_CLAIMED),
    ("refunds_within_payments", REFUND_OF_NOTHING),
    ("billing_periods_tile", PLAN_WITHOUT_PERIODS),
    ("one_allowance_per_period", ALLOWANCE_OF_NOTHING),
    ("tiers_follow_subscriptions", PLAN_WITHOUT_PERIODS),
    ("prorations_are_carried_out", PRORATION_OF_NOTHING),
    ("movements_equal_ledger", "update credit_movement_daily set realised_usd = realised_usd + 1"),
    ("movements_equal_ledger", "delete from credit_movement_customer_daily"),
    ("movements_equal_ledger", "update credit_movement_mark set seq = seq - 1 where seq > 1"),
    (
        "audit_chain_unbroken",
        (
            "insert into audit_log (recorded_at, actor_name, actor_role, verb, object_kind)"
            " values (now() - interval '2 minutes', 'A', 'owner', 'v', 'k')"
        ),
    ),
]
# Who tampers as the owner can drop what stands in the way; the laws must see it all the same.
WITHOUT_CONSTRAINTS = """
    do $$
    declare found record;
    begin
        for found in
            select conrelid::regclass as of_table, conname from pg_constraint
            where contype in ('c', 'f', 'x') and conrelid <> 0 and connamespace = 'public'::regnamespace
        loop
            execute format('alter table %s drop constraint %I', found.of_table, found.conname);
        end loop;
        drop index credit_deduction_ledger_one_charge;
    end $$
"""
