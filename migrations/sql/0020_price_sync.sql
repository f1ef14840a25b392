-- What price lists say beside what is known: every difference is a line a person decides. And usage
-- that was priced too late, or by a price that has been corrected since, gets its differences posted.

-- One comparison of one source: also one that failed, so that it is never shown as "no differences".
create table price_sync (
    id uuid primary key,
    kind text not null check (kind in ('library', 'litellm', 'csv', 'hand')),
    -- What is compared again and again, and what exactly was compared this time.
    origin text not null,
    source text not null,
    state text not null check (state in ('compared', 'stopped', 'failed')),
    -- Why it failed or was stopped.
    reason text,
    lines integer not null default 0 check (lines >= 0),
    unchanged integer not null default 0 check (unchanged >= 0),
    skipped jsonb not null default '{}',
    operator_id uuid references operator (id),
    compared_at timestamptz not null,
    check ((state = 'compared') = (reason is null))
);
create index price_sync_origin on price_sync (origin, compared_at desc);

-- What a source says of one model. The same words about the same known price are one line for good:
-- what was refused once is not asked again.
create table price_sync_line (
    id uuid primary key,
    sync_id uuid not null references price_sync (id),
    origin text not null,
    line text not null,
    provider_id uuid not null references providers (id),
    model_name text not null,
    -- As the source says it; null is an undated list.
    effective_from timestamptz,
    input_price_per_1k numeric(16, 10) not null check (input_price_per_1k >= 0 and input_price_per_1k < 100000),
    output_price_per_1k numeric(16, 10) not null check (output_price_per_1k >= 0 and output_price_per_1k < 100000),
    cache_input_price_per_1k numeric(16, 10),
    cache_hit_price_per_1k numeric(16, 10),
    context_threshold_tokens bigint,
    input_price_per_1k_high_context numeric(16, 10),
    output_price_per_1k_high_context numeric(16, 10),
    cache_write_price_per_1k_high_context numeric(16, 10),
    cache_read_price_per_1k_high_context numeric(16, 10),
    is_free boolean not null,
    unit_tokens integer not null,
    said_sha256 bytea not null check (length(said_sha256) = 32),
    compared_with uuid references model_provider_pricing (id),
    change_percent_input numeric(12, 4),
    change_percent_output numeric(12, 4),
    change_class text check (change_class in ('act', 'review', 'minor', 'new')),
    blocked_reason text,
    state text not null check (state in ('open', 'same', 'blocked', 'accepted', 'refused', 'superseded')),
    first_seen_at timestamptz not null,
    seen_at timestamptz not null,
    decided_by uuid references operator (id),
    decided_at timestamptz,
    decision_reason text,
    price_id uuid references model_provider_pricing (id),
    unique nulls not distinct (origin, provider_id, model_name, said_sha256, compared_with),
    check ((state = 'blocked') = (blocked_reason is not null)),
    check ((state in ('accepted', 'refused')) = (decided_at is not null)),
    check ((state = 'accepted') = (price_id is not null)),
    check (state <> 'refused' or decision_reason is not null),
    check (state not in ('open', 'accepted') or change_class is not null)
);
create index price_sync_line_model on price_sync_line (provider_id, model_name, seen_at desc);
create index price_sync_line_open on price_sync_line (first_seen_at) where state in ('open', 'blocked');

grant select, insert on price_sync, price_sync_line to ledgerline_app;
-- What a source said never changes; where the line stands does.
grant update (sync_id, line, state, change_class, blocked_reason, seen_at, decided_by, decided_at, decision_reason, price_id)
    on price_sync_line to ledgerline_app;

-- A waiting request is priced once; later differences are corrections of its price.
create unique index usage_correction_prices_once on usage_correction (user_id, request_id) where prices_request;

