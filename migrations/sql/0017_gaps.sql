-- What the charging engine still lacked.

-- Reporting usage --------------------------------------------------------------------------------

-- Charges one request that a key reports, if that key is in force at this moment: one statement proves
-- the key and charges, so that a revoked key is refused at once. Without a key it only charges.
-- Says also whether the customer is beyond their own monthly cap by now: that refuses nothing.
create function charge_reported(
    p_event jsonb,
    p_api_key uuid default null,
    p_now timestamptz default null,
    out receipt charge_receipt,
    out over_monthly_cap boolean
)
language plpgsql as $$
begin
    if p_api_key is not null then
        perform from api_key
        where id = p_api_key and revoked_at is null and (expires_at is null or expires_at > p_now);
        if not found then
            receipt.outcome := 'revoked_key';
            return;
        end if;
    end if;
    receipt := charge_one(p_event);
    -- Few have a cap; for the others nothing is added up.
    perform from users where id = receipt.user_id and monthly_cap_credits is not null;
    if found then
        over_monthly_cap := monthly_cap_left(receipt.user_id, receipt.posted_at) < 0;
    end if;
end
$$;

grant execute on function charge_reported to ledgerline_app;

-- Folding -----------------------------------------------------------------------------------------

-- As before, one statement deletes the waiting deltas and adds them to every summary. New here: it reads
-- them where they lie instead of carrying each deleted row along (all parts of a statement see the same
-- rows; the two counts are compared); it adds them up once, by the finest key, and every summary adds up
-- those sums; a request enters the contest for the dearest only if it can win; rows are inserted in the
-- order of their keys, so that a day's rows lie together and a page reads few blocks.
create or replace function fold_usage(p_limit integer default 200000) returns bigint
language plpgsql
-- The sums of a batch by the finest key stay in memory.
set work_mem = '64MB'
as $$
declare
    v_last bigint;
    v_moved bigint;
    v_deleted bigint;
    v_days date[];
