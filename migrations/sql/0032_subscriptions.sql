-- Plans looked after here: their billing periods, changes in mid-period, and what happens while nobody pays.
-- Plans that came in by a file are billed elsewhere until an act of ours takes them over.

alter table subscription_monetization
    add column is_billed_here boolean not null default false,
    -- When the clock has something to do next; null once the plan has ended.
    add column next_due_at timestamptz,
    -- The start of the allowance period that has to be granted next.
    add column allowance_due_at timestamptz,
    -- What holds from the end of the current billing period on.
    add column pending_tier text references tier (name),
    add column pending_billing_cycle text,
    -- The oldest invoice nobody has paid, and how many times that was found.
    add column unpaid_invoice_id uuid,
    add column unpaid_since timestamptz,
    add column dunning_attempts smallint not null default 0,
    add constraint subscription_pending_cycle check (pending_billing_cycle in ('monthly', 'annual')),
    add constraint subscription_pending_whole check ((pending_tier is null) = (pending_billing_cycle is null)),
    add constraint subscription_unpaid_whole check (
        (unpaid_invoice_id is null) = (unpaid_since is null) and dunning_attempts between 0 and 5
        and (unpaid_invoice_id is not null or dunning_attempts = 0)
    ),
    add constraint subscription_billed_here check (
        case when is_billed_here then (ended_at is null) = (next_due_at is not null)
            and (ended_at is null) = (status not in ('cancelled', 'expired'))
            else next_due_at is null and pending_tier is null and unpaid_invoice_id is null
        end
    );
create unique index subscription_one_running on subscription_monetization (user_id)
where is_billed_here and ended_at is null;
create index subscription_due on subscription_monetization (next_due_at) where next_due_at is not null;

-- Every billing period there was: each begins where the one before it ended.
create table subscription_period (
    user_id uuid not null references users (id),
    subscription_id uuid not null,
    period_start timestamptz not null,
    period_end timestamptz not null,
    -- The end of the period before; null for the first.
    follows timestamptz,
    kind text not null constraint subscription_period_kind check (kind in ('trial', 'paid')),
    tier text not null references tier (name),
    billing_cycle text not null constraint subscription_period_cycle check (billing_cycle in ('monthly', 'annual', 'lifetime')),
    price_usd numeric(14, 2) not null constraint subscription_period_price check (price_usd >= 0 and price_usd < 1e9),
    opened_at timestamptz not null,
    primary key (user_id, subscription_id, period_start),
    unique (user_id, subscription_id, period_end),
    unique (user_id, subscription_id, follows),
    foreign key (user_id, subscription_id) references subscription_monetization (user_id, id),
    constraint subscription_period_tiles
        foreign key (user_id, subscription_id, follows)
        references subscription_period (user_id, subscription_id, period_end),
    constraint subscription_period_follows check (follows is null or follows = period_start),
    constraint subscription_period_order check (period_end > period_start)
);

-- A change of plan in mid-period, with everything its calculation went by.
create table proration_event (
    user_id uuid not null references users (id),
    id uuid not null,
    subscription_id uuid not null,
    change_type text not null constraint proration_event_type check (change_type in (
        'upgrade', 'downgrade', 'interval_change', 'migration', 'cancellation'
    )),
    status text not null constraint proration_event_status check (status in ('pending', 'applied', 'failed', 'reversed')),
    from_tier text not null references tier (name),
    to_tier text not null references tier (name),
    from_price_usd numeric(14, 2) not null constraint proration_event_from check (from_price_usd >= 0 and from_price_usd < 1e9),
    to_price_usd numeric(14, 2) not null constraint proration_event_to check (to_price_usd >= 0 and to_price_usd < 1e9),
    from_monthly_credits numeric(18, 6) not null
        constraint proration_event_from_credits check (from_monthly_credits >= 0 and from_monthly_credits < 1e12),
    to_monthly_credits numeric(18, 6) not null
        constraint proration_event_to_credits check (to_monthly_credits >= 0 and to_monthly_credits < 1e12),
    billing_start timestamptz not null,
    billing_end timestamptz not null,
    allowance_start timestamptz,
    allowance_end timestamptz,
    effective_date timestamptz not null,
    unused_credit_value_usd numeric(14, 2) not null,
    new_tier_prorated_cost_usd numeric(14, 2) not null,
    discount_usd numeric(14, 2) not null,
    net_charge_usd numeric(14, 2) not null,
    credits_granted numeric(18, 6) not null constraint proration_event_granted check (credits_granted >= 0 and credits_granted < 1e12),
    credits_withdrawn numeric(18, 6) not null
        constraint proration_event_withdrawn check (credits_withdrawn >= 0 and credits_withdrawn < 1e12),
    -- The grant of the new share, and the entry that took the old one back.
    source_id uuid,
    withdrawn_seq bigint,
    invoice_id uuid,
    created_at timestamptz not null,
    primary key (user_id, id),
    foreign key (user_id, subscription_id) references subscription_monetization (user_id, id),
    foreign key (user_id, source_id) references user_credit_source (user_id, id),
    foreign key (user_id, withdrawn_seq) references credit_deduction_ledger (user_id, seq),
    constraint proration_event_net check (
        net_charge_usd = new_tier_prorated_cost_usd - unused_credit_value_usd - discount_usd
        and unused_credit_value_usd between 0 and from_price_usd
        and new_tier_prorated_cost_usd between 0 and to_price_usd
        and discount_usd between 0 and new_tier_prorated_cost_usd
    ),
    constraint proration_event_period check (effective_date >= billing_start and effective_date <= billing_end),
    constraint proration_event_credits check (
        (source_id is null) = (credits_granted = 0) and (withdrawn_seq is null) = (credits_withdrawn = 0)
    )
);
create index idx_proration_subscription_effective_status
    on proration_event (user_id, subscription_id, effective_date, status);
