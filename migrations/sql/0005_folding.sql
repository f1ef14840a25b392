-- Folding: one statement deletes the waiting deltas and adds them to every
-- summary, so a crash neither loses nor doubles any. Returns how many it moved.
create function fold_usage(p_limit integer default 200000) returns bigint
language plpgsql as $$
declare
    v_moved bigint;
    v_days date[];
begin
    -- One folder at a time; contested upserts of many keys would deadlock.
    perform pg_advisory_xact_lock(hashtextextended('ledgerline fold', 0));
    with moved as (
        delete from usage_delta
        where id in (select id from usage_delta order by id limit p_limit)
        returning *
    ),

    daily as (
    insert into usage_daily_summary (
        day, provider_id, model_id, tier, request_type, key_mode, status,
        requests, priced_requests, unpriced_requests, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, vendor_cost_usd, credit_value_usd, credits_due, credits_deducted, credits_uncovered, list_revenue_usd, realised_revenue_usd, rounding_gain_usd, default_multiplier_requests, latency_ms_sum, latency_count, credits_reversed, list_reversed_usd, realised_reversed_usd, credits_corrected, list_corrected_usd, realised_corrected_usd
    )
    select
        day, provider_id, model_id, tier, request_type, key_mode, status,
        sum(requests)::bigint as requests,
        sum(priced_requests)::bigint as priced_requests,
        sum(unpriced_requests)::bigint as unpriced_requests,
        sum(input_tokens)::numeric as input_tokens,
        sum(cached_input_tokens)::numeric as cached_input_tokens,
        sum(cache_write_tokens)::numeric as cache_write_tokens,
        sum(output_tokens)::numeric as output_tokens,
        sum(vendor_cost_usd)::numeric as vendor_cost_usd,
        sum(credit_value_usd)::numeric as credit_value_usd,
        sum(credits_due)::numeric as credits_due,
        sum(credits_deducted)::numeric as credits_deducted,
        sum(credits_uncovered)::numeric as credits_uncovered,
        sum(list_revenue_usd)::numeric as list_revenue_usd,
        sum(realised_revenue_usd)::numeric as realised_revenue_usd,
        sum(rounding_gain_usd)::numeric as rounding_gain_usd,
        sum(default_multiplier_requests)::bigint as default_multiplier_requests,
        sum(latency_ms_sum)::numeric as latency_ms_sum,
        sum(latency_count)::bigint as latency_count,
        sum(credits_reversed)::numeric as credits_reversed,
        sum(list_reversed_usd)::numeric as list_reversed_usd,
        sum(realised_reversed_usd)::numeric as realised_reversed_usd,
        sum(credits_corrected)::numeric as credits_corrected,
        sum(list_corrected_usd)::numeric as list_corrected_usd,
        sum(realised_corrected_usd)::numeric as realised_corrected_usd
    from moved
    group by day, provider_id, model_id, tier, request_type, key_mode, status
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
        hour, provider_id, model_id, tier, request_type, key_mode, status,
        requests, priced_requests, unpriced_requests, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, vendor_cost_usd, credit_value_usd, credits_due, credits_deducted, credits_uncovered, list_revenue_usd, realised_revenue_usd, rounding_gain_usd, default_multiplier_requests, latency_ms_sum, latency_count, credits_reversed, list_reversed_usd, realised_reversed_usd, credits_corrected, list_corrected_usd, realised_corrected_usd
    )
    select
        hour, provider_id, model_id, tier, request_type, key_mode, status,
        sum(requests)::bigint as requests,
        sum(priced_requests)::bigint as priced_requests,
        sum(unpriced_requests)::bigint as unpriced_requests,
        sum(input_tokens)::numeric as input_tokens,
        sum(cached_input_tokens)::numeric as cached_input_tokens,
        sum(cache_write_tokens)::numeric as cache_write_tokens,
        sum(output_tokens)::numeric as output_tokens,
        sum(vendor_cost_usd)::numeric as vendor_cost_usd,
        sum(credit_value_usd)::numeric as credit_value_usd,
        sum(credits_due)::numeric as credits_due,
        sum(credits_deducted)::numeric as credits_deducted,
        sum(credits_uncovered)::numeric as credits_uncovered,
        sum(list_revenue_usd)::numeric as list_revenue_usd,
        sum(realised_revenue_usd)::numeric as realised_revenue_usd,
        sum(rounding_gain_usd)::numeric as rounding_gain_usd,
        sum(default_multiplier_requests)::bigint as default_multiplier_requests,
        sum(latency_ms_sum)::numeric as latency_ms_sum,
        sum(latency_count)::bigint as latency_count,
        sum(credits_reversed)::numeric as credits_reversed,
        sum(list_reversed_usd)::numeric as list_reversed_usd,
        sum(realised_reversed_usd)::numeric as realised_reversed_usd,
        sum(credits_corrected)::numeric as credits_corrected,
        sum(list_corrected_usd)::numeric as list_corrected_usd,
        sum(realised_corrected_usd)::numeric as realised_corrected_usd
    from moved
    group by hour, provider_id, model_id, tier, request_type, key_mode, status
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
        user_id, day, provider_id, model_id, tier, request_type, key_mode, status,
        requests, priced_requests, unpriced_requests, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, vendor_cost_usd, credit_value_usd, credits_due, credits_deducted, credits_uncovered, list_revenue_usd, realised_revenue_usd, rounding_gain_usd, default_multiplier_requests, latency_ms_sum, latency_count, credits_reversed, list_reversed_usd, realised_reversed_usd, credits_corrected, list_corrected_usd, realised_corrected_usd
    )
    select
        user_id, day, provider_id, model_id, tier, request_type, key_mode, status,
        sum(requests)::bigint as requests,
        sum(priced_requests)::bigint as priced_requests,
        sum(unpriced_requests)::bigint as unpriced_requests,
        sum(input_tokens)::numeric as input_tokens,
        sum(cached_input_tokens)::numeric as cached_input_tokens,
        sum(cache_write_tokens)::numeric as cache_write_tokens,
        sum(output_tokens)::numeric as output_tokens,
        sum(vendor_cost_usd)::numeric as vendor_cost_usd,
        sum(credit_value_usd)::numeric as credit_value_usd,
        sum(credits_due)::numeric as credits_due,
        sum(credits_deducted)::numeric as credits_deducted,
        sum(credits_uncovered)::numeric as credits_uncovered,
        sum(list_revenue_usd)::numeric as list_revenue_usd,
        sum(realised_revenue_usd)::numeric as realised_revenue_usd,
        sum(rounding_gain_usd)::numeric as rounding_gain_usd,
        sum(default_multiplier_requests)::bigint as default_multiplier_requests,
        sum(latency_ms_sum)::numeric as latency_ms_sum,
        sum(latency_count)::bigint as latency_count,
        sum(credits_reversed)::numeric as credits_reversed,
        sum(list_reversed_usd)::numeric as list_reversed_usd,
        sum(realised_reversed_usd)::numeric as realised_reversed_usd,
        sum(credits_corrected)::numeric as credits_corrected,
        sum(list_corrected_usd)::numeric as list_corrected_usd,
        sum(realised_corrected_usd)::numeric as realised_corrected_usd
    from moved
    group by user_id, day, provider_id, model_id, tier, request_type, key_mode, status
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
        from moved
        where requests > 0
        group by day, tier, user_id
        on conflict (day, tier, user_id) do update set
            requests = customer_activity_daily.requests + excluded.requests
    ),

    histogram as (
        insert into usage_cost_histogram (day, provider_id, model_id, bucket, requests, vendor_cost_usd)
        select day, provider_id, model_id, cost_bucket, sum(priced_requests)::bigint, sum(vendor_cost_usd)
        from moved
        where cost_bucket is not null
        group by day, provider_id, model_id, cost_bucket
        on conflict (day, provider_id, model_id, bucket) do update set
            requests = usage_cost_histogram.requests + excluded.requests,
            vendor_cost_usd = usage_cost_histogram.vendor_cost_usd + excluded.vendor_cost_usd
    ),

    dearest as (
        insert into usage_dearest_request (day, user_id, request_id, provider_id, model_id, vendor_cost_usd)
        select day, user_id, request_id, provider_id, model_id, dearest_cost_usd
        from (
            select *, row_number() over (partition by day order by dearest_cost_usd desc, user_id, request_id) as place
            from moved
            where dearest_cost_usd is not null
        ) as ranked
        where place <= 100
        on conflict (day, user_id, request_id) do update set
            vendor_cost_usd = excluded.vendor_cost_usd
    ),

    tokens as (
        insert into token_usage_daily_summary (
            user_id, summary_date, total_requests, successful_requests, total_input_tokens, total_output_tokens,
            total_vendor_cost, total_credits_deducted, total_gross_margin, latency_ms_sum, latency_count
        )
        select
            user_id,
            day,
            sum(requests)::bigint,
            coalesce(sum(requests) filter (where status = 'success'), 0)::bigint,
            sum(input_tokens + cached_input_tokens + cache_write_tokens),
            sum(output_tokens),
            sum(vendor_cost_usd),
            sum(credits_deducted),
            sum(list_revenue_usd - vendor_cost_usd),
            sum(latency_ms_sum),
            sum(latency_count)::bigint
        from moved
        group by user_id, day
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
        select
            user_id, day, sum(credits_deducted), sum(requests)::bigint, sum(vendor_cost_usd),
            sum(list_revenue_usd - vendor_cost_usd)
        from moved
        group by user_id, day
        on conflict (user_id, summary_date) do update set
            total_deductions = credit_usage_daily_summary.total_deductions + excluded.total_deductions,
            total_requests = credit_usage_daily_summary.total_requests + excluded.total_requests,
            total_vendor_cost = credit_usage_daily_summary.total_vendor_cost + excluded.total_vendor_cost,
            total_gross_margin = credit_usage_daily_summary.total_gross_margin + excluded.total_gross_margin
    )

    select count(*), array_agg(distinct day) into v_moved, v_days from moved;

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