begin
    -- One folder at a time; contested upserts of many keys would deadlock.
    perform pg_advisory_xact_lock(hashtextextended('ledgerline fold', 0));
    select max(id) into v_last
    from (select id from usage_delta order by id limit p_limit) as oldest;

    with

    gone as (
        delete from usage_delta
        where id <= v_last
        returning 1
    ),

    finest as materialized (
        select
            user_id, day, hour, provider_id, model_id, tier, request_type, key_mode, status,
            count(*) as deltas,
            -- Only a delta that counts no request takes something back.
            sum(requests)::bigint as requests,
            sum(priced_requests)::bigint as priced_requests,
            sum(unpriced_requests)::bigint as unpriced_requests,
            sum(input_tokens) as input_tokens,
            sum(cached_input_tokens) as cached_input_tokens,
            sum(cache_write_tokens) as cache_write_tokens,
            sum(output_tokens) as output_tokens,
            sum(vendor_cost_usd) as vendor_cost_usd,
            sum(credit_value_usd) as credit_value_usd,
            sum(credits_deducted) + sum(credits_uncovered) as credits_due,
            sum(credits_deducted) as credits_deducted,
            sum(credits_uncovered) as credits_uncovered,
            sum(list_revenue_usd) as list_revenue_usd,
            sum(realised_revenue_usd) as realised_revenue_usd,
            sum(rounding_gain_usd) as rounding_gain_usd,
            sum(default_multiplier_requests)::bigint as default_multiplier_requests,
            sum(latency_ms_sum) as latency_ms_sum,
            sum(latency_count)::bigint as latency_count,
            coalesce(sum(credits_reversed) filter (where requests = 0), 0) as credits_reversed,
            coalesce(sum(list_reversed_usd) filter (where requests = 0), 0) as list_reversed_usd,
            coalesce(sum(realised_reversed_usd) filter (where requests = 0), 0) as realised_reversed_usd,
            coalesce(sum(credits_corrected) filter (where requests = 0), 0) as credits_corrected,
            coalesce(sum(list_corrected_usd) filter (where requests = 0), 0) as list_corrected_usd,
            coalesce(sum(realised_corrected_usd) filter (where requests = 0), 0) as realised_corrected_usd
        from usage_delta
        where id <= v_last
        group by user_id, day, hour, provider_id, model_id, tier, request_type, key_mode, status
    ),

    daily as (
        insert into usage_daily_summary (
            day, provider_id, model_id, tier, request_type, key_mode, status, requests, priced_requests,
            unpriced_requests, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
            vendor_cost_usd, credit_value_usd, credits_due, credits_deducted, credits_uncovered,
            list_revenue_usd, realised_revenue_usd, rounding_gain_usd, default_multiplier_requests,
            latency_ms_sum, latency_count, credits_reversed, list_reversed_usd, realised_reversed_usd,
            credits_corrected, list_corrected_usd, realised_corrected_usd
        )
        select
            day, provider_id, model_id, tier, request_type, key_mode, status,
            sum(requests)::bigint as requests,
            sum(priced_requests)::bigint as priced_requests,
            sum(unpriced_requests)::bigint as unpriced_requests,
            sum(input_tokens) as input_tokens,
            sum(cached_input_tokens) as cached_input_tokens,
            sum(cache_write_tokens) as cache_write_tokens,
            sum(output_tokens) as output_tokens,
            sum(vendor_cost_usd) as vendor_cost_usd,
            sum(credit_value_usd) as credit_value_usd,
            sum(credits_due) as credits_due,
            sum(credits_deducted) as credits_deducted,
            sum(credits_uncovered) as credits_uncovered,
            sum(list_revenue_usd) as list_revenue_usd,
            sum(realised_revenue_usd) as realised_revenue_usd,
            sum(rounding_gain_usd) as rounding_gain_usd,
            sum(default_multiplier_requests)::bigint as default_multiplier_requests,
            sum(latency_ms_sum) as latency_ms_sum,
            sum(latency_count)::bigint as latency_count,
            sum(credits_reversed) as credits_reversed,
            sum(list_reversed_usd) as list_reversed_usd,
            sum(realised_reversed_usd) as realised_reversed_usd,
            sum(credits_corrected) as credits_corrected,
            sum(list_corrected_usd) as list_corrected_usd,
            sum(realised_corrected_usd) as realised_corrected_usd
        from finest
        group by day, provider_id, model_id, tier, request_type, key_mode, status
        order by day, provider_id, model_id, tier, request_type, key_mode, status
        on conflict (day, provider_id, model_id, tier, request_type, key_mode, status) do update set
            requests = usage_daily_summary.requests + excluded.requests,
            priced_requests = usage_daily_summary.priced_requests + excluded.priced_requests,
            unpriced_requests = usage_daily_summary.unpriced_requests + excluded.unpriced_requests,
            input_tokens = usage_daily_summary.input_tokens + excluded.input_tokens,
            cached_input_tokens = usage_daily_summary.cached_input_tokens + excluded.cached_input_tokens,
            cache_write_tokens = usage_daily_summary.cache_write_tokens + excluded.cache_write_tokens,
            output_tokens = usage_daily_summary.output_tokens + excluded.output_tokens,
            vendor_cost_usd = usage_daily_summary.vendor_cost_usd + excluded.vendor_cost_usd,
            credit_value_usd = usage_daily_summary.credit_value_usd + excluded.credit_value_usd,
            credits_due = usage_daily_summary.credits_due + excluded.credits_due,
            credits_deducted = usage_daily_summary.credits_deducted + excluded.credits_deducted,
            credits_uncovered = usage_daily_summary.credits_uncovered + excluded.credits_uncovered,
            list_revenue_usd = usage_daily_summary.list_revenue_usd + excluded.list_revenue_usd,
            realised_revenue_usd = usage_daily_summary.realised_revenue_usd + excluded.realised_revenue_usd,
            rounding_gain_usd = usage_daily_summary.rounding_gain_usd + excluded.rounding_gain_usd,
            default_multiplier_requests = usage_daily_summary.default_multiplier_requests + excluded.default_multiplier_requests,
            latency_ms_sum = usage_daily_summary.latency_ms_sum + excluded.latency_ms_sum,
            latency_count = usage_daily_summary.latency_count + excluded.latency_count,
            credits_reversed = usage_daily_summary.credits_reversed + excluded.credits_reversed,
            list_reversed_usd = usage_daily_summary.list_reversed_usd + excluded.list_reversed_usd,
            realised_reversed_usd = usage_daily_summary.realised_reversed_usd + excluded.realised_reversed_usd,
            credits_corrected = usage_daily_summary.credits_corrected + excluded.credits_corrected,
            list_corrected_usd = usage_daily_summary.list_corrected_usd + excluded.list_corrected_usd,
            realised_corrected_usd = usage_daily_summary.realised_corrected_usd + excluded.realised_corrected_usd
    ),

    hourly as (
        insert into usage_hourly_summary (
            hour, provider_id, model_id, tier, request_type, key_mode, status, requests, priced_requests,
            unpriced_requests, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
            vendor_cost_usd, credit_value_usd, credits_due, credits_deducted, credits_uncovered,
            list_revenue_usd, realised_revenue_usd, rounding_gain_usd, default_multiplier_requests,
            latency_ms_sum, latency_count, credits_reversed, list_reversed_usd, realised_reversed_usd,
            credits_corrected, list_corrected_usd, realised_corrected_usd
        )
        select
            hour, provider_id, model_id, tier, request_type, key_mode, status,
            sum(requests)::bigint as requests,
            sum(priced_requests)::bigint as priced_requests,
            sum(unpriced_requests)::bigint as unpriced_requests,
            sum(input_tokens) as input_tokens,
            sum(cached_input_tokens) as cached_input_tokens,
            sum(cache_write_tokens) as cache_write_tokens,
            sum(output_tokens) as output_tokens,
            sum(vendor_cost_usd) as vendor_cost_usd,
            sum(credit_value_usd) as credit_value_usd,
            sum(credits_due) as credits_due,
            sum(credits_deducted) as credits_deducted,
            sum(credits_uncovered) as credits_uncovered,
            sum(list_revenue_usd) as list_revenue_usd,
            sum(realised_revenue_usd) as realised_revenue_usd,
            sum(rounding_gain_usd) as rounding_gain_usd,
            sum(default_multiplier_requests)::bigint as default_multiplier_requests,
            sum(latency_ms_sum) as latency_ms_sum,
            sum(latency_count)::bigint as latency_count,
            sum(credits_reversed) as credits_reversed,
            sum(list_reversed_usd) as list_reversed_usd,
            sum(realised_reversed_usd) as realised_reversed_usd,
            sum(credits_corrected) as credits_corrected,
            sum(list_corrected_usd) as list_corrected_usd,
            sum(realised_corrected_usd) as realised_corrected_usd
        from finest
        group by hour, provider_id, model_id, tier, request_type, key_mode, status
        order by hour, provider_id, model_id, tier, request_type, key_mode, status
        on conflict (hour, provider_id, model_id, tier, request_type, key_mode, status) do update set
            requests = usage_hourly_summary.requests + excluded.requests,
            priced_requests = usage_hourly_summary.priced_requests + excluded.priced_requests,
            unpriced_requests = usage_hourly_summary.unpriced_requests + excluded.unpriced_requests,
            input_tokens = usage_hourly_summary.input_tokens + excluded.input_tokens,
            cached_input_tokens = usage_hourly_summary.cached_input_tokens + excluded.cached_input_tokens,
            cache_write_tokens = usage_hourly_summary.cache_write_tokens + excluded.cache_write_tokens,
            output_tokens = usage_hourly_summary.output_tokens + excluded.output_tokens,
            vendor_cost_usd = usage_hourly_summary.vendor_cost_usd + excluded.vendor_cost_usd,
            credit_value_usd = usage_hourly_summary.credit_value_usd + excluded.credit_value_usd,
            credits_due = usage_hourly_summary.credits_due + excluded.credits_due,
            credits_deducted = usage_hourly_summary.credits_deducted + excluded.credits_deducted,
            credits_uncovered = usage_hourly_summary.credits_uncovered + excluded.credits_uncovered,
            list_revenue_usd = usage_hourly_summary.list_revenue_usd + excluded.list_revenue_usd,
            realised_revenue_usd = usage_hourly_summary.realised_revenue_usd + excluded.realised_revenue_usd,
            rounding_gain_usd = usage_hourly_summary.rounding_gain_usd + excluded.rounding_gain_usd,
            default_multiplier_requests = usage_hourly_summary.default_multiplier_requests + excluded.default_multiplier_requests,
            latency_ms_sum = usage_hourly_summary.latency_ms_sum + excluded.latency_ms_sum,
            latency_count = usage_hourly_summary.latency_count + excluded.latency_count,
            credits_reversed = usage_hourly_summary.credits_reversed + excluded.credits_reversed,
            list_reversed_usd = usage_hourly_summary.list_reversed_usd + excluded.list_reversed_usd,
            realised_reversed_usd = usage_hourly_summary.realised_reversed_usd + excluded.realised_reversed_usd,
            credits_corrected = usage_hourly_summary.credits_corrected + excluded.credits_corrected,
            list_corrected_usd = usage_hourly_summary.list_corrected_usd + excluded.list_corrected_usd,
            realised_corrected_usd = usage_hourly_summary.realised_corrected_usd + excluded.realised_corrected_usd
    ),

    customers as (
        insert into usage_customer_daily_summary (
            day, user_id, provider_id, model_id, tier, request_type, key_mode, status, requests,
            priced_requests, unpriced_requests, input_tokens, cached_input_tokens, cache_write_tokens,
            output_tokens, vendor_cost_usd, credit_value_usd, credits_due, credits_deducted, credits_uncovered,
            list_revenue_usd, realised_revenue_usd, rounding_gain_usd, default_multiplier_requests,
            latency_ms_sum, latency_count, credits_reversed, list_reversed_usd, realised_reversed_usd,
            credits_corrected, list_corrected_usd, realised_corrected_usd
        )
        select
            day, user_id, provider_id, model_id, tier, request_type, key_mode, status,
            sum(requests)::bigint as requests,
            sum(priced_requests)::bigint as priced_requests,
            sum(unpriced_requests)::bigint as unpriced_requests,
            sum(input_tokens) as input_tokens,
            sum(cached_input_tokens) as cached_input_tokens,
            sum(cache_write_tokens) as cache_write_tokens,
            sum(output_tokens) as output_tokens,
            sum(vendor_cost_usd) as vendor_cost_usd,
            sum(credit_value_usd) as credit_value_usd,
            sum(credits_due) as credits_due,
            sum(credits_deducted) as credits_deducted,
            sum(credits_uncovered) as credits_uncovered,
            sum(list_revenue_usd) as list_revenue_usd,
            sum(realised_revenue_usd) as realised_revenue_usd,
            sum(rounding_gain_usd) as rounding_gain_usd,
            sum(default_multiplier_requests)::bigint as default_multiplier_requests,
            sum(latency_ms_sum) as latency_ms_sum,
            sum(latency_count)::bigint as latency_count,
            sum(credits_reversed) as credits_reversed,
            sum(list_reversed_usd) as list_reversed_usd,
            sum(realised_reversed_usd) as realised_reversed_usd,
            sum(credits_corrected) as credits_corrected,
            sum(list_corrected_usd) as list_corrected_usd,
            sum(realised_corrected_usd) as realised_corrected_usd
        from finest
        group by day, user_id, provider_id, model_id, tier, request_type, key_mode, status
        order by day, user_id, provider_id, model_id, tier, request_type, key_mode, status
        on conflict (user_id, day, provider_id, model_id, tier, request_type, key_mode, status) do update set
            requests = usage_customer_daily_summary.requests + excluded.requests,
            priced_requests = usage_customer_daily_summary.priced_requests + excluded.priced_requests,
            unpriced_requests = usage_customer_daily_summary.unpriced_requests + excluded.unpriced_requests,
            input_tokens = usage_customer_daily_summary.input_tokens + excluded.input_tokens,
            cached_input_tokens = usage_customer_daily_summary.cached_input_tokens + excluded.cached_input_tokens,
            cache_write_tokens = usage_customer_daily_summary.cache_write_tokens + excluded.cache_write_tokens,
            output_tokens = usage_customer_daily_summary.output_tokens + excluded.output_tokens,
            vendor_cost_usd = usage_customer_daily_summary.vendor_cost_usd + excluded.vendor_cost_usd,
            credit_value_usd = usage_customer_daily_summary.credit_value_usd + excluded.credit_value_usd,
            credits_due = usage_customer_daily_summary.credits_due + excluded.credits_due,
            credits_deducted = usage_customer_daily_summary.credits_deducted + excluded.credits_deducted,
            credits_uncovered = usage_customer_daily_summary.credits_uncovered + excluded.credits_uncovered,
            list_revenue_usd = usage_customer_daily_summary.list_revenue_usd + excluded.list_revenue_usd,
            realised_revenue_usd = usage_customer_daily_summary.realised_revenue_usd + excluded.realised_revenue_usd,
            rounding_gain_usd = usage_customer_daily_summary.rounding_gain_usd + excluded.rounding_gain_usd,
            default_multiplier_requests = usage_customer_daily_summary.default_multiplier_requests + excluded.default_multiplier_requests,
            latency_ms_sum = usage_customer_daily_summary.latency_ms_sum + excluded.latency_ms_sum,
            latency_count = usage_customer_daily_summary.latency_count + excluded.latency_count,
            credits_reversed = usage_customer_daily_summary.credits_reversed + excluded.credits_reversed,
            list_reversed_usd = usage_customer_daily_summary.list_reversed_usd + excluded.list_reversed_usd,
            realised_reversed_usd = usage_customer_daily_summary.realised_reversed_usd + excluded.realised_reversed_usd,
            credits_corrected = usage_customer_daily_summary.credits_corrected + excluded.credits_corrected,
            list_corrected_usd = usage_customer_daily_summary.list_corrected_usd + excluded.list_corrected_usd,
            realised_corrected_usd = usage_customer_daily_summary.realised_corrected_usd + excluded.realised_corrected_usd
    ),

    activity as (
        insert into customer_activity_daily (day, tier, user_id, requests)
        select day, tier, user_id, sum(requests)::bigint
        from finest
        where requests > 0
        group by day, tier, user_id
        order by day, tier, user_id
        on conflict (day, tier, user_id) do update set
            requests = customer_activity_daily.requests + excluded.requests
    ),

    histogram as (
        insert into usage_cost_histogram (day, provider_id, model_id, bucket, requests, vendor_cost_usd)
        select day, provider_id, model_id, cost_bucket, sum(priced_requests)::bigint, sum(vendor_cost_usd)
        from usage_delta
        where id <= v_last and cost_bucket is not null
        group by day, provider_id, model_id, cost_bucket
        order by day, provider_id, model_id, cost_bucket
        on conflict (day, provider_id, model_id, bucket) do update set
            requests = usage_cost_histogram.requests + excluded.requests,
            vendor_cost_usd = usage_cost_histogram.vendor_cost_usd + excluded.vendor_cost_usd
    ),

    -- What a request must cost at least to be among the hundred dearest of any of these days.
    least as (
        select case when bool_and(known.requests >= 100) then min(known.vendor_cost_usd) else 0 end as vendor_cost_usd
        from (select distinct day from finest) as changed
        left join lateral (
            select count(*) as requests, min(vendor_cost_usd) as vendor_cost_usd
            from usage_dearest_request
            where usage_dearest_request.day = changed.day
        ) as known on true
    ),

    dearest as (
        insert into usage_dearest_request (day, user_id, request_id, provider_id, model_id, vendor_cost_usd)
        select day, user_id, request_id, provider_id, model_id, dearest_cost_usd
        from (
            select
                day, user_id, request_id, provider_id, model_id, dearest_cost_usd,
                row_number() over (partition by day order by dearest_cost_usd desc, user_id, request_id) as place
            from usage_delta
            where id <= v_last and dearest_cost_usd >= (select vendor_cost_usd from least)
        ) as ranked
        where place <= 100
        on conflict (day, user_id, request_id) do update set
            vendor_cost_usd = excluded.vendor_cost_usd
    ),

    by_customer as materialized (
        select
            user_id,
            day,
            sum(deltas)::bigint as deltas,
            sum(requests)::bigint as requests,
            coalesce(sum(requests) filter (where status = 'success'), 0)::bigint as successful_requests,
            sum(input_tokens + cached_input_tokens + cache_write_tokens) as input_tokens,
            sum(output_tokens) as output_tokens,
            sum(vendor_cost_usd) as vendor_cost_usd,
            sum(credits_deducted) as credits_deducted,
            sum(list_revenue_usd - vendor_cost_usd) as gross_margin_usd,
            sum(latency_ms_sum) as latency_ms_sum,
            sum(latency_count)::bigint as latency_count
        from finest
        group by user_id, day
        order by day, user_id
    ),

    tokens as (
        insert into token_usage_daily_summary (
            user_id, summary_date, total_requests, successful_requests, total_input_tokens, total_output_tokens,
            total_vendor_cost, total_credits_deducted, total_gross_margin, latency_ms_sum, latency_count
        )
        select
            user_id, day, requests, successful_requests, input_tokens, output_tokens, vendor_cost_usd,
            credits_deducted, gross_margin_usd, latency_ms_sum, latency_count
        from by_customer
        on conflict (user_id, summary_date) do update set
            total_requests = token_usage_daily_summary.total_requests + excluded.total_requests,
            successful_requests = token_usage_daily_summary.successful_requests + excluded.successful_requests,
            total_input_tokens = token_usage_daily_summary.total_input_tokens + excluded.total_input_tokens,
            total_output_tokens = token_usage_daily_summary.total_output_tokens + excluded.total_output_tokens,
            total_vendor_cost = token_usage_daily_summary.total_vendor_cost + excluded.total_vendor_cost,
            total_credits_deducted = token_usage_daily_summary.total_credits_deducted + excluded.total_credits_deducted,
            total_gross_margin = token_usage_daily_summary.total_gross_margin + excluded.total_gross_margin,
            latency_ms_sum = token_usage_daily_summary.latency_ms_sum + excluded.latency_ms_sum,
            latency_count = token_usage_daily_summary.latency_count + excluded.latency_count
    ),

    credits as (
        insert into credit_usage_daily_summary (
            user_id, summary_date, total_deductions, total_requests, total_vendor_cost, total_gross_margin
        )
        select user_id, day, credits_deducted, requests, vendor_cost_usd, gross_margin_usd
        from by_customer
        on conflict (user_id, summary_date) do update set
            total_deductions = credit_usage_daily_summary.total_deductions + excluded.total_deductions,
            total_requests = credit_usage_daily_summary.total_requests + excluded.total_requests,
            total_vendor_cost = credit_usage_daily_summary.total_vendor_cost + excluded.total_vendor_cost,
            total_gross_margin = credit_usage_daily_summary.total_gross_margin + excluded.total_gross_margin
    )

    select coalesce(sum(deltas), 0), array_agg(distinct day), (select count(*) from gone)
    into v_moved, v_days, v_deleted
    from by_customer;
    if v_deleted <> v_moved then
        raise exception using message = concat(
            'Folding added ', v_moved, ' deltas and deleted ', v_deleted, '; nothing was changed.'
        );
    end if;

    -- Keep only the hundred dearest of each day that changed.
    delete from usage_dearest_request as request
    using (
        select day, user_id, request_id,
            row_number() over (partition by day order by vendor_cost_usd desc, user_id, request_id) as place
        from usage_dearest_request
        where day = any(v_days)
    ) as ranked
    where ranked.place > 100
        and request.day = ranked.day
        and request.user_id = ranked.user_id
        and request.request_id = ranked.request_id;

    return v_moved;