-- What one correction adds to the summaries: the only definition of it.
create view correction_delta as
select
    correction.n,
    correction.user_id,
    correction.request_id,
    (correction.accounted_at at time zone 'UTC')::date as day,
    date_trunc('hour', correction.accounted_at, 'UTC') as hour,
    usage.provider_id,
    usage.model_id,
    usage.user_tier_at_request as tier,
    usage.request_type,
    usage.key_mode,
    usage.status,
    case when correction.prices_request then cost_bucket(correction.vendor_cost) end as cost_bucket,
    case when correction.prices_request and correction.vendor_cost > 0 then correction.vendor_cost end as dearest_cost_usd,
    0::bigint as requests,
    correction.prices_request::int::bigint as priced_requests,
    -correction.prices_request::int::bigint as unpriced_requests,
    0::numeric as input_tokens,
    0::numeric as cached_input_tokens,
    0::numeric as cache_write_tokens,
    0::numeric as output_tokens,
    correction.vendor_cost as vendor_cost_usd,
    correction.credit_value_usd,
    correction.credits_due,
    correction.credits_deducted,
    correction.credits_uncovered,
    correction.credits_deducted * usage.unit_usd as list_revenue_usd,
    correction.realised_revenue_usd,
    correction.rounding_gain_usd,
    0::bigint as default_multiplier_requests,
    0::numeric as latency_ms_sum,
    0::bigint as latency_count,
    0::numeric as credits_reversed,
    0::numeric as list_reversed_usd,
    0::numeric as realised_reversed_usd,
    0::numeric as credits_corrected,
    0::numeric as list_corrected_usd,
    0::numeric as realised_corrected_usd
from usage_correction as correction
join token_usage_ledger as usage using (user_id, request_id);

-- As before; what a correction took can be given back too, and then counts for its request.
create or replace view reversal_delta as
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
    and (
        usage.deduction_seq = entry.reverses_seq
        or exists (
            select
            from usage_correction as correction
            where correction.user_id = entry.user_id
                and correction.request_id = entry.request_id
                and correction.deduction_seq = entry.reverses_seq
        )
    )
cross join lateral (values (entry.created_at, 1::numeric), (usage.accounted_at, 0::numeric)) as view_of (instant, as_cash)
where entry.reason = 'reversal';

-- As before, with corrections read from where they are defined.
create or replace view ledger_delta as
select * from usage_row_delta
union all
select
    user_id, request_id, day, hour, provider_id, model_id, tier, request_type, key_mode, status, cost_bucket,
    dearest_cost_usd, requests, priced_requests, unpriced_requests, input_tokens, cached_input_tokens,
    cache_write_tokens, output_tokens, vendor_cost_usd, credit_value_usd, credits_due, credits_deducted,
    credits_uncovered, list_revenue_usd, realised_revenue_usd, rounding_gain_usd, default_multiplier_requests,
    latency_ms_sum, latency_count, credits_reversed, list_reversed_usd, realised_reversed_usd, credits_corrected,
    list_corrected_usd, realised_corrected_usd
from correction_delta
union all
select
    user_id, request_id, day, hour, provider_id, model_id, tier, request_type, key_mode, status, cost_bucket,
    dearest_cost_usd, requests, priced_requests, unpriced_requests, input_tokens, cached_input_tokens,
    cache_write_tokens, output_tokens, vendor_cost_usd, credit_value_usd, credits_due, credits_deducted,
    credits_uncovered, list_revenue_usd, realised_revenue_usd, rounding_gain_usd, default_multiplier_requests,
    latency_ms_sum, latency_count, credits_reversed, list_reversed_usd, realised_reversed_usd, credits_corrected,
    list_corrected_usd, realised_corrected_usd
from reversal_delta;
grant select on correction_delta to ledgerline_app;

