-- The tier written on a request is the one its customer had when it started.
with

spans as (
    select
        user_id,
        tier,
        effective_at as from_at,
        lead(effective_at, 1, 'infinity'::timestamptz) over (partition by user_id order by effective_at) as until_at
    from subscription_tier_change
)

select
    format('request %s/%s', usage.user_id, usage.request_id) as object,
    format('written is %s, the customer was on %s', usage.user_tier_at_request, coalesce(spans.tier, 'free')) as detail
from token_usage_ledger as usage
left join spans
    on spans.user_id = usage.user_id
    and spans.from_at <= usage.request_started_at
    and spans.until_at > usage.request_started_at
where usage.user_tier_at_request <> coalesce(spans.tier, 'free');
