-- Charging with cheaper checks. PostgreSQL reads every CHECK of a table from its text again in each
-- statement that writes to it: 61 of them took a quarter of a charge. The constraints of a domain are
-- kept compiled, so what a row must obey is said here as domains over the columns it speaks of, each
-- under a name of its own, and one CHECK per table asks for them.

create type usage_figures as (
    request_type text,
    status text,
    key_mode text,
    input_tokens bigint,
    cached_input_tokens bigint,
    cache_write_tokens bigint,
    output_tokens bigint,
    cost_status text,
    vendor_cost numeric,
    multiplier_scope text,
    margin_multiplier numeric,
    credit_value_usd numeric,
    unit_usd numeric,
    increment numeric,
    credits_due numeric,
    credits_deducted numeric,
    credits_uncovered numeric,
    rounding_gain_usd numeric,
    realised_revenue_usd numeric,
    deduction_seq bigint,
    body_sha256 bytea,
    request_started_at timestamptz,
    request_completed_at timestamptz,
    processing_time_ms bigint,
    created_at timestamptz,
    accounted_at timestamptz
);

-- An upper bound also keeps NaN out: NaN is greater than every number.
create domain sound_usage as usage_figures
    constraint request_type_is_known check ((value).request_type in ('completion', 'streaming', 'batch'))
    constraint status_is_known check ((value).status in ('success', 'failed', 'cancelled', 'rate_limited'))
    constraint key_mode_is_known check ((value).key_mode in ('system', 'own'))
    constraint cost_status_is_known check (
        (value).cost_status in ('reported', 'computed', 'estimated', 'unpriced', 'none')
    )
    constraint multiplier_scope_is_known check (
        (value).multiplier_scope in ('combination', 'model', 'provider', 'tier', 'default', 'none')
    )
    constraint input_tokens_in_range check ((value).input_tokens between 0 and 1000000000000)
    constraint cached_input_tokens_in_range check ((value).cached_input_tokens between 0 and 1000000000000)
    constraint cache_write_tokens_in_range check ((value).cache_write_tokens between 0 and 1000000000000)
    constraint output_tokens_in_range check ((value).output_tokens between 0 and 1000000000000)
    constraint vendor_cost_in_range check ((value).vendor_cost >= 0 and (value).vendor_cost < 1e9)
    constraint margin_multiplier_in_range check (
        (value).margin_multiplier >= 0 and (value).margin_multiplier <= 99.99
    )
    constraint unit_usd_in_range check ((value).unit_usd > 0 and (value).unit_usd < 1e6)
    constraint increment_in_range check ((value).increment > 0 and (value).increment < 1e6)
    constraint credits_due_in_range check ((value).credits_due >= 0 and (value).credits_due < 1e12)
    constraint credits_deducted_in_range check (
        (value).credits_deducted >= 0 and (value).credits_deducted < 1e12
    )
    constraint credits_uncovered_in_range check (
        (value).credits_uncovered >= 0 and (value).credits_uncovered < 1e12
    )
    constraint rounding_gain_usd_in_range check (
        (value).rounding_gain_usd >= 0 and (value).rounding_gain_usd < 1e9
    )
    constraint realised_revenue_usd_in_range check (
        (value).realised_revenue_usd >= 0 and (value).realised_revenue_usd < 1e9
    )
    constraint body_sha256_is_a_hash check (length((value).body_sha256) = 32)
    constraint processing_time_is_not_negative check ((value).processing_time_ms >= 0)
    constraint due_is_deducted_plus_uncovered check (
        (value).credits_due = (value).credits_deducted + (value).credits_uncovered
    )
    constraint deducted_has_an_entry check (((value).credits_deducted > 0) = ((value).deduction_seq is not null))
    constraint unpriced_has_no_cost check (
        ((value).cost_status = 'unpriced') = ((value).vendor_cost is null)
    )
    constraint value_comes_with_cost check (((value).vendor_cost is null) = ((value).credit_value_usd is null))
    constraint unpriced_is_not_charged check ((value).cost_status <> 'unpriced' or (value).credits_due = 0)
    constraint no_cost_is_zero check ((value).cost_status <> 'none' or (value).vendor_cost = 0)
    constraint value_is_cost_times_multiplier check (
        (value).credit_value_usd is null
        or (value).credit_value_usd = (value).vendor_cost * (value).margin_multiplier
    )
    constraint rounding_gain_is_due_less_value check (
        (value).cost_status = 'unpriced'
        or (value).rounding_gain_usd = (value).credits_due * (value).unit_usd - (value).credit_value_usd
    )
    constraint own_key_is_free check (
        (value).key_mode <> 'own'
        or ((value).vendor_cost = 0 and (value).margin_multiplier = 0 and (value).credits_due = 0)
    )
    constraint completed_after_start check (
        (value).request_completed_at is null or (value).request_completed_at >= (value).request_started_at
    )
    constraint times_are_finite check (
        isfinite((value).request_started_at) and isfinite((value).created_at) and isfinite((value).accounted_at)
    );

