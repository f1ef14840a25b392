-- What an entry of the credit ledger earns as it stands, with corrections and all that was given back of its request:
-- list and realised revenue and vendor cost, USD. No vendor cost for what is no usage, or has no price yet.
select
    case
        when usage.request_id is not null
            then (usage.credits_deducted + corrected.credits_deducted - returned.credits) * usage.unit_usd
        else (-entry.amount - returned.credits) * policy.unit_usd
    end as list_revenue_usd,
    case
        when usage.request_id is not null
            then usage.realised_revenue_usd + corrected.realised_revenue_usd + returned.realised_revenue_usd
        else entry.realised_revenue_usd + returned.realised_revenue_usd
    end as realised_revenue_usd,
    case
        when usage.vendor_cost is not null or corrected.is_priced
            then coalesce(usage.vendor_cost, 0) + corrected.vendor_cost
    end as vendor_cost_usd,
    coalesce(usage.unit_usd, policy.unit_usd) as unit_usd,
    usage.accounted_at
from credit_deduction_ledger as entry
left join token_usage_ledger as usage on usage.user_id = entry.user_id and usage.request_id = entry.request_id
cross join lateral (
    select
        coalesce(sum(correction.credits_deducted), 0) as credits_deducted,
        coalesce(sum(correction.realised_revenue_usd), 0) as realised_revenue_usd,
        coalesce(sum(correction.vendor_cost), 0) as vendor_cost,
        coalesce(bool_or(correction.prices_request), false) as is_priced
    from usage_correction as correction
    where correction.user_id = usage.user_id and correction.request_id = usage.request_id
) as corrected
cross join lateral (
    -- Of a request everything that was given back, whichever of its entries it came from.
    select
        coalesce(sum(reversal.amount), 0) as credits,
        coalesce(sum(reversal.realised_revenue_usd), 0) as realised_revenue_usd
    from credit_deduction_ledger as reversal
    join credit_deduction_ledger as original
        on original.user_id = reversal.user_id and original.seq = reversal.reverses_seq
    where reversal.user_id = entry.user_id
        and reversal.reason = 'reversal'
        and (original.seq = entry.seq or (usage.request_id is not null and original.request_id = usage.request_id))
) as returned
left join lateral (
    select unit_usd
    from credit_policy
    where effective_from <= entry.created_at
    order by effective_from desc
    limit 1
) as policy on true
where entry.user_id = cast(:customer_id as uuid) and entry.seq = cast(:seq as bigint);
