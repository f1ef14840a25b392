-- Giving credits back, granting and taking them by hand, and asking a second person.

-- A grant that stands for one that has expired says which.
alter table user_credit_source
    add column replaces_source_id uuid,
    add foreign key (user_id, replaces_source_id) references user_credit_source (user_id, id),
    add check ((source = 'replacement') = (replaces_source_id is not null));

-- What a person or a key did by hand has a cause; what a second person approved names the approval.
alter table credit_deduction_ledger
    add column cause text check (cause in (
        'service_fault', 'duplicate', 'wrong_price', 'unauthorised_use', 'incident', 'goodwill', 'compensation',
        'contract', 'test', 'mistake', 'other'
    )),
    add column approval_id uuid,
    add check ((reason = 'reversal') <= (cause is not null)),
    -- Whatever was taken by hand was approved by somebody else.
    add check ((reason = 'correction' and cause is not null) <= (approval_id is not null));
-- An approval is carried out once.
create unique index credit_deduction_ledger_one_approval
    on credit_deduction_ledger (user_id, approval_id) where approval_id is not null;
-- What somebody gave lately: their limits are sums over it.
create index credit_deduction_ledger_by_hand on credit_deduction_ledger (operator_id, created_at) where cause is not null;
-- Claw-backs are few: whether a grant was clawed back is asked from them, not from its thousands of draws.
create index credit_deduction_ledger_clawback on credit_deduction_ledger (user_id, seq) where reason = 'clawback';

-- So that an account in a request is always named together with the person behind it.
alter table operator add unique (id, person_id);

-- The text of a jsonb value has one spelling, and UTF-8 does not change: the same in, the same out.
create function fingerprint_of(p_payload jsonb) returns bytea
language sql immutable strict as $$
    select sha256(convert_to(p_payload::text, 'UTF8'))
$$;

create table approval_request (
    id uuid primary key default gen_random_uuid(),
    kind text not null check (kind in ('reverse_entry', 'grant_credits', 'deduct_by_hand')),
    -- What will be done, to the last digit, and no personal data: free text is a personal_note.
    payload jsonb not null,
    -- What was seen is what is approved.
    payload_sha256 bytea not null generated always as (fingerprint_of(payload)) stored,
    requested_by uuid,
    requested_person_id uuid,
    requested_at timestamptz not null,
    expires_at timestamptz not null,
    state text not null default 'pending' check (state in ('pending', 'approved', 'rejected', 'expired', 'withdrawn')),
    decided_by uuid,
    decided_person_id uuid,
    decided_at timestamptz,
    decision_reason text,
    foreign key (requested_by, requested_person_id) references operator (id, person_id),
    foreign key (decided_by, decided_person_id) references operator (id, person_id),
    check (expires_at > requested_at),
    check ((requested_by is null) = (requested_person_id is null)),
    check ((decided_by is null) = (decided_person_id is null)),
    check ((state = 'pending') = (decided_at is null)),
    check ((state in ('approved', 'rejected', 'withdrawn')) = (decided_by is not null)),
    check (state <> 'approved' or decided_at < expires_at),
    -- Compared as persons: whoever asked neither approves nor rejects. `<>` would pass over a null.
    check (state not in ('approved', 'rejected') or decided_person_id is distinct from requested_person_id),
    check (state <> 'withdrawn' or decided_person_id is not distinct from requested_person_id)
);
create index approval_request_pending on approval_request (expires_at) where state = 'pending';

grant select on approval_request to ledgerline_app;
-- A request is always made pending, and what it asks for never changes.
grant insert (id, kind, payload, requested_by, requested_person_id, requested_at, expires_at)
    on approval_request to ledgerline_app;
grant update (state, decided_by, decided_person_id, decided_at, decision_reason) on approval_request to ledgerline_app;

