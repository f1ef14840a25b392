-- Rating and charging. The reference of every rule here is dashboard/engine/;
-- a property test holds the two together to the last digit.

-- What has been realised of a grant once p_gone of its credits have left it:
-- paid × gone ÷ granted, rounded half up at 18 decimals. Integer division keeps
-- it exact: numeric division would round twice.
create function realised_through(p_paid_usd numeric, p_granted numeric, p_gone numeric) returns numeric
language sql immutable as $$
    select div(2 * p_paid_usd * p_gone * 1000000000000000000 + p_granted, 2 * p_granted) * 0.000000000000000001
$$;

-- The only rounding of a charge: up to the next whole increment, zero stays zero.
create function credits_for(p_value_usd numeric, p_unit_usd numeric, p_increment numeric) returns numeric
language sql immutable as $$
    select (
        div(p_value_usd, p_unit_usd * p_increment)
        + (p_value_usd > div(p_value_usd, p_unit_usd * p_increment) * p_unit_usd * p_increment)::int
    ) * p_increment
$$;

create type charge_event as (
    position integer,
    user_id uuid,
    request_id uuid,
    external_id text,
    provider_id uuid,
    model_id text,
    service text,
    request_type text,
    status text,
    key_mode text,
    input_tokens bigint,
    cached_input_tokens bigint,
    cache_write_tokens bigint,
    output_tokens bigint,
    reported_cost_usd numeric,
    cost_estimated boolean,
    experiment_id uuid,
    metadata jsonb,
    body_sha256 text,
    request_started_at timestamptz,
    request_completed_at timestamptz
);

create type charge_rating as (
    position integer,
    user_id uuid,
    request_id uuid,
    posted_at timestamptz,
    request_started_at timestamptz,
    subscription_id uuid,
    tier text,
    cost_status text,
    price_id uuid,
    vendor_cost numeric,
    pricing_config_id uuid,
    multiplier_scope text,
    margin_multiplier numeric,
    credit_value_usd numeric,
    unit_usd numeric,
    increment numeric,
    credits_due numeric
);