create type entry_figures as (
    seq bigint,
    amount numeric,
    balance_before numeric,
    balance_after numeric,
    reason text,
    request_id uuid,
    realised_revenue_usd numeric,
    reverses_seq bigint,
    reverses_amount numeric,
    reversed_before numeric,
    reversed_after numeric,
    created_at timestamptz,
    prev_created_at timestamptz,
    cause text,
    approval_id uuid,
    body_sha256 bytea
);

create domain sound_entry as entry_figures
    constraint seq_counts_from_one check ((value).seq >= 1)
    constraint amount_in_range check (
        (value).amount <> 0 and (value).amount > -1e12 and (value).amount < 1e12
    )
    constraint balance_after_in_range check ((value).balance_after >= 0 and (value).balance_after < 1e12)
    constraint realised_revenue_usd_in_range check (
        (value).realised_revenue_usd > -1e9 and (value).realised_revenue_usd < 1e9
    )
    constraint reason_is_known check ((value).reason in (
        'allocation', 'purchase', 'bonus', 'coupon', 'referral', 'admin_grant', 'usage', 'deduct',
        'reversal', 'expiry', 'rollover', 'clawback', 'proration', 'correction', 'opening'
    ))
    constraint cause_is_known check ((value).cause in (
        'service_fault', 'duplicate', 'wrong_price', 'unauthorised_use', 'incident', 'goodwill',
        'compensation', 'contract', 'test', 'mistake', 'other'
    ))
    -- An entry at infinity would be the last one for ever.
    constraint created_at_is_finite check (isfinite((value).created_at))
    constraint balance_follows_amount check ((value).balance_after = (value).balance_before + (value).amount)
    constraint first_entry_starts_at_zero check ((value).seq > 1 or (value).balance_before = 0)
    constraint only_the_first_has_no_previous check (((value).seq = 1) = ((value).prev_created_at is null))
    constraint time_does_not_run_back check (
        (value).prev_created_at is null or (value).created_at >= (value).prev_created_at
    )
    constraint a_charge_takes_for_a_request check (
        ((value).reason in ('usage', 'deduct')) <= ((value).amount < 0 and (value).request_id is not null)
    )
    constraint only_a_reversal_reverses check (((value).reason = 'reversal') = ((value).reverses_seq is not null))
    -- A reversal names an entry that took credits, so never another reversal.
    constraint reversal_within_the_deduction check (
        case when (value).reverses_seq is null
            then (value).reverses_amount is null
                and (value).reversed_before is null and (value).reversed_after is null
            else (value).reverses_amount < 0 and (value).amount > 0 and (value).reversed_before >= 0
                and (value).reversed_after = (value).reversed_before + (value).amount
                and (value).reversed_after <= -(value).reverses_amount
                and (value).reverses_seq < (value).seq
        end
    )
    -- Without its totals a reversal would be linked to no other one, and given as often as one likes.
    constraint reversal_has_its_totals check (
        (value).reverses_seq is null
        or ((value).reversed_before is not null and (value).reversed_after is not null)
    )
    constraint only_a_deduction_keeps_a_hash check (
        (value).body_sha256 is null or ((value).reason = 'deduct' and length((value).body_sha256) = 32)
    )
    constraint a_reversal_has_a_cause check (((value).reason = 'reversal') <= ((value).cause is not null))
    constraint a_deduction_by_hand_is_approved check (
        ((value).reason = 'correction' and (value).cause is not null) <= ((value).approval_id is not null)
    );