-- What one reversal adds to the summaries: the only definition of it. It takes revenue back on
-- the day it is posted (cash view), and stands beside the day of the request (corrected view).
create view reversal_delta as
select
    entry.seq,
    entry.user_id,
    usage.request_id,
    (view_of.instant at time zone 'UTC')::date as day,
    date_trunc('hour', view_of.instant, 'UTC') as hour,
    usage.provider_id,
    usage.model_id,
    usage.user_tier_at_request as tier,
    usage.request_type,
    usage.key_mode,
    usage.status,
    null::smallint as cost_bucket,
    null::numeric as dearest_cost_usd,
    0::bigint as requests,
    0::bigint as priced_requests,
    0::bigint as unpriced_requests,
    0::numeric as input_tokens,
    0::numeric as cached_input_tokens,
    0::numeric as cache_write_tokens,
    0::numeric as output_tokens,
    0::numeric as vendor_cost_usd,
    0::numeric as credit_value_usd,
    0::numeric as credits_due,
    0::numeric as credits_deducted,
    0::numeric as credits_uncovered,
    0::numeric as list_revenue_usd,
    0::numeric as realised_revenue_usd,
    0::numeric as rounding_gain_usd,
    0::bigint as default_multiplier_requests,
    0::numeric as latency_ms_sum,
    0::bigint as latency_count,
    entry.amount * view_of.as_cash as credits_reversed,
    entry.amount * usage.unit_usd * view_of.as_cash as list_reversed_usd,
    -entry.realised_revenue_usd * view_of.as_cash as realised_reversed_usd,
    entry.amount * (1 - view_of.as_cash) as credits_corrected,
    entry.amount * usage.unit_usd * (1 - view_of.as_cash) as list_corrected_usd,
    -entry.realised_revenue_usd * (1 - view_of.as_cash) as realised_corrected_usd
from credit_deduction_ledger as entry
join token_usage_ledger as usage
    on usage.user_id = entry.user_id
    and usage.request_id = entry.request_id
    and usage.deduction_seq = entry.reverses_seq
cross join lateral (values (entry.created_at, 1::numeric), (usage.accounted_at, 0::numeric)) as view_of (instant, as_cash)
where entry.reason = 'reversal';

-- As before, with the reversals read from where they are defined.
create or replace view ledger_delta as
select * from usage_row_delta
union all
select
    correction.user_id,
    correction.request_id,
    (correction.accounted_at at time zone 'UTC')::date,
    date_trunc('hour', correction.accounted_at, 'UTC'),
    usage.provider_id,
    usage.model_id,
    usage.user_tier_at_request,
    usage.request_type,
    usage.key_mode,
    usage.status,
    case when correction.prices_request then cost_bucket(correction.vendor_cost) end,
    case when correction.prices_request and correction.vendor_cost > 0 then correction.vendor_cost end,
    0::bigint,
    correction.prices_request::int::bigint,
    -correction.prices_request::int::bigint,
    0::numeric, 0::numeric, 0::numeric, 0::numeric,
    correction.vendor_cost,
    correction.credit_value_usd,
    correction.credits_due,
    correction.credits_deducted,
    correction.credits_uncovered,
    correction.credits_deducted * usage.unit_usd,
    correction.realised_revenue_usd,
    correction.rounding_gain_usd,
    0::bigint,
    0::numeric,
    0::bigint,
    0::numeric, 0::numeric, 0::numeric, 0::numeric, 0::numeric, 0::numeric
from usage_correction as correction
join token_usage_ledger as usage using (user_id, request_id)
union all
select
    user_id, request_id, day, hour, provider_id, model_id, tier, request_type, key_mode, status, cost_bucket,
    dearest_cost_usd, requests, priced_requests, unpriced_requests, input_tokens, cached_input_tokens,
    cache_write_tokens, output_tokens, vendor_cost_usd, credit_value_usd, credits_due, credits_deducted,
    credits_uncovered, list_revenue_usd, realised_revenue_usd, rounding_gain_usd, default_multiplier_requests,
    latency_ms_sum, latency_count, credits_reversed, list_reversed_usd, realised_reversed_usd, credits_corrected,
    list_corrected_usd, realised_corrected_usd
from reversal_delta;

-- Where an entry stands: document 001's status, which the ledger itself never changes.
create view credit_entry_state as
select
    entry.user_id,
    entry.seq,
    case
        when reversed.credits is null then 'completed'
        when reversed.credits = -entry.amount then 'reversed'
        else 'partially_reversed'
    end as status,
    coalesce(reversed.credits, 0) as credits_reversed,
    latest.created_at as reversed_at,
    latest.operator_id as reversed_by,
    latest.cause as reversal_cause
