-- Asking first: credits held before a request, and deductions that are refused when the credits
-- are not there. dashboard/engine/holds.py is the reference of every rule here.

create table credit_hold (
    user_id uuid not null references users (id),
    id uuid not null default gen_random_uuid(),
    request_id uuid not null,
    body_sha256 bytea not null check (length(body_sha256) = 32),
    credits numeric(18, 6) not null check (credits >= 0 and credits < 1e12),
    placed_at timestamptz not null,
    expires_at timestamptz not null,
    settled_at timestamptz,
    released_at timestamptz,
    settled_request_id uuid generated always as (case when settled_at is not null then request_id end) stored,
    api_key_id uuid,
    primary key (user_id, id),
    unique (user_id, request_id),
    check (expires_at > placed_at),
    check (settled_at is null or released_at is null),
    -- A settled hold has its usage row.
    foreign key (user_id, settled_request_id) references token_usage_ledger (user_id, request_id)
);
create index credit_hold_open on credit_hold (user_id, expires_at) where settled_at is null and released_at is null;
create index credit_hold_id on credit_hold (id);

-- What tells a repeated deduction from a contradicting one; usage keeps its own on the usage row.
alter table credit_deduction_ledger
    add column body_sha256 bytea,
    add check (body_sha256 is null or (reason = 'deduct' and length(body_sha256) = 32));
create index credit_deduction_ledger_key on credit_deduction_ledger (api_key_id, created_at)
where api_key_id is not null and reason <> 'usage';

-- The answers to money requests that were carried out; a refused one leaves nothing.
create table idempotency_key (
    api_key_id uuid not null references api_key (id),
    route text not null,
    key text not null,
    body_sha256 bytea not null check (length(body_sha256) = 32),
    status smallint not null check (status between 200 and 299),
    body text not null,
    created_at timestamptz not null,
    primary key (api_key_id, route, key)
);
create index idempotency_key_created on idempotency_key (created_at);

grant select, insert on credit_hold to ledgerline_app;
-- How a hold ended is all that ever changes; it is never deleted.
grant update (settled_at, released_at) on credit_hold to ledgerline_app;
grant select, insert, delete on idempotency_key to ledgerline_app;

-- What open holds keep back. A hold ends by its time alone: nothing has to sweep it.
create function held_credits(p_user uuid, p_now timestamptz) returns numeric
language sql stable as $$
    select coalesce(sum(credits), 0)
    from credit_hold
    where user_id = p_user and settled_at is null and released_at is null and expires_at > p_now
$$;

-- What a customer can spend: the sources valid now less the open holds, at least nothing.
create function spendable_credits(p_user uuid, p_now timestamptz) returns numeric
language sql stable as $$
    select greatest(0, coalesce(sum(remaining), 0) - held_credits(p_user, p_now))
    from user_credit_source
    where user_id = p_user
        and remaining > 0
        and expiry_posted_at is null
        and effective_at <= p_now
        and (expires_at is null or expires_at > p_now)
$$;

-- What is left of the customer's own cap in this calendar month (UTC), open holds included; it is
-- negative when reported usage went beyond, and null when there is no cap.
create function monthly_cap_left(p_user uuid, p_now timestamptz) returns numeric
language sql stable as $$
    select monthly_cap_credits - held_credits(p_user, p_now) + (
        select coalesce(sum(amount), 0)
        from credit_deduction_ledger
        where user_id = p_user
            and reason in ('usage', 'deduct')
            and created_at >= date_trunc('month', p_now, 'UTC')
            -- Times only rise along the chain: read it from the month's first entry on.
            and seq > (
                select coalesce(max(earlier.seq), 0)
                from (
                    select seq
                    from credit_deduction_ledger
                    where user_id = p_user and created_at < date_trunc('month', p_now, 'UTC')
                    order by seq desc
                    limit 1
                ) as earlier
            )
    )
    from users
    where id = p_user and monthly_cap_credits is not null
$$;

-- What a key has moved since midnight UTC, in or out; usage is no act of a key.
create function key_moved_today(p_api_key uuid, p_now timestamptz) returns numeric
language sql stable as $$
    select coalesce(sum(abs(amount)), 0)
    from credit_deduction_ledger
    where api_key_id = p_api_key
        and reason <> 'usage'
        and created_at >= date_trunc('day', p_now, 'UTC')