-- The requests of a model whose cost is not what today's price history says: what
-- they cost and would be due, less what is written of them so far. Multiplier, unit and increment stay
-- those of the request. What was paid stays paid: credits due never fall below it, giving back is a
-- reversal. Reported costs and requests without any price stay as they are.
create function corrections_due(
    p_provider uuid, p_model text, p_from timestamptz, p_until timestamptz, p_users uuid[] default null
)
returns table (
    user_id uuid,
    request_id uuid,
    n integer,
    tier text,
    request_started_at timestamptz,
    accounted_at timestamptz,
    price_id uuid,
    prices_request boolean,
    is_chargeable boolean,
    unit_usd numeric,
    vendor_cost numeric,
    credit_value_usd numeric,
    credits_due numeric,
    rounding_gain_usd numeric
)
language sql stable as $$
    with

    standing as (
        select
            usage.*,
            price.id as new_price_id,
            price.input_price_per_1k,
            price.output_price_per_1k,
            price.cache_hit_price_per_1k,
            price.cache_input_price_per_1k,
            price.context_threshold_tokens,
            price.input_price_per_1k_high_context,
            price.output_price_per_1k_high_context,
            price.cache_read_price_per_1k_high_context,
            price.cache_write_price_per_1k_high_context,
            usage.cost_status = 'unpriced' and not so_far.is_priced as is_waiting,
            so_far.corrections,
            coalesce(usage.vendor_cost, 0) + so_far.vendor_cost as cost_so_far,
            coalesce(usage.credit_value_usd, 0) + so_far.credit_value_usd as value_so_far,
            usage.credits_due + so_far.credits_due as due_so_far,
            usage.credits_deducted + so_far.credits_deducted as deducted_so_far,
            usage.rounding_gain_usd + so_far.rounding_gain_usd as gain_so_far
        from model_provider_pricing as price
        join token_usage_ledger as usage
            on usage.provider_id = price.provider_id
            and usage.model_id = price.model_name
            and usage.request_started_at >= price.effective_from
            and (price.effective_until is null or price.effective_until > usage.request_started_at)
            -- Only what was rated before the price was there can differ from it (an hour for acts that ran
            -- beside it); never accounted before it started, so the index of the model finds just that.
            and usage.created_at < price.created_at + interval '1 hour'
            and usage.accounted_at >= price.effective_from
            and usage.accounted_at < price.created_at + interval '1 day'
        cross join lateral (
            select
                count(*)::integer as corrections,
                coalesce(bool_or(correction.prices_request), false) as is_priced,
                coalesce(sum(correction.vendor_cost), 0) as vendor_cost,
                coalesce(sum(correction.credit_value_usd), 0) as credit_value_usd,
                coalesce(sum(correction.credits_due), 0) as credits_due,
                coalesce(sum(correction.credits_deducted), 0) as credits_deducted,
                coalesce(sum(correction.rounding_gain_usd), 0) as rounding_gain_usd
            from usage_correction as correction
            where correction.user_id = usage.user_id and correction.request_id = usage.request_id
        ) as so_far
        where price.provider_id = p_provider
            and price.model_name = p_model
            and usage.request_started_at >= p_from
            and usage.request_started_at < p_until
            and (p_users is null or usage.user_id = any(p_users))
            and usage.key_mode = 'system'
            and (
                usage.cost_status in ('unpriced', 'computed')
                or (usage.cost_status = 'estimated' and usage.price_id is not null)
            )
    ),

    costed as (
        select
            standing.*,
            case when coalesce(input_tokens + cached_input_tokens + cache_write_tokens > context_threshold_tokens, false)
                then input_tokens * input_price_per_1k_high_context
                    + cached_input_tokens
                        * coalesce(cache_read_price_per_1k_high_context, input_price_per_1k_high_context)
                    + cache_write_tokens
                        * coalesce(cache_write_price_per_1k_high_context, input_price_per_1k_high_context)
                    + output_tokens * output_price_per_1k_high_context
                else input_tokens * input_price_per_1k
                    + cached_input_tokens * coalesce(cache_hit_price_per_1k, input_price_per_1k)
                    + cache_write_tokens * coalesce(cache_input_price_per_1k, input_price_per_1k)
                    + output_tokens * output_price_per_1k
            end * 0.001 as new_cost
        from standing
    ),

    due as (
        select
            costed.*,
            new_cost * margin_multiplier as new_value,
            greatest(credits_for(new_cost * margin_multiplier, costed.unit_usd, costed.increment), deducted_so_far)
                as new_due
        from costed
    )

    select
        due.user_id,
        due.request_id,
        due.corrections + 1,
        due.user_tier_at_request,
        due.request_started_at,
        due.accounted_at,
        due.new_price_id,
        due.is_waiting,
        -- Who was given credits back is not asked for more; who was erased cannot be.
        not exists (
            select
            from credit_deduction_ledger as reversal
            where reversal.user_id = due.user_id
                and reversal.request_id = due.request_id
                and reversal.reason = 'reversal'
        ) and exists (
            select from users where users.id = due.user_id and users.status <> 'deleted'
        ),
        due.unit_usd,
        due.new_cost - due.cost_so_far,
        due.new_value - due.value_so_far,
        due.new_due - due.due_so_far,
        due.new_due * due.unit_usd - due.new_value - due.gain_so_far
    from due
    where due.is_waiting or due.new_cost <> due.cost_so_far