from credit_deduction_ledger as entry
left join lateral (
    select max(reversal.reversed_after) as credits
    from credit_deduction_ledger as reversal
    where reversal.user_id = entry.user_id and reversal.reverses_seq = entry.seq
) as reversed on true
left join lateral (
    select reversal.created_at, reversal.operator_id, reversal.cause
    from credit_deduction_ledger as reversal
    where reversal.user_id = entry.user_id and reversal.reverses_seq = entry.seq
    order by reversal.reversed_after desc
    limit 1
) as latest on true;

-- What an entry drew from each grant, and how much of it was given back: to the grant itself or to
-- the one that replaces it.
create function reversible_draws(p_user uuid, p_seq bigint)
returns table ("position" smallint, source_id uuid, credits numeric, realised_revenue_usd numeric, returned numeric, is_clawed_back boolean)
language sql stable as $$
    select
        draw.position,
        draw.source_id,
        -draw.amount,
        draw.realised_revenue_usd,
        coalesce((
            select sum(posting.amount)
            from credit_deduction_ledger as reversal
            join credit_source_draw as posting on posting.user_id = reversal.user_id and posting.seq = reversal.seq
            join user_credit_source as target on target.user_id = posting.user_id and target.id = posting.source_id
            where reversal.user_id = p_user
                and reversal.reverses_seq = p_seq
                and (target.id = draw.source_id or target.replaces_source_id = draw.source_id)
        ), 0),
        exists (
            select
            from credit_source_draw as posting
            join credit_deduction_ledger as clawback on clawback.user_id = posting.user_id and clawback.seq = posting.seq
            where posting.user_id = p_user and posting.source_id = draw.source_id and clawback.reason = 'clawback'
        )
    from credit_source_draw as draw
    where draw.user_id = p_user and draw.seq = p_seq
$$;

-- Outcomes: reversed; or, with nothing written: unknown (no such entry), not_reversible (it took no
-- credits for use), changed (something was given back since it was looked at), nothing_left and
-- more_than_left.
create type reversal_receipt as (
    outcome text,
    seq bigint,
    credits numeric,
    balance_after numeric,
    realised_revenue_usd numeric,
    reversed_before numeric,
    credits_left numeric,
    credits_lost numeric,
    created_at timestamptz,
    restored jsonb
);

-- Gives credits of one entry back, all that is left if p_amount is null: to the grants they came from,
-- the one drawn last first; for a grant that has expired to a new one that lives p_grace. What a
-- claw-back took is not given back. p_reversed_before, if given, is what had been given back when
-- the caller looked. p_posted_at is the clock of a simulation.
create function reverse_entry(
    p_user uuid,
    p_seq bigint,
    p_amount numeric,
    p_reason text,
    p_operator uuid,
    p_api_key uuid,
    p_note uuid,
    p_grace interval,
    p_reversed_before numeric default null,
    p_approval uuid default null,
    p_posted_at timestamptz default null
) returns reversal_receipt
language plpgsql as $$
declare
    v_entry credit_deduction_ledger;
    v_balance user_credit_balance;
    v_source user_credit_source;
    v_draw record;
    v_receipt reversal_receipt;
    v_now timestamptz;
    v_reversed numeric;
    v_amount numeric;
    v_rest numeric;
    v_take numeric;
    v_gain numeric;
    v_realised numeric := 0;
    d_source uuid[] := '{}'; d_amount numeric[] := '{}'; d_after numeric[] := '{}'; d_realised numeric[] := '{}';