end
$$;

-- Rebuilding --------------------------------------------------------------------------------------

-- Forgets every summary and every waiting delta and derives them again, while charging goes on. Every row
-- of the books commits together with its delta, so one statement, which sees one moment, may replace all
-- deltas of that moment by those of the books at that moment: what commits later keeps its own and waits.
-- Folding waits; pages see the old sums until all is done.
create or replace function rebuild_usage() returns bigint
language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('ledgerline fold', 0));

    with forgotten as (
        delete from usage_delta
    )

    insert into usage_delta (
        user_id, request_id, day, hour, provider_id, model_id, tier, request_type, key_mode, status,
        cost_bucket, dearest_cost_usd, requests, priced_requests, unpriced_requests, input_tokens,
        cached_input_tokens, cache_write_tokens, output_tokens, vendor_cost_usd, credit_value_usd,
        credits_due, credits_deducted, credits_uncovered, list_revenue_usd, realised_revenue_usd,
        rounding_gain_usd, default_multiplier_requests, latency_ms_sum, latency_count, credits_reversed,
        list_reversed_usd, realised_reversed_usd, credits_corrected, list_corrected_usd,
        realised_corrected_usd
    )
    select
        user_id, request_id, day, hour, provider_id, model_id, tier, request_type, key_mode, status,
        cost_bucket, dearest_cost_usd, requests, priced_requests, unpriced_requests, input_tokens,
        cached_input_tokens, cache_write_tokens, output_tokens, vendor_cost_usd, credit_value_usd,
        credits_due, credits_deducted, credits_uncovered, list_revenue_usd, realised_revenue_usd,
        rounding_gain_usd, default_multiplier_requests, latency_ms_sum, latency_count, credits_reversed,
        list_reversed_usd, realised_reversed_usd, credits_corrected, list_corrected_usd,
        realised_corrected_usd
    from ledger_delta
    order by day;

    delete from usage_daily_summary;
    delete from usage_hourly_summary;
    delete from usage_customer_daily_summary;
    delete from customer_activity_daily;
    delete from usage_cost_histogram;
    delete from usage_dearest_request;
    delete from token_usage_daily_summary;
    delete from credit_usage_daily_summary;
    return fold_usage(2147483647);
