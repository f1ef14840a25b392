-- Credits coming in, and credits expiring. Both are set-based: a window function
-- numbers the entries of each customer behind the head of their chain.

create type credit_grant as (
    user_id uuid,
    id uuid,
    source text,
    category text,
    granted numeric,
    paid_usd numeric,
    effective_at timestamptz,
    expires_at timestamptz,
    priority smallint,
    origin text,
    reason text,
    operator_id uuid,
    subscription_id uuid,
    period_start timestamptz,
    period_end timestamptz
);

-- Posts grants; one whose id is known already changes nothing. Returns how many
-- were new. p_posted_at is the clock of the demo; null means now.
create function post_grants(p_grants jsonb, p_posted_at timestamptz default null) returns integer
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
            credit.user_id,
            credit.id,
            credit.granted,
            credit.reason,
            credit.operator_id,
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
            user_id, seq, amount, balance_before, balance_after, reason, operator_id, created_at, prev_created_at
        )
        select user_id, seq, granted, balance_after - granted, balance_after, reason, operator_id, created_at, prev_created_at
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

-- Posts the expiry of every grant whose time is over, p_grace after the later of
-- its expiry and its creation, so that late usage still finds it. Returns how many.
create function post_expiries(p_now timestamptz, p_grace interval) returns integer
language plpgsql as $$
declare
    v_posted integer;
begin
    perform lock_balances(array(
        select distinct user_id from user_credit_source
        where remaining > 0
            and expiry_posted_at is null
            -- greatest() passes over NULL, so a grant that never expires must be left out by name.
            and expires_at is not null
            and greatest(expires_at, created_at) + p_grace <= p_now
    ));

    with

    numbered as (
        select
            source.user_id,
            source.id,
            source.remaining,
            source.paid_usd - realised_through(source.paid_usd, source.granted, source.granted - source.remaining) as realised,
            balance.last_seq + row_number() over ordered as seq,
            balance.amount - sum(source.remaining) over ordered as balance_after,
            greatest(p_now, balance.last_created_at) as created_at,
            case when row_number() over ordered = 1 then balance.last_created_at
                else greatest(p_now, balance.last_created_at) end as prev_created_at
        from user_credit_source as source
        join user_credit_balance as balance on balance.user_id = source.user_id
        where source.remaining > 0
            and source.expiry_posted_at is null
            and source.expires_at is not null
            and greatest(source.expires_at, source.created_at) + p_grace <= p_now
        window ordered as (partition by source.user_id order by source.expires_at, source.id)
    ),

    closed as (
        update user_credit_source as source
        set remaining = 0, expiry_posted_at = numbered.created_at
        from numbered
        where source.user_id = numbered.user_id and source.id = numbered.id
    ),

    entries as (
        insert into credit_deduction_ledger (
            user_id, seq, amount, balance_before, balance_after, reason, realised_revenue_usd, created_at, prev_created_at
        )
        select
            user_id, seq, -remaining, balance_after + remaining, balance_after, 'expiry', realised, created_at, prev_created_at
        from numbered
    ),

    postings as (
        insert into credit_source_draw (user_id, seq, source_id, amount, remaining_after, realised_revenue_usd, position)
        select user_id, seq, id, -remaining, 0, realised, 1
        from numbered
    ),

    heads as (
        update user_credit_balance as balance
        set amount = head.balance_after, last_seq = head.seq, last_created_at = head.created_at
        from (
            select distinct on (user_id) user_id, seq, balance_after, created_at
            from numbered
            order by user_id, seq desc
        ) as head
        where balance.user_id = head.user_id
    )

    select count(*) into v_posted from numbered;
    return v_posted;
end
$$;
