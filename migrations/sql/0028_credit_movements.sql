-- What moved the balances, by day, kind of grant and reason: the roll-forward of what is owed reads this and not
-- the ledger. Charging writes nothing for it. Entries of a customer are numbered without a gap and never change, so
-- the number of the last entry folded says exactly what is still to be added: a page reads what is folded plus what
-- came after it, at every instant the ledger to the last digit, whatever day an entry was posted on.

create table credit_movement_mark (
    user_id uuid primary key references users (id),
    seq bigint not null check (seq >= 1)
);

create table credit_movement_daily (
    day date not null,
    category text not null,
    reason text not null,
    postings bigint not null,
    credits_in numeric not null,
    credits_out numeric not null,
    -- What was paid for the grants that came in, and what was realised of it as credits left; given back: below zero.
    paid_in_usd numeric not null,
    realised_usd numeric not null,
    primary key (day, category, reason)
);

create table credit_movement_customer_daily (
    user_id uuid not null references users (id),
    day date not null,
    category text not null,
    reason text not null,
    postings bigint not null,
    credits_in numeric not null,
    credits_out numeric not null,
    paid_in_usd numeric not null,
    realised_usd numeric not null,
    primary key (user_id, day, category, reason)
);
create index credit_movement_customer_daily_day on credit_movement_customer_daily (day);

-- One posting as a movement. A posting into a grant opens it, unless it gives something back: then it takes back
-- what was realised, also into the grant that stands for one that expired.
create view posting_movement as
select
    draw.user_id,
    draw.seq,
    draw.source_id,
    cast(entry.created_at at time zone 'UTC' as date) as day,
    source.category,
    entry.reason,
    1::bigint as postings,
    greatest(draw.amount, 0) as credits_in,
    greatest(-draw.amount, 0) as credits_out,
    case when draw.amount > 0 and entry.reason <> 'reversal' then source.paid_usd else 0 end as paid_in_usd,
    draw.realised_revenue_usd as realised_usd
from credit_source_draw as draw
join credit_deduction_ledger as entry on entry.user_id = draw.user_id and entry.seq = draw.seq
join user_credit_source as source on source.user_id = draw.user_id and source.id = draw.source_id;

-- Folds entries not yet folded, about as many as asked for, and returns how many. One statement adds them and moves
-- the mark, so a crash neither loses nor doubles any.
create function fold_movements(p_limit integer default 200000) returns bigint
language plpgsql as $$
declare
    v_folded bigint;
begin
    perform pg_advisory_xact_lock(hashtextextended('ledgerline fold movements', 0));

    with

    waiting as (
        select
            balance.user_id,
            coalesce(mark.seq, 0) as after_seq,
            least(balance.last_seq, coalesce(mark.seq, 0) + p_limit) as until_seq
        from user_credit_balance as balance
        left join credit_movement_mark as mark on mark.user_id = balance.user_id
        where balance.last_seq > coalesce(mark.seq, 0)
    ),

    taken as materialized (
        select user_id, after_seq, until_seq
        from (
            select
                waiting.*,
                sum(until_seq - after_seq) over (order by user_id) - (until_seq - after_seq) as before
            from waiting
        ) as counted
        where before < p_limit
    ),

    moved as materialized (
        select
            taken.user_id,
            posting.day,
            posting.category,
            posting.reason,
            sum(posting.postings)::bigint as postings,
            sum(posting.credits_in) as credits_in,
            sum(posting.credits_out) as credits_out,
            sum(posting.paid_in_usd) as paid_in_usd,
            sum(posting.realised_usd) as realised_usd
        from taken
        join posting_movement as posting
            on posting.user_id = taken.user_id and posting.seq > taken.after_seq and posting.seq <= taken.until_seq
        group by taken.user_id, posting.day, posting.category, posting.reason
    ),

    by_customer as (
        insert into credit_movement_customer_daily (
            user_id, day, category, reason, postings, credits_in, credits_out, paid_in_usd, realised_usd
        )
        select user_id, day, category, reason, postings, credits_in, credits_out, paid_in_usd, realised_usd
        from moved
        on conflict (user_id, day, category, reason) do update set
            postings = credit_movement_customer_daily.postings + excluded.postings,
            credits_in = credit_movement_customer_daily.credits_in + excluded.credits_in,
            credits_out = credit_movement_customer_daily.credits_out + excluded.credits_out,
            paid_in_usd = credit_movement_customer_daily.paid_in_usd + excluded.paid_in_usd,
            realised_usd = credit_movement_customer_daily.realised_usd + excluded.realised_usd
    ),

    daily as (
        insert into credit_movement_daily (
            day, category, reason, postings, credits_in, credits_out, paid_in_usd, realised_usd
        )
        select
            day, category, reason, sum(postings)::bigint, sum(credits_in), sum(credits_out), sum(paid_in_usd),
            sum(realised_usd)
        from moved
        group by day, category, reason
        on conflict (day, category, reason) do update set
            postings = credit_movement_daily.postings + excluded.postings,
            credits_in = credit_movement_daily.credits_in + excluded.credits_in,
            credits_out = credit_movement_daily.credits_out + excluded.credits_out,
            paid_in_usd = credit_movement_daily.paid_in_usd + excluded.paid_in_usd,
            realised_usd = credit_movement_daily.realised_usd + excluded.realised_usd
    ),

    marked as (
        insert into credit_movement_mark (user_id, seq)
        select user_id, until_seq
        from taken
        on conflict (user_id) do update set seq = excluded.seq
    )

    select coalesce(sum(until_seq - after_seq), 0) into v_folded from taken;
    return v_folded;
