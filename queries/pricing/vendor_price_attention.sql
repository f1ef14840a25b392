-- What asks for attention about vendors' prices: changes to decide, sources that failed, prices not verified.
select
    (select count(*) from price_sync_line where state = 'open' and change_class = 'act') as changes_to_act_on,
    (select min(first_seen_at) from price_sync_line where state = 'open' and change_class = 'act') as oldest_change_at,
    (
        select count(*)
        from (
            select distinct on (origin) origin, state
            from price_sync
            order by origin, compared_at desc
        ) as latest
        where state in ('failed', 'stopped')
    ) as failed_sources,
    (
        select count(*)
        from model_provider_pricing
        where effective_from <= cast(:at as timestamptz)
            and (effective_until is null or effective_until > cast(:at as timestamptz))
            and last_verified + verification_frequency_days * interval '1 day' < cast(:at as timestamptz)
    ) as stale_prices;