begin
    -- Who has an entry has a balance row.
    perform 1 from user_credit_balance where user_id = p_user for no key update;
    select * into v_balance from user_credit_balance where user_id = p_user;
    select * into v_entry from credit_deduction_ledger where user_id = p_user and seq = p_seq;
    if v_entry.seq is null then
        v_receipt.outcome := 'unknown';
        return v_receipt;
    end if;
    if v_entry.amount >= 0 or v_entry.reason not in ('usage', 'deduct', 'correction') then
        v_receipt.outcome := 'not_reversible';
        return v_receipt;
    end if;
    v_now := greatest(coalesce(p_posted_at, clock_timestamp()), v_balance.last_created_at);

    select coalesce(max(reversed_after), 0) into v_reversed
    from credit_deduction_ledger
    where user_id = p_user and reverses_seq = p_seq;
    select
        coalesce(sum(credits - returned) filter (where not is_clawed_back), 0),
        coalesce(sum(credits - returned) filter (where is_clawed_back), 0)
    into v_receipt.credits_left, v_receipt.credits_lost
    from reversible_draws(p_user, p_seq);
    v_receipt.reversed_before := v_reversed;
    v_amount := coalesce(p_amount, v_receipt.credits_left);
    v_receipt.outcome := case
        when p_reversed_before <> v_reversed then 'changed'
        when v_receipt.credits_left = 0 then 'nothing_left'
        when v_amount > v_receipt.credits_left then 'more_than_left'
        else 'reversed'
    end;
    if v_receipt.outcome <> 'reversed' then
        return v_receipt;
    end if;
    if v_amount <= 0 or v_amount <> round(v_amount, 6) then
        raise exception 'credits given back are more than zero, with at most 6 decimals'
            using errcode = 'numeric_value_out_of_range';
    end if;

    v_receipt.restored := '[]';
    v_rest := v_amount;
    for v_draw in
        select * from reversible_draws(p_user, p_seq) as draw
        where not draw.is_clawed_back and draw.returned < draw.credits
        order by draw.position desc
    loop
        exit when v_rest = 0;
        v_take := least(v_draw.credits - v_draw.returned, v_rest);
        v_rest := v_rest - v_take;
        select * into v_source from user_credit_source where user_id = p_user and id = v_draw.source_id;
        if v_source.expires_at <= v_now or v_source.expiry_posted_at is not null then
            -- The new grant carries exactly the revenue that is taken back with it.
            v_gain := realised_through(v_draw.realised_revenue_usd, v_draw.credits, v_draw.returned)
                - realised_through(v_draw.realised_revenue_usd, v_draw.credits, v_draw.returned + v_take);
            insert into user_credit_source (
                user_id, id, source, category, granted, remaining, paid_usd, effective_at, expires_at, priority, origin,
                created_at, replaces_source_id
            ) values (
                p_user, gen_random_uuid(), 'replacement', v_source.category, v_take, v_take, -v_gain, v_now,
                v_now + p_grace, v_source.priority, 'Given back after its grant had expired', v_now, v_source.id
            )
            returning * into v_source;
        else
            v_gain := realised_through(
                v_source.paid_usd, v_source.granted, v_source.granted - v_source.remaining - v_take
            ) - realised_through(v_source.paid_usd, v_source.granted, v_source.granted - v_source.remaining);
            update user_credit_source
            set remaining = remaining + v_take
            where user_id = p_user and id = v_source.id
            returning * into v_source;
        end if;
        v_realised := v_realised + v_gain;
        d_source := d_source || v_source.id;
        d_amount := d_amount || v_take;
        d_after := d_after || v_source.remaining;
        d_realised := d_realised || v_gain;
        v_receipt.restored := v_receipt.restored || jsonb_build_object(
            'source_id', v_source.id,
            'replaces_source_id', v_source.replaces_source_id,
            'credits', v_take::text,
            'category', v_source.category,
            'expires_at', v_source.expires_at
        );
    end loop;

    v_receipt.seq := v_balance.last_seq + 1;
    v_receipt.credits := v_amount;
    v_receipt.balance_after := v_balance.amount + v_amount;
    v_receipt.realised_revenue_usd := v_realised;
    v_receipt.credits_left := v_receipt.credits_left - v_amount;
    v_receipt.created_at := v_now;

    insert into credit_deduction_ledger (
        user_id, seq, amount, balance_before, balance_after, reason, request_id, realised_revenue_usd, reverses_seq,
        reverses_amount, reversed_before, reversed_after, operator_id, api_key_id, note_id, cause, approval_id,
        created_at, prev_created_at
    ) values (
        p_user, v_receipt.seq, v_amount, v_balance.amount, v_receipt.balance_after, 'reversal', v_entry.request_id,
        v_realised, p_seq, v_entry.amount, v_reversed, v_reversed + v_amount, p_operator, p_api_key, p_note, p_reason,
        p_approval, v_now, v_balance.last_created_at
    );
    insert into credit_source_draw (user_id, seq, source_id, amount, remaining_after, realised_revenue_usd, position)
    select p_user, v_receipt.seq, posting.*
    from unnest(d_source, d_amount, d_after, d_realised) with ordinality as posting;
    update user_credit_balance
    set amount = v_receipt.balance_after, last_seq = v_receipt.seq, last_created_at = v_now
    where user_id = p_user;

    insert into usage_delta (
        user_id, request_id, day, hour, provider_id, model_id, tier, request_type, key_mode, status, cost_bucket,
        dearest_cost_usd, requests, priced_requests, unpriced_requests, input_tokens, cached_input_tokens,
        cache_write_tokens, output_tokens, vendor_cost_usd, credit_value_usd, credits_due, credits_deducted,
        credits_uncovered, list_revenue_usd, realised_revenue_usd, rounding_gain_usd, default_multiplier_requests,
        latency_ms_sum, latency_count, credits_reversed, list_reversed_usd, realised_reversed_usd, credits_corrected,
        list_corrected_usd, realised_corrected_usd
    )
    select
        user_id, request_id, day, hour, provider_id, model_id, tier, request_type, key_mode, status, cost_bucket,
        dearest_cost_usd, requests, priced_requests, unpriced_requests, input_tokens, cached_input_tokens,
        cache_write_tokens, output_tokens, vendor_cost_usd, credit_value_usd, credits_due, credits_deducted,
        credits_uncovered, list_revenue_usd, realised_revenue_usd, rounding_gain_usd, default_multiplier_requests,
        latency_ms_sum, latency_count, credits_reversed, list_reversed_usd, realised_reversed_usd, credits_corrected,
        list_corrected_usd, realised_corrected_usd
    from reversal_delta
    where reversal_delta.user_id = p_user and reversal_delta.seq = v_receipt.seq;

    return v_receipt;
