-- What attacks taught: CHECK passes on NULL, NaN is greater than every number, infinity is a time.

alter table credit_deduction_ledger
    -- Without its totals a reversal would be linked to no other one, and given as often as one likes.
    add check (reverses_seq is null or (reversed_before is not null and reversed_after is not null)),
    add check (realised_revenue_usd > -1e9 and realised_revenue_usd < 1e9),
    -- An entry at infinity would be the last one for ever.
    add check (isfinite(created_at));

alter table credit_source_draw
    add check (realised_revenue_usd > -1e9 and realised_revenue_usd < 1e9);

alter table token_usage_ledger
    add check (unit_usd > 0 and unit_usd < 1e6),
    add check (increment > 0 and increment < 1e6),
    add check (isfinite(request_started_at) and isfinite(created_at) and isfinite(accounted_at));

alter table usage_correction
    add check (vendor_cost > -1e9 and vendor_cost < 1e9),
    add check (credit_value_usd > -1e9 and credit_value_usd < 1e9),
    add check (rounding_gain_usd > -1e9 and rounding_gain_usd < 1e9),
    add check (realised_revenue_usd > -1e9 and realised_revenue_usd < 1e9),
    add check (credits_due > -1e12 and credits_due < 1e12),
    add check (credits_deducted > -1e12 and credits_deducted < 1e12),
    add check (credits_uncovered > -1e12 and credits_uncovered < 1e12),
    add check (isfinite(accounted_at));

-- The number of an audit line is the database's: none is written in between later.
revoke insert on audit_log from ledgerline_app;
grant insert (
    recorded_at, operator_id, person_id, actor_name, actor_role, session_id, api_key_id, address, verb, object_kind,
    object_id, before, after, reason
) on audit_log to ledgerline_app;