-- Rebuilding: forget every summary and every waiting delta and derive them again.
-- Charging waits meanwhile, so nothing can slip between the two.
create function rebuild_usage() returns bigint
language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('ledgerline fold', 0));
    lock table usage_delta in share row exclusive mode;
    delete from usage_delta;
    delete from usage_daily_summary;
    delete from usage_hourly_summary;
    delete from usage_customer_daily_summary;
    delete from customer_activity_daily;
    delete from usage_cost_histogram;
    delete from usage_dearest_request;
    delete from token_usage_daily_summary;
    delete from credit_usage_daily_summary;
    insert into usage_delta (
        user_id, request_id, day, hour, provider_id, model_id, tier, request_type, key_mode, status, cost_bucket, dearest_cost_usd,
        requests, priced_requests, unpriced_requests, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, vendor_cost_usd, credit_value_usd, credits_due, credits_deducted, credits_uncovered, list_revenue_usd, realised_revenue_usd, rounding_gain_usd, default_multiplier_requests, latency_ms_sum, latency_count, credits_reversed, list_reversed_usd, realised_reversed_usd, credits_corrected, list_corrected_usd, realised_corrected_usd
    )
    select
        user_id, request_id, day, hour, provider_id, model_id, tier, request_type, key_mode, status, cost_bucket, dearest_cost_usd,
        requests, priced_requests, unpriced_requests, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, vendor_cost_usd, credit_value_usd, credits_due, credits_deducted, credits_uncovered, list_revenue_usd, realised_revenue_usd, rounding_gain_usd, default_multiplier_requests, latency_ms_sum, latency_count, credits_reversed, list_reversed_usd, realised_reversed_usd, credits_corrected, list_corrected_usd, realised_corrected_usd
    from ledger_delta;
    return fold_usage(2147483647);