end
$$;

-- Grants by hand say who, why and by whose approval.
alter type credit_grant add attribute api_key_id uuid;
alter type credit_grant add attribute note_id uuid;
alter type credit_grant add attribute cause text;
alter type credit_grant add attribute approval_id uuid;

-- As before, with those four written on the entry.
create or replace function post_grants(p_grants jsonb, p_posted_at timestamptz default null) returns integer
language plpgsql as $$
declare
    v_grants credit_grant[];
    v_now timestamptz;
begin
    select array_agg(distinct credit) into v_grants
    from jsonb_populate_recordset(null::credit_grant, p_grants) as credit;
    if v_grants is null then
        return 0;
    end if;

    perform lock_balances(array(select distinct user_id from unnest(v_grants)));
    v_now := coalesce(p_posted_at, clock_timestamp());

    select array_agg(credit) into v_grants
    from unnest(v_grants) as credit
    where not exists (
        select from user_credit_source as known where known.user_id = credit.user_id and known.id = credit.id
    );
    if v_grants is null then
        return 0;
    end if;

    insert into user_credit_source (
        user_id, id, source, category, granted, remaining, paid_usd, effective_at, expires_at, priority, origin, created_at
    )
    select
        user_id, id, source, category, granted, granted, paid_usd, effective_at, expires_at, priority, origin, v_now
    from unnest(v_grants);

    insert into credit_allocation (
        user_id, subscription_id, allocation_period_start, allocation_period_end, amount, source, source_id, expires_at, created_at
    )
    select user_id, subscription_id, period_start, period_end, granted, 'subscription', id, expires_at, v_now
    from unnest(v_grants)
    where subscription_id is not null;

    with

    numbered as (
        select
            credit.*,
            balance.last_seq + row_number() over ordered as seq,
            balance.amount + sum(credit.granted) over ordered as balance_after,
            greatest(v_now, balance.last_created_at) as created_at,
            case when row_number() over ordered = 1 then balance.last_created_at
                else greatest(v_now, balance.last_created_at) end as prev_created_at
        from unnest(v_grants) as credit
        join user_credit_balance as balance on balance.user_id = credit.user_id
        window ordered as (partition by credit.user_id order by credit.effective_at, credit.id)
    ),

    entries as (
        insert into credit_deduction_ledger (
            user_id, seq, amount, balance_before, balance_after, reason, operator_id, api_key_id, note_id, cause,
            approval_id, created_at, prev_created_at
        )
        select
            user_id, seq, granted, balance_after - granted, balance_after, reason, operator_id, api_key_id, note_id,
            cause, approval_id, created_at, prev_created_at
        from numbered
    ),

    postings as (
        insert into credit_source_draw (user_id, seq, source_id, amount, remaining_after, realised_revenue_usd, position)
        select user_id, seq, id, granted, granted, 0, 1
        from numbered
    )

    update user_credit_balance as balance
    set amount = head.balance_after, last_seq = head.seq, last_created_at = head.created_at
    from (
        select distinct on (user_id) user_id, seq, balance_after, created_at
        from numbered
        order by user_id, seq desc
    ) as head
    where balance.user_id = head.user_id;

    return cardinality(v_grants);