$$;

-- Why a key may not move that many credits; null when it may. Locks the key until the end of the
-- transaction, so that two calls at once cannot both take the last of its day.
create function key_refusal(p_api_key uuid, p_credits numeric, p_now timestamptz) returns text
language plpgsql as $$
declare
    v_key api_key;
begin
    select * into v_key from api_key where id = p_api_key for no key update;
    return case
        when p_api_key is null then null
        when p_credits > v_key.limit_per_call_credits then 'over_limit_per_call'
        when key_moved_today(p_api_key, p_now) + p_credits > v_key.limit_per_day_credits then 'over_limit_per_day'
    end;
end
$$;

-- Why a customer cannot be asked for credits that they have not used yet; null when they can.
create function customer_refusal(p_user uuid) returns text
language sql stable as $$
    select case
        when status = 'deleted' then 'erased'
        when status <> 'active' then status
    end
    from users
    where id = p_user
$$;

create type asked_credits as (
    outcome text,
    id uuid,
    seq bigint,
    credits numeric,
    balance numeric,
    spendable numeric,
    cap_left numeric,
    at timestamptz,
    expires_at timestamptz
);

-- Holds credits for a request, given or as estimated by the same rating that will charge it.
-- Outcomes: held, replayed (its first answer), or a refusal, which writes nothing. p_now is the
-- clock of a simulation; null means now, taken under the lock.
create function place_hold(
    p_user uuid,
    p_request uuid,
    p_body_sha256 bytea,
    p_credits numeric,
    p_estimate jsonb,
    p_lives interval,
    p_api_key uuid default null,
    p_now timestamptz default null
)
returns asked_credits
language plpgsql as $$
declare
    v_hold credit_hold;
    v_answer asked_credits;
begin
    perform lock_balances(array[p_user]);
    select amount, greatest(coalesce(p_now, clock_timestamp()), last_created_at)
    into v_answer.balance, v_answer.at
    from user_credit_balance
    where user_id = p_user;

    select * into v_hold from credit_hold where user_id = p_user and request_id = p_request;
    if found then
        v_answer.outcome := case when v_hold.body_sha256 = p_body_sha256 then 'replayed' else 'conflict' end;
        v_answer.id := v_hold.id;
        v_answer.credits := v_hold.credits;
        v_answer.expires_at := v_hold.expires_at;
        v_answer.spendable := spendable_credits(p_user, v_answer.at);
        return v_answer;
    end if;

    v_answer.outcome := customer_refusal(p_user);
    if v_answer.outcome is null and request_is_charged(p_user, p_request) then
        v_answer.outcome := 'conflict';
    end if;
    if v_answer.outcome is not null then
        return v_answer;
    end if;

    v_answer.credits := coalesce(p_credits, estimated_credits(p_user, p_request, p_estimate, v_answer.at));
    v_answer.spendable := spendable_credits(p_user, v_answer.at);
    v_answer.cap_left := monthly_cap_left(p_user, v_answer.at);
    v_answer.outcome := case
        when v_answer.credits is null then 'unpriced'
        when v_answer.credits > v_answer.cap_left then 'over_cap'
        when v_answer.credits > v_answer.spendable then 'short'
        else 'held'
    end;
    if v_answer.outcome = 'held' then
        insert into credit_hold (user_id, request_id, body_sha256, credits, placed_at, expires_at, api_key_id)
        values (
            p_user, p_request, p_body_sha256, v_answer.credits, v_answer.at, v_answer.at + p_lives, p_api_key
        )
        returning id, expires_at into v_answer.id, v_answer.expires_at;
        v_answer.spendable := v_answer.spendable - v_answer.credits;
    end if;
    return v_answer;
end
$$;

-- Whether a request has been charged already, by usage or by a deduction.
create function request_is_charged(p_user uuid, p_request uuid) returns boolean
language sql stable as $$
    select exists (select from token_usage_ledger where user_id = p_user and request_id = p_request)
        or exists (
            select from credit_deduction_ledger
            where user_id = p_user and request_id = p_request and reason in ('usage', 'deduct')
        )
$$;