create index proration_event_newest on proration_event (effective_date desc, user_id, id);

-- Each time an invoice was found unpaid, or paid after all.
create table dunning_attempt (
    user_id uuid not null references users (id),
    invoice_id uuid not null,
    attempt_number smallint not null constraint dunning_attempt_number check (attempt_number between 1 and 6),
    subscription_id uuid not null,
    scheduled_at timestamptz not null,
    attempted_at timestamptz not null,
    result text not null constraint dunning_attempt_result check (result in ('success', 'failed', 'pending', 'skipped')),
    -- What the subscription became by it.
    status_after text not null,
    next_retry_at timestamptz,
    primary key (user_id, invoice_id, attempt_number),
    foreign key (user_id, subscription_id) references subscription_monetization (user_id, id),
    constraint dunning_attempt_order check (attempted_at >= scheduled_at and next_retry_at > scheduled_at)
);

-- Takes credits back from these grants, the first named first, at most what they still hold; the seq and credits
-- are null where they hold nothing. Realises what was paid for what leaves.
create function take_from_grants(
    p_user uuid,
    p_sources uuid[],
    p_amount numeric,
    p_reason text,
    p_cause text,
    p_operator uuid default null,
    p_approval uuid default null,
    p_posted_at timestamptz default null
) returns table (seq bigint, credits numeric, realised_usd numeric, balance_after numeric, created_at timestamptz)
language plpgsql as $$
declare
    v_balance user_credit_balance;
    v_source record;
    v_now timestamptz;
    v_rest numeric := p_amount;
    v_take numeric;
    v_gain numeric;
    v_taken numeric := 0;
    v_realised numeric := 0;
    d_source uuid[] := '{}'; d_amount numeric[] := '{}'; d_after numeric[] := '{}'; d_realised numeric[] := '{}';
begin
    if p_reason not in ('proration', 'clawback', 'rollover') then
        raise exception 'credits are taken back by a proration, a claw-back or a rollover' using errcode = 'check_violation';
    end if;
    perform lock_balances(array[p_user]);
    select * into v_balance from user_credit_balance as balance where balance.user_id = p_user;
    v_now := greatest(coalesce(p_posted_at, clock_timestamp()), v_balance.last_created_at);
    for v_source in
        select source.*
        from unnest(p_sources) with ordinality as wanted (id, place)
        join user_credit_source as source on source.user_id = p_user and source.id = wanted.id
        where source.remaining > 0 and source.expiry_posted_at is null
        order by wanted.place
    loop
        exit when v_rest <= 0;
        v_take := least(v_source.remaining, v_rest);
        v_rest := v_rest - v_take;
        v_gain := realised_through(v_source.paid_usd, v_source.granted, v_source.granted - v_source.remaining + v_take)
            - realised_through(v_source.paid_usd, v_source.granted, v_source.granted - v_source.remaining);
        update user_credit_source as source set remaining = remaining - v_take
        where source.user_id = p_user and source.id = v_source.id;
        v_taken := v_taken + v_take;
        v_realised := v_realised + v_gain;
        d_source := d_source || v_source.id;
        d_amount := d_amount || -v_take;
        d_after := d_after || v_source.remaining - v_take;
        d_realised := d_realised || v_gain;
    end loop;
    if v_taken = 0 then
        return query select null::bigint, 0::numeric, 0::numeric, v_balance.amount, v_now;
        return;
    end if;
    insert into credit_deduction_ledger (
        user_id, seq, amount, balance_before, balance_after, reason, realised_revenue_usd, operator_id, cause,
        approval_id, created_at, prev_created_at
    ) values (
        p_user, v_balance.last_seq + 1, -v_taken, v_balance.amount, v_balance.amount - v_taken, p_reason, v_realised,
        p_operator, p_cause, p_approval, v_now, v_balance.last_created_at
    );
    insert into credit_source_draw (user_id, seq, source_id, amount, remaining_after, realised_revenue_usd, position)
    select p_user, v_balance.last_seq + 1, posting.*
    from unnest(d_source, d_amount, d_after, d_realised) with ordinality as posting;
    update user_credit_balance as balance
    set amount = v_balance.amount - v_taken, last_seq = v_balance.last_seq + 1, last_created_at = v_now
    where balance.user_id = p_user;
    return query select v_balance.last_seq + 1, v_taken, v_realised, v_balance.amount - v_taken, v_now;