-- Usage → cost → value → credits, for many events at once (domain §3).
create function rate_usage(p_events charge_event[]) returns setof charge_rating
language sql stable as $$
    with

    found as (
        select
            event.*,
            coalesce(plan.tier, 'free') as tier,
            plan.subscription_id,
            policy.unit_usd,
            policy.increment,
            price.id as price_id,
            price.priced,
            rule.id as pricing_config_id,
            rule.scope_type,
            rule.margin_multiplier,
            -- Failed and limited requests, and those on the customer's own key, are never charged.
            event.key_mode = 'system' and event.status in ('success', 'cancelled') as is_charged,
            (
                event.input_tokens * price.input_price
                + event.cached_input_tokens * price.read_price
                + event.cache_write_tokens * price.write_price
                + event.output_tokens * price.output_price
            ) * 0.001 as computed_cost
        from unnest(p_events) as event
        left join lateral (
            select tier, subscription_id
            from subscription_tier_change
            where user_id = event.user_id and effective_at <= event.request_started_at
            order by effective_at desc
            limit 1
        ) as plan on true
        join lateral (
            select unit_usd, increment
            from credit_policy
            where effective_from <= event.request_started_at
            order by effective_from desc
            limit 1
        ) as policy on true
        left join lateral (
            select
                latest.id,
                true as priced,
                case when latest.is_high then latest.input_price_per_1k_high_context else latest.input_price_per_1k end as input_price,
                case when latest.is_high then latest.output_price_per_1k_high_context else latest.output_price_per_1k end as output_price,
                -- A missing cache price means the full input price, never zero.
                case when latest.is_high
                    then coalesce(latest.cache_read_price_per_1k_high_context, latest.input_price_per_1k_high_context)
                    else coalesce(latest.cache_hit_price_per_1k, latest.input_price_per_1k)
                end as read_price,
                case when latest.is_high
                    then coalesce(latest.cache_write_price_per_1k_high_context, latest.input_price_per_1k_high_context)
                    else coalesce(latest.cache_input_price_per_1k, latest.input_price_per_1k)
                end as write_price
            from (
                select
                    pricing.*,
                    coalesce(
                        event.input_tokens + event.cached_input_tokens + event.cache_write_tokens
                            > pricing.context_threshold_tokens,
                        false
                    ) as is_high
                from model_provider_pricing as pricing
                where pricing.provider_id = event.provider_id
                    and pricing.model_name = event.model_id
                    and pricing.effective_from <= event.request_started_at
                order by pricing.effective_from desc
                limit 1
            ) as latest
            where latest.effective_until is null or latest.effective_until > event.request_started_at
        ) as price on true
        left join lateral (
            select config.id, config.margin_multiplier, scope.scope_type
            from pricing_scope as scope
            join pricing_configs as config
                on config.scope_id = scope.id
                and config.approval_status = 'approved'
                and config.effective_from <= event.request_started_at
                and (config.effective_until is null or config.effective_until > event.request_started_at)
            where (scope.subscription_tier is null or scope.subscription_tier = coalesce(plan.tier, 'free'))
                and (scope.provider_id is null or scope.provider_id = event.provider_id)
                and (scope.model_id is null or scope.model_id = event.model_id)
            order by scope.rank, scope.model_id nulls last, scope.provider_id nulls last
            limit 1
        ) as rule on true
    ),

    costed as (
        select
            *,
            case
                when key_mode = 'own' then 'none'
                when reported_cost_usd is not null then case when cost_estimated then 'estimated' else 'reported' end
                when status in ('failed', 'rate_limited') then 'none'
                when priced is null then 'unpriced'
                when cost_estimated then 'estimated'
                else 'computed'
            end as cost_status
        from found
    ),

    valued as (
        select
            *,
            case
                when cost_status = 'none' then 0
                when cost_status = 'unpriced' then null
                else coalesce(reported_cost_usd, computed_cost)
            end as vendor_cost,
            case when is_charged then coalesce(margin_multiplier, 1.5) else 0 end as applied_multiplier
        from costed
    )

    select
        position,
        user_id,
        request_id,
        coalesce(request_completed_at, request_started_at),
        request_started_at,
        subscription_id,
        tier,
        cost_status,
        case when cost_status in ('computed', 'estimated') and reported_cost_usd is null then price_id end,
        vendor_cost,
        case when is_charged then pricing_config_id end,
        case when is_charged then coalesce(scope_type, 'default') else 'none' end,
        applied_multiplier,
        vendor_cost * applied_multiplier,
        unit_usd,
        increment,
        coalesce(credits_for(vendor_cost * applied_multiplier, unit_usd, increment), 0)
    from valued
$$;

-- Makes sure every balance row exists and locks it, in one order for everybody:
-- the one serialisation point of a customer.
create function lock_balances(p_users uuid[]) returns void
language plpgsql as $$
begin
    insert into user_credit_balance (user_id)
    select distinct customer from unnest(p_users) as customer order by customer
    on conflict (user_id) do nothing;
    perform 1 from user_credit_balance where user_id = any(p_users) order by user_id for no key update;
end
$$;