-- What a request like this would be due if it started now; null when its model has no price.
create function estimated_credits(p_user uuid, p_request uuid, p_estimate jsonb, p_now timestamptz) returns numeric
language sql stable as $$
    select case when rated.cost_status <> 'unpriced' then rated.credits_due end
    from rate_usage(array(
        select event
        from jsonb_populate_record(
            null::charge_event,
            p_estimate || jsonb_build_object(
                'user_id', p_user, 'request_id', p_request, 'status', 'success', 'key_mode', 'system',
                'request_started_at', p_now
            )
        ) as event
    )) as rated
$$;

-- Charges what a held request really used, more or less than was held, also after the hold ended
-- by its time; exactly once. Outcomes: settled, replayed, or a refusal, which writes nothing.
create function settle_hold(
    p_user uuid, p_hold uuid, p_event jsonb, p_simulated boolean default false, p_now timestamptz default null
)
returns asked_credits
language plpgsql as $$
declare
    v_hold credit_hold;
    v_charged text;
    v_answer asked_credits;
begin
    perform lock_balances(array[p_user]);
    select * into v_hold from credit_hold where user_id = p_user and id = p_hold;
    v_answer.id := v_hold.id;
    v_answer.credits := v_hold.credits;
    v_answer.outcome := case
        when v_hold.id is null then 'unknown'
        when v_hold.request_id <> cast(p_event ->> 'request_id' as uuid) then 'other_request'
        when v_hold.released_at is not null then 'released'
        when exists (
            select from credit_deduction_ledger
            where user_id = p_user and request_id = v_hold.request_id and reason = 'deduct'
        ) then 'conflict'
    end;
    if v_answer.outcome is not null then
        return v_answer;
    end if;

    select outcome into v_charged from charge_one(p_event, p_simulated);
    if v_charged = 'conflict' then
        v_answer.outcome := 'conflict';
        return v_answer;
    end if;

    -- The request may have been reported without its hold before: then this only ends the hold.
    v_answer.outcome := case when v_hold.settled_at is null then 'settled' else 'replayed' end;
    update credit_hold
    set settled_at = greatest(coalesce(p_now, clock_timestamp()), placed_at)
    where user_id = p_user and id = p_hold and settled_at is null;

    select settled_at into v_answer.at from credit_hold where user_id = p_user and id = p_hold;
    select amount into v_answer.balance from user_credit_balance where user_id = p_user;
    v_answer.spendable := spendable_credits(p_user, v_answer.at);
    v_answer.cap_left := monthly_cap_left(p_user, v_answer.at);
    return v_answer;
end
$$;

-- Gives back what was held for a request that will not happen. Outcomes: released, replayed,
-- settled (too late: it was charged), unknown.
create function release_hold(p_user uuid, p_hold uuid, p_now timestamptz default null) returns asked_credits
language plpgsql as $$
declare
    v_hold credit_hold;
    v_answer asked_credits;
begin
    perform lock_balances(array[p_user]);
    select * into v_hold from credit_hold where user_id = p_user and id = p_hold;
    v_answer.id := v_hold.id;
    v_answer.credits := v_hold.credits;
    v_answer.expires_at := v_hold.expires_at;
    v_answer.outcome := case
        when v_hold.id is null then 'unknown'
        when v_hold.settled_at is not null then 'settled'
        when v_hold.released_at is not null then 'replayed'
        else 'released'
    end;
    v_answer.at := greatest(coalesce(v_hold.released_at, p_now, clock_timestamp()), v_hold.placed_at);
    if v_answer.outcome = 'released' then
        update credit_hold set released_at = v_answer.at where user_id = p_user and id = p_hold;
    end if;
    select amount into v_answer.balance from user_credit_balance where user_id = p_user;
    v_answer.spendable := spendable_credits(p_user, v_answer.at);
    return v_answer;
end
$$;

-- Takes credits if they are there, from sources valid now, soonest expiry first; else writes
-- nothing. Outcomes: deducted, replayed, conflict, or a refusal.
create function deduct_credits(
    p_user uuid,
    p_request uuid,
    p_body_sha256 bytea,
    p_amount numeric,
    p_operator uuid default null,
    p_api_key uuid default null,
    p_note uuid default null,
    p_now timestamptz default null
)
returns asked_credits
language plpgsql as $$
declare
    v_entry credit_deduction_ledger;
    v_head user_credit_balance;
    v_answer asked_credits;
