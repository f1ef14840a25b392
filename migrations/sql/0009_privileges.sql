-- The application's role: it reads everything, appends to the books and may
-- change only what is not a record. It owns nothing.

grant usage on schema public to ledgerline_app;
grant select on all tables in schema public to ledgerline_app;

-- The books: added to, never changed.
grant insert on
    credit_deduction_ledger, credit_source_draw, token_usage_ledger, usage_correction,
    audit_log, audit_seal, credit_allocation, pricing_config_participant, pricing_scope,
    tier_version, credit_policy, proof_run, proof_result
to ledgerline_app;

-- Caches of the books: only what moves may be changed.
grant insert on user_credit_balance, user_credit_source to ledgerline_app;
grant update on user_credit_balance to ledgerline_app;
grant update (remaining, expiry_posted_at) on user_credit_source to ledgerline_app;

grant insert, delete on usage_delta to ledgerline_app;
-- Rebuilding keeps writers out of the waiting deltas, which takes this right.
grant update on usage_delta to ledgerline_app;
grant insert, update, delete on
    usage_daily_summary, usage_hourly_summary, usage_customer_daily_summary, customer_activity_daily,
    usage_cost_histogram, usage_dearest_request, token_usage_daily_summary, credit_usage_daily_summary
to ledgerline_app;

grant insert, update on
    providers, models, tier, users, unique_key, user_preferences, subscription_monetization,
    operator, operator_session, operator_invitation, api_key, setting, import_run, usage_reject
to ledgerline_app;
grant insert on subscription_tier_change to ledgerline_app;
grant insert, update, delete on throttle, personal_note to ledgerline_app;
grant delete on unique_key, usage_reject to ledgerline_app;

-- A vendor price is history: only its end and its verification may change.
grant insert on model_provider_pricing to ledgerline_app;
grant update (effective_until, last_verified) on model_provider_pricing to ledgerline_app;

-- A price of ours: the application cannot write the seed's exemption from four eyes.
grant insert (
    id, scope_id, margin_multiplier, target_gross_margin_percent, effective_from, effective_until, reason,
    reason_details, previous_multiplier, change_percent, approval_status, approved_at, approved_sha256,
    submitted_at, created_at, updated_at
) on pricing_configs to ledgerline_app;
-- What a version says never changes: an edit is a new version.
grant update (
    effective_from, effective_until, approval_status, approved_at, approved_sha256, submitted_at, updated_at
) on pricing_configs to ledgerline_app;

grant execute on all functions in schema public to ledgerline_app;