-- Charges many events at once, each all or nothing and once per request.
-- Outcomes: charged, replayed (same body as before), conflict (another body).
-- p_simulated lets the demo post at the time of the request instead of now.
create function charge_usage(
    p_events jsonb, p_simulated boolean default false, p_import_run_id uuid default null
)
returns table (
    "position" integer,
    outcome text,
    credits_due numeric,
    credits_deducted numeric,
    credits_uncovered numeric,
    cost_status text,
    multiplier_scope text
)
language plpgsql as $$
#variable_conflict use_column
declare
    v_events charge_event[];
    v_fresh charge_event[];
    v_rated charge_rating[];
    v_row charge_rating;
    v_user uuid;
    v_now timestamptz;
    v_posted timestamptz;
    v_last timestamptz;
    v_balance numeric;
    v_seq bigint;
    v_left numeric;
    v_take numeric;
    v_gain numeric;
    v_realised numeric;
    v_place integer := 0;
    v_draws integer;
    -- the heads of the customers' chains
    b_user uuid[]; b_amount numeric[]; b_seq bigint[]; b_last timestamptz[];
    v_head integer := 1;
    -- the open grants, by customer and in draw order; those of the one at hand are [first, beyond)
    v_first integer := 1;
    v_beyond integer := 1;
    s_user uuid[]; s_id uuid[]; s_left numeric[]; s_granted numeric[]; s_paid numeric[]; s_from timestamptz[]; s_until timestamptz[];
    -- results, one element per rated event
    r_deducted numeric[] := '{}'; r_realised numeric[] := '{}'; r_seq bigint[] := '{}';
    r_posted timestamptz[] := '{}'; r_previous timestamptz[] := '{}'; r_after numeric[] := '{}';
    -- postings
    d_user uuid[] := '{}'; d_seq bigint[] := '{}'; d_source uuid[] := '{}'; d_amount numeric[] := '{}';
    d_after numeric[] := '{}'; d_realised numeric[] := '{}'; d_position integer[] := '{}';