end
$$;

-- Folded plus waiting: what every page and every law reads.
create view usage_daily as
select day, provider_id, model_id, tier, request_type, key_mode, status, requests, priced_requests, unpriced_requests, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, vendor_cost_usd, credit_value_usd, credits_due, credits_deducted, credits_uncovered, list_revenue_usd, realised_revenue_usd, rounding_gain_usd, default_multiplier_requests, latency_ms_sum, latency_count, credits_reversed, list_reversed_usd, realised_reversed_usd, credits_corrected, list_corrected_usd, realised_corrected_usd
from usage_daily_summary
union all
select day, provider_id, model_id, tier, request_type, key_mode, status, requests, priced_requests, unpriced_requests, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, vendor_cost_usd, credit_value_usd, credits_due, credits_deducted, credits_uncovered, list_revenue_usd, realised_revenue_usd, rounding_gain_usd, default_multiplier_requests, latency_ms_sum, latency_count, credits_reversed, list_reversed_usd, realised_reversed_usd, credits_corrected, list_corrected_usd, realised_corrected_usd
from usage_delta;

create view usage_hourly as
select hour, provider_id, model_id, tier, request_type, key_mode, status, requests, priced_requests, unpriced_requests, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, vendor_cost_usd, credit_value_usd, credits_due, credits_deducted, credits_uncovered, list_revenue_usd, realised_revenue_usd, rounding_gain_usd, default_multiplier_requests, latency_ms_sum, latency_count, credits_reversed, list_reversed_usd, realised_reversed_usd, credits_corrected, list_corrected_usd, realised_corrected_usd
from usage_hourly_summary
union all
select hour, provider_id, model_id, tier, request_type, key_mode, status, requests, priced_requests, unpriced_requests, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, vendor_cost_usd, credit_value_usd, credits_due, credits_deducted, credits_uncovered, list_revenue_usd, realised_revenue_usd, rounding_gain_usd, default_multiplier_requests, latency_ms_sum, latency_count, credits_reversed, list_reversed_usd, realised_reversed_usd, credits_corrected, list_corrected_usd, realised_corrected_usd
from usage_delta;

create view usage_customer_daily as
select user_id, day, provider_id, model_id, tier, request_type, key_mode, status, requests, priced_requests, unpriced_requests, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, vendor_cost_usd, credit_value_usd, credits_due, credits_deducted, credits_uncovered, list_revenue_usd, realised_revenue_usd, rounding_gain_usd, default_multiplier_requests, latency_ms_sum, latency_count, credits_reversed, list_reversed_usd, realised_reversed_usd, credits_corrected, list_corrected_usd, realised_corrected_usd
from usage_customer_daily_summary
union all
select user_id, day, provider_id, model_id, tier, request_type, key_mode, status, requests, priced_requests, unpriced_requests, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, vendor_cost_usd, credit_value_usd, credits_due, credits_deducted, credits_uncovered, list_revenue_usd, realised_revenue_usd, rounding_gain_usd, default_multiplier_requests, latency_ms_sum, latency_count, credits_reversed, list_reversed_usd, realised_reversed_usd, credits_corrected, list_corrected_usd, realised_corrected_usd
from usage_delta;