create type posting_figures as (amount numeric, remaining_after numeric, realised_revenue_usd numeric);

create domain sound_posting as posting_figures
    constraint amount_in_range check (
        (value).amount <> 0 and (value).amount > -1e12 and (value).amount < 1e12
    )
    constraint remaining_after_in_range check ((value).remaining_after >= 0 and (value).remaining_after < 1e12)
    constraint realised_revenue_usd_in_range check (
        (value).realised_revenue_usd > -1e9 and (value).realised_revenue_usd < 1e9
    );

create type source_figures as (
    source text,
    category text,
    granted numeric,
    remaining numeric,
    paid_usd numeric,
    effective_at timestamptz,
    expires_at timestamptz,
    replaces_source_id uuid
);

create domain sound_source as source_figures
    constraint source_is_known check ((value).source in (
        'monthly_allocation', 'referral_reward', 'coupon_promotion', 'bonus', 'refund',
        'admin_grant', 'purchase', 'rollover', 'replacement', 'opening'
    ))
    constraint category_is_known check ((value).category in ('paid', 'promotional', 'allowance'))
    constraint granted_in_range check ((value).granted > 0 and (value).granted < 1e12)
    constraint remaining_within_granted check (
        (value).remaining >= 0 and (value).remaining <= (value).granted
    )
    constraint paid_usd_in_range check ((value).paid_usd >= 0 and (value).paid_usd < 1e9)
    constraint expires_after_it_starts check (
        (value).expires_at is null or (value).expires_at > (value).effective_at
    )
    constraint only_a_replacement_replaces check (
        ((value).source = 'replacement') = ((value).replaces_source_id is not null)
    );

create type balance_figures as (amount numeric, last_seq bigint);

create domain sound_balance as balance_figures
    constraint amount_in_range check ((value).amount >= 0 and (value).amount < 1e12)
    constraint last_seq_is_not_negative check ((value).last_seq >= 0);

-- What stood on the tables goes, whatever its name: every line of it stands above.
do $$
declare
    old record;
begin
    for old in
        select conrelid::regclass as books, conname
        from pg_constraint
        where contype = 'c'
            and conrelid in (
                'token_usage_ledger'::regclass, 'credit_deduction_ledger'::regclass, 'credit_source_draw'::regclass,
                'user_credit_source'::regclass, 'user_credit_balance'::regclass
            )
    loop
        execute 'alter table ' || old.books || ' drop constraint ' || quote_ident(old.conname);
    end loop;
end
$$;

-- `is distinct from null`, because `is not null` of a row asks it of every column.
alter table token_usage_ledger add constraint token_usage_ledger_sound check (
    cast(row(
        request_type, status, key_mode, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
        cost_status, vendor_cost, multiplier_scope, margin_multiplier, credit_value_usd, unit_usd, increment,
        credits_due, credits_deducted, credits_uncovered, rounding_gain_usd, realised_revenue_usd, deduction_seq,
        body_sha256, request_started_at, request_completed_at, processing_time_ms, created_at, accounted_at
    ) as sound_usage) is distinct from null
);
alter table credit_deduction_ledger add constraint credit_deduction_ledger_sound check (
    cast(row(
        seq, amount, balance_before, balance_after, reason, request_id, realised_revenue_usd, reverses_seq,
        reverses_amount, reversed_before, reversed_after, created_at, prev_created_at, cause, approval_id, body_sha256
    ) as sound_entry) is distinct from null
);
alter table credit_source_draw add constraint credit_source_draw_sound check (
    cast(row(amount, remaining_after, realised_revenue_usd) as sound_posting) is distinct from null
);
alter table user_credit_source add constraint user_credit_source_sound check (
    cast(row(
        source, category, granted, remaining, paid_usd, effective_at, expires_at, replaces_source_id
    ) as sound_source) is distinct from null
);
alter table user_credit_balance add constraint user_credit_balance_sound check (
    cast(row(amount, last_seq) as sound_balance) is distinct from null
);

-- A provider is read in the very statement that writes it, from a table the application cannot delete
-- from, and a law looks for rows without one. Its foreign key locked one of five rows in every charge
-- there is: nothing may be shared on the way of a charge.
alter table token_usage_ledger drop constraint token_usage_ledger_provider_id_fkey;