begin
    select array_agg(event order by event.position) into v_events
    from jsonb_populate_recordset(null::charge_event, p_events) as event;
    if v_events is null then
        return;
    end if;

    perform lock_balances(array(select distinct user_id from unnest(v_events)));

    select array_agg(event order by event.user_id, event.request_started_at, event.request_id) into v_fresh
    from (
        select distinct on (first.user_id, first.request_id) first.*
        from unnest(v_events) as first
        order by first.user_id, first.request_id, first.position
    ) as event
    where not exists (
        select from token_usage_ledger as known
        where known.user_id = event.user_id and known.request_id = event.request_id
    )
    -- An id that has already paid for a deduction cannot pay for usage as well.
    and not exists (
        select from credit_deduction_ledger as paid
        where paid.user_id = event.user_id
            and paid.request_id = event.request_id
            and paid.reason in ('usage', 'deduct')
    );

    if v_fresh is not null then
        select array_agg(rated order by rated.user_id, rated.request_started_at, rated.request_id) into v_rated
        from rate_usage(v_fresh) as rated;
        -- The time is taken under the lock, so that entries of one customer are in order.
        v_now := clock_timestamp();

        select array_agg(user_id), array_agg(amount), array_agg(last_seq), array_agg(last_created_at)
        into b_user, b_amount, b_seq, b_last
        from (
            select balance.*
            from user_credit_balance as balance
            where balance.user_id in (select rated.user_id from unnest(v_rated) as rated)
            order by balance.user_id
        ) as heads;

        select
            coalesce(array_agg(user_id), '{}'), array_agg(id), array_agg(remaining), array_agg(granted),
            array_agg(paid_usd), array_agg(effective_at), array_agg(coalesce(expires_at, 'infinity'))
        into s_user, s_id, s_left, s_granted, s_paid, s_from, s_until
        from (
            select source.*
            from user_credit_source as source
            where source.user_id in (select rated.user_id from unnest(v_rated) as rated)
                and source.remaining > 0
                and source.expiry_posted_at is null
            order by source.user_id, source.expires_at, source.priority, source.effective_at, source.id
        ) as drawable;

        foreach v_row in array v_rated loop
            v_place := v_place + 1;
            if v_user is distinct from v_row.user_id then
                v_user := v_row.user_id;
                -- Balances and grants come in the order of the customers: walk on to this one's.
                while b_user[v_head] <> v_user loop
                    v_head := v_head + 1;
                end loop;
                v_balance := b_amount[v_head];
                v_seq := b_seq[v_head];
                v_last := b_last[v_head];
                v_first := v_beyond;
                while s_user[v_first] < v_user loop
                    v_first := v_first + 1;
                end loop;
                v_beyond := v_first;
                while s_user[v_beyond] = v_user loop
                    v_beyond := v_beyond + 1;
                end loop;
            end if;

            v_posted := greatest(case when p_simulated then v_row.posted_at else v_now end, v_last);
            v_left := v_row.credits_due;
            v_realised := 0;
            v_draws := 0;
            if v_left > 0 then
                for v_source in v_first .. v_beyond - 1 loop
                    if s_left[v_source] > 0
                        and s_from[v_source] <= v_row.request_started_at
                        and s_until[v_source] > v_row.request_started_at
                    then
                        v_take := least(s_left[v_source], v_left);
                        v_gain := realised_through(
                            s_paid[v_source], s_granted[v_source], s_granted[v_source] - s_left[v_source] + v_take
                        ) - realised_through(
                            s_paid[v_source], s_granted[v_source], s_granted[v_source] - s_left[v_source]
                        );
                        s_left[v_source] := s_left[v_source] - v_take;
                        v_left := v_left - v_take;
                        v_realised := v_realised + v_gain;
                        v_draws := v_draws + 1;
                        d_user := d_user || v_user;
                        d_seq := d_seq || v_seq + 1;
                        d_source := d_source || s_id[v_source];
                        d_amount := d_amount || -v_take;
                        d_after := d_after || s_left[v_source];
                        d_realised := d_realised || v_gain;
                        d_position := d_position || v_draws;
                        exit when v_left = 0;
                    end if;
                end loop;
            end if;

            r_deducted := r_deducted || v_row.credits_due - v_left;
            r_realised := r_realised || v_realised;
            r_posted := r_posted || v_posted;
            if v_draws > 0 then
                v_seq := v_seq + 1;
                v_balance := v_balance - (v_row.credits_due - v_left);
                r_seq := r_seq || v_seq;
                r_previous := r_previous || v_last;
                v_last := v_posted;
            else
                r_seq := r_seq || null::bigint;
                r_previous := r_previous || null::timestamptz;
            end if;
            r_after := r_after || v_balance;
        end loop;

        insert into credit_deduction_ledger (
            user_id, seq, amount, balance_before, balance_after, reason, request_id, realised_revenue_usd,
            created_at, prev_created_at
        )
        select
            rated.user_id, paid.seq, -paid.deducted, paid.after + paid.deducted, paid.after, 'usage',
            rated.request_id, paid.realised, paid.posted, paid.previous
        from unnest(v_rated) with ordinality as rated
        join unnest(r_deducted, r_realised, r_seq, r_posted, r_previous, r_after)
            with ordinality as paid (deducted, realised, seq, posted, previous, after, ordinality)
            on paid.ordinality = rated.ordinality
        where paid.seq is not null;

        insert into credit_source_draw (
            user_id, seq, source_id, amount, remaining_after, realised_revenue_usd, position
        )
        select * from unnest(d_user, d_seq, d_source, d_amount, d_after, d_realised, d_position);

        update user_credit_source as source
        set remaining = drawn.after
        from (
            select distinct on (draw.user_id, draw.source_id) draw.user_id, draw.source_id, draw.after
            from unnest(d_user, d_seq, d_source, d_after) as draw (user_id, seq, source_id, after)
            order by draw.user_id, draw.source_id, draw.seq desc
        ) as drawn
        where source.user_id = drawn.user_id and source.id = drawn.source_id;

        update user_credit_balance as balance
        set amount = head.after,
            last_seq = head.seq,
            last_created_at = head.posted,
            last_deduction_at = head.posted,
            last_deduction_amount = head.deducted
        from (
            select distinct on (rated.user_id) rated.user_id, paid.*
            from unnest(v_rated) with ordinality as rated
            join unnest(r_deducted, r_seq, r_posted, r_after)
                with ordinality as paid (deducted, seq, posted, after, ordinality)
                on paid.ordinality = rated.ordinality
            where paid.seq is not null
            order by rated.user_id, paid.seq desc
        ) as head
        where balance.user_id = head.user_id;

        insert into token_usage_ledger (
            user_id, request_id, external_id, subscription_id, provider_id, model_id, service, request_type, status,
            key_mode, user_tier_at_request, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
            cost_status, price_id, vendor_cost, pricing_config_id, multiplier_scope, margin_multiplier,
            credit_value_usd, unit_usd, increment, credits_due, credits_deducted, credits_uncovered,
            rounding_gain_usd, realised_revenue_usd, deduction_seq, experiment_id, metadata, body_sha256,
            request_started_at, request_completed_at, processing_time_ms, import_run_id, created_at, accounted_at
        )
        select
            event.user_id, event.request_id, event.external_id, rated.subscription_id, event.provider_id,
            event.model_id, event.service, event.request_type, event.status, event.key_mode, rated.tier,
            event.input_tokens, event.cached_input_tokens, event.cache_write_tokens, event.output_tokens,
            rated.cost_status, rated.price_id, rated.vendor_cost, rated.pricing_config_id, rated.multiplier_scope,
            rated.margin_multiplier, rated.credit_value_usd, rated.unit_usd, rated.increment, rated.credits_due,
            paid.deducted, rated.credits_due - paid.deducted,
            coalesce(rated.credits_due * rated.unit_usd - rated.credit_value_usd, 0),
            paid.realised, paid.seq, event.experiment_id, event.metadata, decode(event.body_sha256, 'hex'),
            event.request_started_at, event.request_completed_at,
            (extract(epoch from event.request_completed_at - event.request_started_at) * 1000)::bigint,
            p_import_run_id, paid.posted, event.request_started_at
        from unnest(v_rated) with ordinality as rated
        join unnest(v_fresh) as event using (position)
        join unnest(r_deducted, r_realised, r_seq, r_posted)
            with ordinality as paid (deducted, realised, seq, posted, ordinality)
            on paid.ordinality = rated.ordinality;

        insert into usage_delta (
            user_id, request_id, day, hour, provider_id, model_id, tier, request_type, key_mode, status, cost_bucket,
            dearest_cost_usd, requests, priced_requests, unpriced_requests, input_tokens, cached_input_tokens,
            cache_write_tokens, output_tokens, vendor_cost_usd, credit_value_usd, credits_due, credits_deducted,
            credits_uncovered, list_revenue_usd, realised_revenue_usd, rounding_gain_usd,
            default_multiplier_requests, latency_ms_sum, latency_count, credits_reversed, list_reversed_usd,
            realised_reversed_usd, credits_corrected, list_corrected_usd, realised_corrected_usd
        )
        select delta.*
        from unnest(v_fresh) as event
        cross join lateral (
            select *
            from usage_row_delta
            where usage_row_delta.user_id = event.user_id and usage_row_delta.request_id = event.request_id
        ) as delta;
    end if;

    return query
    select
        event.position,
        case
            -- Not a join: a generic plan expects few elements of an array and would loop over both.
            when event.position in (select fresh.position from unnest(v_fresh) as fresh) then 'charged'
            when usage.body_sha256 = decode(event.body_sha256, 'hex') then 'replayed'
            else 'conflict'
        end,
        coalesce(usage.credits_due, 0),
        coalesce(usage.credits_deducted, 0),
        coalesce(usage.credits_uncovered, 0),
        coalesce(usage.cost_status, 'none'),
        coalesce(usage.multiplier_scope, 'none')
    from unnest(v_events) as event
    left join token_usage_ledger as usage on usage.user_id = event.user_id and usage.request_id = event.request_id
    order by event.position;
end
$$;