begin
    perform lock_balances(array[p_user]);
    select * into v_head from user_credit_balance where user_id = p_user;
    v_answer.at := greatest(coalesce(p_now, clock_timestamp()), v_head.last_created_at);
    v_answer.credits := p_amount;
    v_answer.balance := v_head.amount;

    select * into v_entry
    from credit_deduction_ledger
    where user_id = p_user and request_id = p_request and reason = 'deduct';
    if found then
        v_answer.outcome := case when v_entry.body_sha256 = p_body_sha256 then 'replayed' else 'conflict' end;
        v_answer.seq := v_entry.seq;
        v_answer.credits := -v_entry.amount;
        v_answer.balance := v_entry.balance_after;
        v_answer.at := v_entry.created_at;
        v_answer.spendable := spendable_credits(p_user, greatest(coalesce(p_now, clock_timestamp()), v_head.last_created_at));
        return v_answer;
    end if;

    v_answer.spendable := spendable_credits(p_user, v_answer.at);
    v_answer.cap_left := monthly_cap_left(p_user, v_answer.at);
    v_answer.outcome := coalesce(
        customer_refusal(p_user),
        case when request_is_charged(p_user, p_request) then 'conflict' end,
        key_refusal(p_api_key, p_amount, v_answer.at),
        case
            when p_amount > v_answer.cap_left then 'over_cap'
            when p_amount > v_answer.spendable then 'short'
            else 'deducted'
        end
    );
    if v_answer.outcome = 'deducted' then
        v_answer.seq := v_head.last_seq + 1;
        v_answer.balance := v_head.amount - p_amount;
        v_answer.spendable := v_answer.spendable - p_amount;
        perform post_deduction(v_head, p_request, p_body_sha256, p_amount, p_operator, p_api_key, p_note, v_answer.at);
    end if;
    return v_answer;
end
$$;

-- Writes a deduction behind the head of its customer's chain: entry, postings, grants, balance.
create function post_deduction(
    p_head user_credit_balance,
    p_request uuid,
    p_body_sha256 bytea,
    p_amount numeric,
    p_operator uuid,
    p_api_key uuid,
    p_note uuid,
    p_at timestamptz
)
returns void
language sql as $$
    with

    drawable as (
        select
            id,
            remaining,
            granted,
            paid_usd,
            sum(remaining) over draw_order - remaining as before,
            row_number() over draw_order as position
        from user_credit_source
        where user_id = (p_head).user_id
            and remaining > 0
            and expiry_posted_at is null
            and effective_at <= p_at
            and (expires_at is null or expires_at > p_at)
        window draw_order as (order by expires_at, priority, effective_at, id)
    ),

    drawn as (
        select
            id,
            position,
            least(remaining, p_amount - before) as taken,
            remaining - least(remaining, p_amount - before) as remaining_after,
            realised_through(paid_usd, granted, granted - remaining + least(remaining, p_amount - before))
                - realised_through(paid_usd, granted, granted - remaining) as realised
        from drawable
        where before < p_amount
    ),

    entry as (
        insert into credit_deduction_ledger (
            user_id, seq, amount, balance_before, balance_after, reason, request_id, realised_revenue_usd,
            operator_id, api_key_id, note_id, body_sha256, created_at, prev_created_at
        )
        select
            (p_head).user_id, (p_head).last_seq + 1, -p_amount, (p_head).amount, (p_head).amount - p_amount, 'deduct',
            p_request, sum(realised), p_operator, p_api_key, p_note, p_body_sha256, p_at, (p_head).last_created_at
        from drawn
    ),

    postings as (
        insert into credit_source_draw (user_id, seq, source_id, amount, remaining_after, realised_revenue_usd, position)
        select (p_head).user_id, (p_head).last_seq + 1, id, -taken, remaining_after, realised, position
        from drawn
    ),

    sources as (
        update user_credit_source as source
        set remaining = drawn.remaining_after
        from drawn
        where source.user_id = (p_head).user_id and source.id = drawn.id
    )

    update user_credit_balance
    set amount = (p_head).amount - p_amount,
        last_seq = (p_head).last_seq + 1,
        last_created_at = p_at,
        last_deduction_at = p_at,
        last_deduction_amount = p_amount
    where user_id = (p_head).user_id
$$;
