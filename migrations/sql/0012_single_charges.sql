-- One request at a time: the hot path. The rules are those of charge_usage, said again with
-- scalars and one statement per table; a property test holds the engine and both functions together.

-- What became of one request. Outcomes: charged, replayed (same body as before), conflict (another
-- body), unknown_customer, unknown_provider, erased_customer.
create type charge_receipt as (
    outcome text,
    user_id uuid,
    request_id uuid,
    seq bigint,
    posted_at timestamptz,
    credits_due numeric,
    credits_deducted numeric,
    credits_uncovered numeric,
    balance numeric,
    cost_status text,
    vendor_cost_usd numeric,
    credit_value_usd numeric,
    multiplier numeric,
    multiplier_scope text,
    draws jsonb
);

-- A customer by id or by lower-cased e-mail; null if nobody is known by it.
create function customer_named(p_customer text) returns uuid
language sql stable as $$
    select case
        when p_customer ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
            then (select id from users where id = cast(p_customer as uuid))
        else (select user_id from unique_key where kind = 'email' and value = p_customer)
    end
$$;

-- The receipt of a request that is in the books, as it was given the first time; no row if there is none.
create function usage_receipt(p_user_id uuid, p_request_id uuid) returns setof charge_receipt
language sql stable as $$
    select
        'replayed',
        usage.user_id,
        usage.request_id,
        usage.deduction_seq,
        usage.created_at,
        usage.credits_due,
        usage.credits_deducted,
        usage.credits_uncovered,
        coalesce(
            (
                -- The balance the request left, also where it drew nothing.
                select entry.balance_after
                from credit_deduction_ledger as entry
                where entry.user_id = usage.user_id
                    and (entry.seq = usage.deduction_seq
                        or (usage.deduction_seq is null and entry.created_at <= usage.created_at))
                order by entry.seq desc
                limit 1
            ),
            0
        ),
        usage.cost_status,
        usage.vendor_cost,
        usage.credit_value_usd,
        usage.margin_multiplier,
        usage.multiplier_scope,
        coalesce(
            (
                select jsonb_agg(
                    jsonb_build_object(
                        'source_id', draw.source_id,
                        'credits', cast(-draw.amount as text),
                        'remaining', cast(draw.remaining_after as text)
                    )
                    order by draw.position
                )
                from credit_source_draw as draw
                where draw.user_id = usage.user_id and draw.seq = usage.deduction_seq
            ),
            '[]'
        )
    from token_usage_ledger as usage
    where usage.user_id = p_user_id and usage.request_id = p_request_id
$$;

-- Charges one request, all or nothing and once. The event is a charge_event; instead of user_id and
-- provider_id it may name `customer` (id or e-mail) and `provider`, which are looked up in the same call.
create function charge_one(p_event jsonb, p_simulated boolean default false) returns charge_receipt
language plpgsql as $$
declare
    event charge_event := jsonb_populate_record(null::charge_event, p_event);
    receipt charge_receipt;
    is_charged boolean;
    v_status text;
    v_body bytea;
    v_known bytea;
    v_balance numeric;
    v_seq bigint;
    v_last timestamptz;
    v_posted timestamptz;
    v_tier text := 'free';
    v_subscription uuid;
    v_unit numeric;
    v_increment numeric;
    v_price model_provider_pricing;
    v_rule uuid;
    v_scope text := 'default';
    v_multiplier numeric := 1.5;
    v_cost_status text;
    v_cost numeric;
    v_value numeric;
    v_due numeric;
    v_left numeric;
    v_take numeric;
    v_gain numeric;
    v_realised numeric := 0;
    v_draws integer := 0;
    v_source record;
    d_source uuid[]; d_amount numeric[]; d_after numeric[]; d_realised numeric[];