end
$$;

-- Outcomes: deducted; or, with nothing written, more_than_spendable.
create type hand_deduction as (
    outcome text,
    seq bigint,
    credits numeric,
    balance_after numeric,
    spendable numeric,
    created_at timestamptz
);

-- Takes credits by hand, from the grants valid now and soonest expiry first; never more than can be spent.
create function deduct_by_hand(
    p_user uuid,
    p_amount numeric,
    p_cause text,
    p_operator uuid,
    p_note uuid,
    p_approval uuid,
    p_posted_at timestamptz default null
) returns hand_deduction
language plpgsql as $$
declare
    v_balance user_credit_balance;
    v_source user_credit_source;
    v_taken hand_deduction;
    v_now timestamptz;
    v_rest numeric;
    v_take numeric;
    v_gain numeric;
    v_realised numeric := 0;
    d_source uuid[] := '{}'; d_amount numeric[] := '{}'; d_after numeric[] := '{}'; d_realised numeric[] := '{}';
begin
    perform lock_balances(array[p_user]);
    select * into v_balance from user_credit_balance where user_id = p_user;
    v_now := greatest(coalesce(p_posted_at, clock_timestamp()), v_balance.last_created_at);
    v_taken.spendable := spendable_credits(p_user, v_now);
    if p_amount > v_taken.spendable then
        v_taken.outcome := 'more_than_spendable';
        return v_taken;
    end if;
    if p_amount <= 0 or p_amount <> round(p_amount, 6) then
        raise exception 'credits taken are more than zero, with at most 6 decimals'
            using errcode = 'numeric_value_out_of_range';
    end if;

    v_rest := p_amount;
    for v_source in
        select * from user_credit_source
        where user_id = p_user
            and remaining > 0
            and expiry_posted_at is null
            and effective_at <= v_now
            and (expires_at is null or expires_at > v_now)
        order by expires_at, priority, effective_at, id
    loop
        exit when v_rest = 0;
        v_take := least(v_source.remaining, v_rest);
        v_rest := v_rest - v_take;
        v_gain := realised_through(v_source.paid_usd, v_source.granted, v_source.granted - v_source.remaining + v_take)
            - realised_through(v_source.paid_usd, v_source.granted, v_source.granted - v_source.remaining);
        update user_credit_source set remaining = remaining - v_take where user_id = p_user and id = v_source.id;
        v_realised := v_realised + v_gain;
        d_source := d_source || v_source.id;
        d_amount := d_amount || -v_take;
        d_after := d_after || v_source.remaining - v_take;
        d_realised := d_realised || v_gain;
    end loop;

    v_taken.outcome := 'deducted';
    v_taken.seq := v_balance.last_seq + 1;
    v_taken.credits := p_amount;
    v_taken.balance_after := v_balance.amount - p_amount;
    v_taken.spendable := v_taken.spendable - p_amount;
    v_taken.created_at := v_now;
    insert into credit_deduction_ledger (
        user_id, seq, amount, balance_before, balance_after, reason, realised_revenue_usd, operator_id, note_id, cause,
        approval_id, created_at, prev_created_at
    ) values (
        p_user, v_taken.seq, -p_amount, v_balance.amount, v_taken.balance_after, 'correction', v_realised, p_operator,
        p_note, p_cause, p_approval, v_now, v_balance.last_created_at
    );
    insert into credit_source_draw (user_id, seq, source_id, amount, remaining_after, realised_revenue_usd, position)
    select p_user, v_taken.seq, posting.*
    from unnest(d_source, d_amount, d_after, d_realised) with ordinality as posting;
    update user_credit_balance
    set amount = v_taken.balance_after,
        last_seq = v_taken.seq,
        last_created_at = v_now,
        last_deduction_at = v_now,
        last_deduction_amount = p_amount
    where user_id = p_user;
    return v_taken;
end
$$;

grant select on reversal_delta, credit_entry_state to ledgerline_app;