$$;

-- What one batch of corrections came to; `requests` 0 means nothing was left to correct.
create type correction_totals as (
    requests bigint,
    priced bigint,
    customers bigint,
    vendor_cost_usd numeric,
    credit_value_usd numeric,
    credits_due numeric,
    credits_deducted numeric,
    credits_uncovered numeric,
    list_revenue_usd numeric,
    realised_revenue_usd numeric
);

-- Posts what corrections_due finds, for some customers at a time, each customer whole. Credits are
-- uncovered, unless p_charge: then they are drawn as usage reported late would be, and what no grant
-- pays is uncovered. Posting again finds nothing. p_posted_at is the clock of a simulation.
create function correct_usage(
    p_provider uuid,
    p_model text,
    p_from timestamptz,
    p_until timestamptz,
    p_charge boolean,
    p_reason text,
    p_operator uuid,
    p_limit integer default 5000,
    p_posted_at timestamptz default null
) returns correction_totals
language plpgsql as $$
declare
    v_users uuid[];
    v_due record;
    v_balance user_credit_balance;
    v_source record;
    v_now timestamptz;
    v_left numeric;
    v_take numeric;
    v_gain numeric;
    v_realised numeric;
    v_seq bigint;
    v_totals correction_totals := (0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    d_source uuid[]; d_amount numeric[]; d_after numeric[]; d_realised numeric[];
begin
    select array_agg(distinct first.user_id) into v_users
    from (
        select due.user_id
        from corrections_due(p_provider, p_model, p_from, p_until) as due
        order by due.user_id, due.request_id
        limit p_limit
    ) as first;
    if v_users is null then
        return v_totals;
    end if;
    perform lock_balances(v_users);
    -- Read again under the locks: somebody may have posted the same a moment ago.
    for v_due in
        select *
        from corrections_due(p_provider, p_model, p_from, p_until, v_users) as due
        order by due.user_id, due.request_started_at, due.request_id
    loop
        if v_balance.user_id is distinct from v_due.user_id then
            select * into v_balance from user_credit_balance where user_id = v_due.user_id;
            v_totals.customers := v_totals.customers + 1;
        end if;
        v_now := greatest(coalesce(p_posted_at, clock_timestamp()), v_balance.last_created_at);
        v_left := greatest(v_due.credits_due, 0);
        v_realised := 0;
        v_seq := null;
        if p_charge and v_due.is_chargeable and v_left > 0 then
            d_source := '{}'; d_amount := '{}'; d_after := '{}'; d_realised := '{}';
            for v_source in
                select *
                from user_credit_source as source
                where source.user_id = v_due.user_id
                    and source.remaining > 0
                    and source.expiry_posted_at is null
                    and source.effective_at <= v_due.request_started_at
                    and coalesce(source.expires_at, 'infinity') > v_due.request_started_at
                order by source.expires_at, source.priority, source.effective_at, source.id
            loop
                exit when v_left = 0;
                v_take := least(v_source.remaining, v_left);
                v_gain := realised_through(
                    v_source.paid_usd, v_source.granted, v_source.granted - v_source.remaining + v_take
                ) - realised_through(v_source.paid_usd, v_source.granted, v_source.granted - v_source.remaining);
                v_left := v_left - v_take;
                v_realised := v_realised + v_gain;
                d_source := d_source || v_source.id;
                d_amount := d_amount || -v_take;
                d_after := d_after || v_source.remaining - v_take;
                d_realised := d_realised || v_gain;
                update user_credit_source
                set remaining = remaining - v_take
                where user_id = v_due.user_id and id = v_source.id;
            end loop;
            if cardinality(d_source) > 0 then
                v_seq := v_balance.last_seq + 1;
                v_take := v_due.credits_due - v_left;
                insert into credit_deduction_ledger (
                    user_id, seq, amount, balance_before, balance_after, reason, request_id, realised_revenue_usd,
                    operator_id, created_at, prev_created_at
                ) values (
                    v_due.user_id, v_seq, -v_take, v_balance.amount, v_balance.amount - v_take, 'correction',
                    v_due.request_id, v_realised, p_operator, v_now, v_balance.last_created_at
                );
                insert into credit_source_draw (
                    user_id, seq, source_id, amount, remaining_after, realised_revenue_usd, position
                )
                select v_due.user_id, v_seq, posting.*
                from unnest(d_source, d_amount, d_after, d_realised) with ordinality as posting;
                update user_credit_balance
                set amount = amount - v_take,
                    last_seq = v_seq,
                    last_created_at = v_now,
                    last_deduction_at = v_now,
                    last_deduction_amount = v_take
                where user_id = v_due.user_id
                returning * into v_balance;
            end if;
        end if;
        -- What was due before and is not any more was never paid: it only stops being uncovered.
        if v_due.credits_due < 0 then
            v_left := v_due.credits_due;
        end if;
        insert into usage_correction (
            user_id, request_id, n, vendor_cost, credit_value_usd, credits_due, credits_deducted, credits_uncovered,
            rounding_gain_usd, realised_revenue_usd, prices_request, price_id, deduction_seq, reason, operator_id,
            created_at, accounted_at
        ) values (
            v_due.user_id, v_due.request_id, v_due.n, v_due.vendor_cost, v_due.credit_value_usd, v_due.credits_due,
            v_due.credits_due - v_left, v_left, v_due.rounding_gain_usd, v_realised, v_due.prices_request,
            v_due.price_id, v_seq, p_reason, p_operator, v_now, v_due.accounted_at
        );
        insert into usage_delta (
            user_id, request_id, day, hour, provider_id, model_id, tier, request_type, key_mode, status, cost_bucket,
            dearest_cost_usd, requests, priced_requests, unpriced_requests, input_tokens, cached_input_tokens,
            cache_write_tokens, output_tokens, vendor_cost_usd, credit_value_usd, credits_due, credits_deducted,
            credits_uncovered, list_revenue_usd, realised_revenue_usd, rounding_gain_usd, default_multiplier_requests,
            latency_ms_sum, latency_count, credits_reversed, list_reversed_usd, realised_reversed_usd,
            credits_corrected, list_corrected_usd, realised_corrected_usd
        )
        select
            user_id, request_id, day, hour, provider_id, model_id, tier, request_type, key_mode, status, cost_bucket,
            dearest_cost_usd, requests, priced_requests, unpriced_requests, input_tokens, cached_input_tokens,
            cache_write_tokens, output_tokens, vendor_cost_usd, credit_value_usd, credits_due, credits_deducted,
            credits_uncovered, list_revenue_usd, realised_revenue_usd, rounding_gain_usd, default_multiplier_requests,
            latency_ms_sum, latency_count, credits_reversed, list_reversed_usd, realised_reversed_usd,
            credits_corrected, list_corrected_usd, realised_corrected_usd
        from correction_delta
        where correction_delta.user_id = v_due.user_id
            and correction_delta.request_id = v_due.request_id
            and correction_delta.n = v_due.n;

        v_totals.requests := v_totals.requests + 1;
        v_totals.priced := v_totals.priced + v_due.prices_request::int;
        v_totals.vendor_cost_usd := v_totals.vendor_cost_usd + v_due.vendor_cost;
        v_totals.credit_value_usd := v_totals.credit_value_usd + v_due.credit_value_usd;
        v_totals.credits_due := v_totals.credits_due + v_due.credits_due;
        v_totals.credits_deducted := v_totals.credits_deducted + v_due.credits_due - v_left;
        v_totals.credits_uncovered := v_totals.credits_uncovered + v_left;
        v_totals.list_revenue_usd := v_totals.list_revenue_usd + (v_due.credits_due - v_left) * v_due.unit_usd;
        v_totals.realised_revenue_usd := v_totals.realised_revenue_usd + v_realised;
    end loop;
    return v_totals;
end
$$;

-- By default a new function may be executed by everybody; only the application and the owner are meant.
grant execute on function corrections_due, correct_usage to ledgerline_app;
