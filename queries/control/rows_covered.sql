-- How many rows each law looks at; every table is counted once.
with

counted as (
    select
        (select count(*) from user_credit_balance) as balances,
        (select count(*) from user_credit_source) as grants,
        (select count(*) from credit_deduction_ledger) as entries,
        (select count(*) from credit_deduction_ledger where reverses_seq is not null) as reversals,
        (select count(*) from credit_deduction_ledger where reason in ('usage', 'deduct')) as charges,
        (select count(*) from credit_hold) as holds,
        (select count(*) from credit_deduction_ledger where reason = 'deduct') as deductions,
        (select count(*) from credit_source_draw) as postings,
        (select count(*) from token_usage_ledger) as requests,
        (select count(*) from usage_correction) as corrections,
        (select count(*) from pricing_configs where approval_status = 'approved') as prices,
        (select count(*) from model_provider_pricing) as vendor_prices,
        (select count(*) from tier where is_active) * (select count(*) from models where is_available) as tier_models,
        (select count(*) from tier_version) + (select count(*) from credit_policy)
            + (select count(*) from tier_change) as plans,
        (select count(*) from approval_request) as approvals,
        (select count(*) from incident_batch_item) as batch_items,
        (select count(*) from billing_invoice) as invoices,
        (select count(*) from account_credit) as account_credits,
        (select count(*) from credit_purchase) as purchases,
        (select count(*) from payment_transaction) as payments,
        (select count(*) from subscription_refund) as refunds,
        (select count(*) from audit_log) as audit_rows
)

select law, rows
from counted
cross join lateral (
    values
        ('balances_equal_ledger_head', balances),
        ('chains_have_no_gap', entries),
        ('postings_sum_to_entries', entries),
        ('postings_sum_to_remaining', grants),
        ('reasons_sum_to_remaining', entries),
        ('soonest_expiry_drawn_first', requests),
        ('due_is_deducted_plus_uncovered', requests + corrections),
        ('one_charge_per_request', charges),
        ('one_usage_row_per_charge', charges),
        ('providers_are_known', requests),
        ('settled_holds_have_usage', holds),
        ('deductions_were_asked_for', deductions),
        ('request_ids_belong_to_one_customer', requests),
        ('reversals_within_deductions', reversals),
        ('no_reversal_of_a_reversal', reversals),
        ('reversals_give_back_what_was_drawn', reversals),
        ('acts_by_hand_are_approved', approvals),
        ('incident_batches_give_back_once', batch_items),
        ('amounts_recompute', requests),
        ('corrections_recompute', corrections),
        ('realised_revenue_recomputes', postings),
        ('tier_of_usage_is_tier_at', requests),
        ('prices_do_not_overlap', prices),
        ('vendor_prices_do_not_overlap', vendor_prices),
        ('no_price_approved_by_its_author', prices),
        ('plans_are_approved', plans),
        ('every_tier_and_model_has_a_rule', tier_models),
        ('summaries_equal_ledger_daily', requests + corrections + reversals),
        ('summaries_equal_ledger_hourly', requests + corrections + reversals),
        ('summaries_equal_ledger_customers', requests + corrections + reversals),
        ('totals_agree_across_dimensions', requests + corrections),
        ('token_summary_equals_ledger', requests + corrections),
        ('credit_summary_equals_ledger', requests + corrections),
        ('histogram_equals_ledger', requests + corrections),
        ('dearest_requests_equal_ledger', requests + corrections),
        ('activity_equals_ledger', requests),
        ('movements_equal_ledger', postings),
        ('invoices_are_their_lines', invoices),
        ('account_credit_is_a_chain', account_credits),
        ('one_grant_per_payment', purchases + payments),
        ('refunds_within_payments', refunds),
        ('audit_chain_unbroken', audit_rows)
) as laws (law, rows);