end
$$;

-- What is left of allowances whose expiry is due: as much as the plan lets over, by customer and end of the period,
-- into the allowance period that is running; only plans billed here, only while they run.
create function rollovers_due(p_now timestamptz, p_grace interval)
returns table (user_id uuid, source_id uuid, subscription_id uuid, credits numeric, running_until timestamptz)
language sql stable as $$
    with

    due as (
        select
            source.user_id,
            source.id,
            source.remaining,
            plan.id as subscription_id,
            running.allocation_period_end as running_until,
            held.max_credit_rollover as cap,
            coalesce(sum(source.remaining) over (
                partition by source.user_id, source.expires_at
                order by source.created_at, source.id
                rows between unbounded preceding and 1 preceding
            ), 0) as before
        from user_credit_source as source
        join subscription_monetization as plan
            on plan.user_id = source.user_id
            and plan.is_billed_here
            and plan.ended_at is null
            and plan.status in ('active', 'past_due', 'grace_period')
        join credit_allocation as running
            on running.user_id = plan.user_id
            and running.subscription_id = plan.id
            and running.allocation_period_start <= p_now
            and running.allocation_period_end > p_now
        cross join lateral (
            select version.max_credit_rollover
            from tier_version as version
            where version.tier = plan.tier and version.effective_from <= p_now
            order by version.effective_from desc
            limit 1
        ) as held
        where source.remaining > 0
            and source.source = 'monthly_allocation'
            and source.expiry_posted_at is null
            and source.expires_at is not null
            and greatest(source.expires_at, source.created_at) + p_grace <= p_now
            and not exists (
                select from user_credit_source as carried
                where carried.user_id = source.user_id and carried.id = md5('rollover ' || source.id)::uuid
            )
    )

    select user_id, id, subscription_id, least(remaining, cap - before), running_until
    from due
    where cap > before
    order by user_id, before, id
$$;

-- Carries them over: a pair of entries that sums to zero, and the money that was paid goes with the credits.
-- Returns how many were carried.
create function post_rollovers(p_now timestamptz, p_grace interval) returns integer
language plpgsql as $$
declare
    v_due record;
    v_taken record;
    v_posted integer := 0;
begin
    perform lock_balances(array(select distinct due.user_id from rollovers_due(p_now, p_grace) as due));
    for v_due in select * from rollovers_due(p_now, p_grace) loop
        select * into v_taken from take_from_grants(
            v_due.user_id, array[v_due.source_id], v_due.credits, 'rollover', null, p_posted_at => p_now
        );
        perform post_grants(
            jsonb_build_array(jsonb_build_object(
                'user_id', v_due.user_id,
                'id', md5('rollover ' || v_due.source_id)::uuid,
                'source', 'rollover',
                'category', 'allowance',
                'granted', v_taken.credits,
                'paid_usd', v_taken.realised_usd,
                'effective_at', v_taken.created_at,
                'expires_at', v_due.running_until,
                'priority', 10,
                'origin', 'Rolled over',
                'reason', 'rollover'
            )),
            v_taken.created_at
        );
        v_posted := v_posted + 1;
    end loop;
    return v_posted;
end
$$;

grant select, insert on subscription_period, proration_event, dunning_attempt to ledgerline_app;