end
$$;

-- How often keys ask --------------------------------------------------------------------------------

-- Calls of a key by the minute, over all web workers. Each counts in memory and adds what it has counted
-- every second, far from any transaction that charges.
create table api_key_rate (
    api_key_id uuid not null references api_key (id),
    minute timestamptz not null,
    requests bigint not null check (requests > 0),
    primary key (api_key_id, minute)
);
create index api_key_rate_minute on api_key_rate (minute);

grant select, insert, delete on api_key_rate to ledgerline_app;
grant update (requests) on api_key_rate to ledgerline_app;

-- Proving the histogram ---------------------------------------------------------------------------

-- Where each bucket of costs begins, in USD: bucket n at 10^((n − 1) × 8 ÷ 254 − 6). Worked out once, here:
-- the law that compares the histogram with the books asks for all of them every time.
do $$
begin
    execute 'create function cost_bucket_starts() returns numeric[] language sql immutable as '
        || quote_literal(
            'select cast(' || quote_literal((
                select cast(array_agg(
                    power(10::numeric(40, 20), step * 8::numeric / 254 - 6)::numeric(40, 18) order by step
                ) as text)
                from generate_series(0, 254) as step
            )) || ' as numeric[])'
        );
end
$$;

grant execute on function cost_bucket_starts to ledgerline_app;