end
$$;

-- Forgets what was folded and folds all of it again; pages see the old sums until it is done.
create function rebuild_movements() returns bigint
language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('ledgerline fold movements', 0));
    delete from credit_movement_daily;
    delete from credit_movement_customer_daily;
    delete from credit_movement_mark;
    return fold_movements(2147483647);
end
$$;

-- What is not folded yet: by customer and number, so that what it costs hangs on how much waits.
create view waiting_movement as
select
    posting.user_id, posting.day, posting.category, posting.reason, posting.postings, posting.credits_in,
    posting.credits_out, posting.paid_in_usd, posting.realised_usd
from user_credit_balance as balance
left join credit_movement_mark as mark on mark.user_id = balance.user_id
cross join lateral (
    select
        movement.user_id, movement.day, movement.category, movement.reason, movement.postings, movement.credits_in,
        movement.credits_out, movement.paid_in_usd, movement.realised_usd
    from posting_movement as movement
    where movement.user_id = balance.user_id and movement.seq > coalesce(mark.seq, 0)
        and movement.seq <= balance.last_seq
    offset 0
) as posting
where balance.last_seq > coalesce(mark.seq, 0);

-- Folded plus waiting: what every page and every law reads.
create view credit_movement as
select day, category, reason, postings, credits_in, credits_out, paid_in_usd, realised_usd
from credit_movement_daily
union all
select day, category, reason, postings, credits_in, credits_out, paid_in_usd, realised_usd
from waiting_movement;

create view credit_movement_customer as
select user_id, day, category, reason, postings, credits_in, credits_out, paid_in_usd, realised_usd
from credit_movement_customer_daily
union all
select user_id, day, category, reason, postings, credits_in, credits_out, paid_in_usd, realised_usd
from waiting_movement;

-- The last entry each customer had before an instant, 0 if none. Entries are in order of time, so where the head is
-- later the place is found by halving: a handful of looks, however long the ledger.
create function ledger_heads_at(p_at timestamptz) returns table (user_id uuid, seq bigint, is_head boolean)
language sql stable as $$
    with recursive

    search as (
        select
            balance.user_id,
            case when balance.last_created_at < p_at then balance.last_seq else 0 end as low,
            case when balance.last_created_at < p_at then balance.last_seq else balance.last_seq - 1 end as high,
            balance.last_created_at < p_at as is_head
        from user_credit_balance as balance
        where balance.last_seq > 0
        union all
        select
            search.user_id,
            case when entry.created_at < p_at then (search.low + search.high + 1) / 2 else search.low end,
            case when entry.created_at < p_at then search.high else (search.low + search.high + 1) / 2 - 1 end,
            false
        from search
        -- The limit keeps this a look-up by key, whatever the planner thinks of a recursion.
        cross join lateral (
            select ledger.created_at
            from credit_deduction_ledger as ledger
            where ledger.user_id = search.user_id and ledger.seq = (search.low + search.high + 1) / 2
            limit 1
        ) as entry
        where search.low < search.high
    )

    select search.user_id, search.low, search.is_head
    from search
    where search.low = search.high
$$;

grant select on
    credit_movement_mark, credit_movement_daily, credit_movement_customer_daily, posting_movement, waiting_movement,
    credit_movement, credit_movement_customer
to ledgerline_app;
grant insert, update, delete on
    credit_movement_mark, credit_movement_daily, credit_movement_customer_daily
to ledgerline_app;
grant execute on function fold_movements, rebuild_movements, ledger_heads_at to ledgerline_app;