begin
    receipt.request_id := event.request_id;
    if event.user_id is null then
        event.user_id := customer_named(p_event ->> 'customer');
        if event.user_id is null then
            receipt.outcome := 'unknown_customer';
            return receipt;
        end if;
    end if;
    receipt.user_id := event.user_id;

    -- The one serialisation point of a customer; what follows sees everything earlier charges wrote.
    select amount, last_seq, last_created_at into v_balance, v_seq, v_last
    from user_credit_balance
    where user_id = event.user_id
    for no key update;
    if not found then
        perform lock_balances(array[event.user_id]);
        select amount, last_seq, last_created_at into v_balance, v_seq, v_last
        from user_credit_balance
        where user_id = event.user_id;
    end if;

    v_body := decode(event.body_sha256, 'hex');
    select body_sha256 into v_known
    from token_usage_ledger
    where user_id = event.user_id and request_id = event.request_id;
    if found then
        select * into receipt from usage_receipt(event.user_id, event.request_id);
        if v_known <> v_body then
            receipt.outcome := 'conflict';
        end if;
        return receipt;
    end if;
    -- An id that has already paid for a deduction cannot pay for usage as well.
    perform from credit_deduction_ledger
    where user_id = event.user_id and request_id = event.request_id and reason in ('usage', 'deduct');
    if found then
        receipt.request_id := event.request_id;
        receipt.outcome := 'conflict';
        return receipt;
    end if;

    if p_event ? 'customer' then
        select status into v_status from users where id = event.user_id;
        if v_status = 'deleted' then
            receipt.outcome := 'erased_customer';
            return receipt;
        end if;
    end if;
    if event.provider_id is null then
        select id into event.provider_id from providers where name = p_event ->> 'provider';
        if not found then
            receipt.outcome := 'unknown_provider';
            return receipt;
        end if;
    end if;

    -- Rating (domain §3), by the instant the request started.
    select tier, subscription_id into v_tier, v_subscription
    from subscription_tier_change
    where user_id = event.user_id and effective_at <= event.request_started_at
    order by effective_at desc
    limit 1;
    v_tier := coalesce(v_tier, 'free');

    select unit_usd, increment into v_unit, v_increment
    from credit_policy
    where effective_from <= event.request_started_at
    order by effective_from desc
    limit 1;

    select * into v_price
    from model_provider_pricing
    where provider_id = event.provider_id
        and model_name = event.model_id
        and effective_from <= event.request_started_at
    order by effective_from desc
    limit 1;
    if v_price.effective_until <= event.request_started_at then
        v_price := null;
    end if;

    -- Failed and limited requests, and those on the customer's own key, are never charged.
    is_charged := event.key_mode = 'system' and event.status in ('success', 'cancelled');
    if is_charged then
        select config.id, config.margin_multiplier, scope.scope_type into v_rule, v_multiplier, v_scope
        from pricing_scope as scope
        join pricing_configs as config
            on config.scope_id = scope.id
            and config.approval_status = 'approved'
            and config.effective_from <= event.request_started_at
            and (config.effective_until is null or config.effective_until > event.request_started_at)
        where (scope.subscription_tier is null or scope.subscription_tier = v_tier)
            and (scope.provider_id is null or scope.provider_id = event.provider_id)
            and (scope.model_id is null or scope.model_id = event.model_id)
        order by scope.rank, scope.model_id nulls last, scope.provider_id nulls last
        limit 1;
        if not found then
            v_multiplier := 1.5;
            v_scope := 'default';
        end if;
    else
        v_multiplier := 0;
        v_scope := 'none';
    end if;

    v_cost_status := case
        when event.key_mode = 'own' then 'none'
        when event.reported_cost_usd is not null then case when event.cost_estimated then 'estimated' else 'reported' end
        when event.status in ('failed', 'rate_limited') then 'none'
        when v_price.id is null then 'unpriced'
        when event.cost_estimated then 'estimated'
        else 'computed'
    end;
    if v_cost_status = 'none' then
        v_cost := 0;
    elsif event.reported_cost_usd is not null then
        v_cost := event.reported_cost_usd;
    elsif v_cost_status <> 'unpriced' then
        if event.input_tokens + event.cached_input_tokens + event.cache_write_tokens
            > v_price.context_threshold_tokens
        then
            -- A missing cache price means the full input price, never zero.
            v_cost := (
                event.input_tokens * v_price.input_price_per_1k_high_context
                + event.cached_input_tokens
                    * coalesce(v_price.cache_read_price_per_1k_high_context, v_price.input_price_per_1k_high_context)
                + event.cache_write_tokens
                    * coalesce(v_price.cache_write_price_per_1k_high_context, v_price.input_price_per_1k_high_context)
                + event.output_tokens * v_price.output_price_per_1k_high_context
            ) * 0.001;
        else
            v_cost := (
                event.input_tokens * v_price.input_price_per_1k
                + event.cached_input_tokens * coalesce(v_price.cache_hit_price_per_1k, v_price.input_price_per_1k)
                + event.cache_write_tokens * coalesce(v_price.cache_input_price_per_1k, v_price.input_price_per_1k)
                + event.output_tokens * v_price.output_price_per_1k
            ) * 0.001;
        end if;
    end if;
    v_value := v_cost * v_multiplier;
    v_due := coalesce(credits_for(v_value, v_unit, v_increment), 0);

    -- The time is taken under the lock, so that entries of one customer are in order.
    v_posted := greatest(
        case when p_simulated then coalesce(event.request_completed_at, event.request_started_at) else clock_timestamp() end,
        v_last
    );
    v_left := v_due;
    if v_due > 0 and v_balance > 0 then
        for v_source in
            select id, remaining, granted, paid_usd
            from user_credit_source
            where user_id = event.user_id
                and remaining > 0
                and expiry_posted_at is null
                and effective_at <= event.request_started_at
                and (expires_at is null or expires_at > event.request_started_at)
            order by expires_at, priority, effective_at, id
        loop
            v_take := least(v_source.remaining, v_left);
            v_gain := 0;
            if v_source.paid_usd > 0 then
                v_gain := realised_through(
                    v_source.paid_usd, v_source.granted, v_source.granted - v_source.remaining + v_take
                ) - realised_through(v_source.paid_usd, v_source.granted, v_source.granted - v_source.remaining);
            end if;
            update user_credit_source
            set remaining = v_source.remaining - v_take
            where user_id = event.user_id and id = v_source.id;
            v_left := v_left - v_take;
            v_realised := v_realised + v_gain;
            v_draws := v_draws + 1;
            d_source[v_draws] := v_source.id;
            d_amount[v_draws] := v_take;
            d_after[v_draws] := v_source.remaining - v_take;
            d_realised[v_draws] := v_gain;
            exit when v_left = 0;
        end loop;
    end if;

    receipt.draws := '[]';
    if v_draws > 0 then
        v_seq := v_seq + 1;
        insert into credit_deduction_ledger (
            user_id, seq, amount, balance_before, balance_after, reason, request_id, realised_revenue_usd,
            created_at, prev_created_at
        ) values (
            event.user_id, v_seq, v_left - v_due, v_balance, v_balance - v_due + v_left, 'usage', event.request_id,
            v_realised, v_posted, v_last
        );
        v_balance := v_balance - v_due + v_left;

        for v_place in 1 .. v_draws loop
            insert into credit_source_draw (
                user_id, seq, source_id, amount, remaining_after, realised_revenue_usd, position
            ) values (
                event.user_id, v_seq, d_source[v_place], -d_amount[v_place], d_after[v_place], d_realised[v_place],
                v_place
            );
            receipt.draws := receipt.draws || jsonb_build_object(
                'source_id', d_source[v_place],
                'credits', cast(d_amount[v_place] as text),
                'remaining', cast(d_after[v_place] as text)
            );
        end loop;

        update user_credit_balance
        set amount = v_balance,
            last_seq = v_seq,
            last_created_at = v_posted,
            last_deduction_at = v_posted,
            last_deduction_amount = v_due - v_left
        where user_id = event.user_id;
        receipt.seq := v_seq;
    end if;

    insert into token_usage_ledger (
        user_id, request_id, external_id, subscription_id, provider_id, model_id, service, request_type, status,
        key_mode, user_tier_at_request, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
        cost_status, price_id, vendor_cost, pricing_config_id, multiplier_scope, margin_multiplier,
        credit_value_usd, unit_usd, increment, credits_due, credits_deducted, credits_uncovered,
        rounding_gain_usd, realised_revenue_usd, deduction_seq, experiment_id, metadata, body_sha256,
        request_started_at, request_completed_at, processing_time_ms, created_at, accounted_at
    ) values (
        event.user_id, event.request_id, event.external_id, v_subscription, event.provider_id, event.model_id,
        event.service, event.request_type, event.status, event.key_mode, v_tier, event.input_tokens,
        event.cached_input_tokens, event.cache_write_tokens, event.output_tokens, v_cost_status,
        case when v_cost_status in ('computed', 'estimated') and event.reported_cost_usd is null then v_price.id end,
        v_cost, v_rule, v_scope, v_multiplier, v_value, v_unit, v_increment, v_due, v_due - v_left, v_left,
        coalesce(v_due * v_unit - v_value, 0), v_realised, receipt.seq, event.experiment_id, event.metadata, v_body,
        event.request_started_at, event.request_completed_at,
        (extract(epoch from event.request_completed_at - event.request_started_at) * 1000)::bigint,
        v_posted, event.request_started_at
    );

    insert into usage_delta (
        user_id, request_id, day, hour, provider_id, model_id, tier, request_type, key_mode, status, cost_bucket,
        dearest_cost_usd, requests, priced_requests, unpriced_requests, input_tokens, cached_input_tokens,
        cache_write_tokens, output_tokens, vendor_cost_usd, credit_value_usd, credits_due, credits_deducted,
        credits_uncovered, list_revenue_usd, realised_revenue_usd, rounding_gain_usd,
        default_multiplier_requests, latency_ms_sum, latency_count, credits_reversed, list_reversed_usd,
        realised_reversed_usd, credits_corrected, list_corrected_usd, realised_corrected_usd
    )
    select *
    from usage_row_delta
    where user_id = event.user_id and request_id = event.request_id;

    receipt.outcome := 'charged';
    receipt.posted_at := v_posted;
    receipt.credits_due := v_due;
    receipt.credits_deducted := v_due - v_left;
    receipt.credits_uncovered := v_left;
    receipt.balance := v_balance;
    receipt.cost_status := v_cost_status;
    receipt.vendor_cost_usd := v_cost;
    receipt.credit_value_usd := v_value;
    receipt.multiplier := v_multiplier;
    receipt.multiplier_scope := v_scope;
    return receipt;
end
$$;

grant execute on function customer_named, usage_receipt, charge_one to ledgerline_app;
