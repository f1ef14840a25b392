-- Incident batches: many deductions given back together, each once, with a record that stays.

alter table approval_request drop constraint approval_request_kind_check;
alter table approval_request add constraint approval_request_kind_check check (kind in (
    'reverse_entry', 'grant_credits', 'deduct_by_hand', 'add_tier_version', 'change_tier', 'add_credit_policy',
    'incident_batch'
));

-- An entry given back by a batch names it; the batch names the approval.
alter table credit_deduction_ledger
    add column incident_batch_id uuid,
    add check ((incident_batch_id is not null) <= (reason = 'reversal' and approval_id is null and api_key_id is null));
-- A batch gives a deduction back once.
create unique index credit_deduction_ledger_one_batch
    on credit_deduction_ledger (user_id, incident_batch_id, reverses_seq) where incident_batch_id is not null;
-- What was given back one by one, newest first.
create index credit_deduction_ledger_single_reversals on credit_deduction_ledger (created_at desc, user_id, seq)
    where reason = 'reversal' and incident_batch_id is null;
-- What was posted after its month was closed is looked for by the start of its request.
create index token_usage_ledger_late on token_usage_ledger (request_started_at) where accounted_at <> request_started_at;

create table incident_batch (
    id uuid primary key,
    number bigint not null generated always as identity unique,
    -- Which deductions, as they were chosen; what it came to is in the items.
    filter jsonb not null check (jsonb_typeof(filter) = 'object'),
    cause text not null,
    -- About the incident; customers are named by nothing but their id, in the items.
    note text check (length(note) between 1 and 2000),
    tells_customers boolean not null default false,
    requested_by uuid not null,
    requested_person_id uuid not null,
    requested_at timestamptz not null,
    approval_id uuid unique references approval_request (id),
    -- What was seen is what is given back.
    items_sha256 bytea not null,
    deductions bigint not null check (deductions > 0),
    customers bigint not null check (customers > 0),
    credits numeric not null check (credits > 0 and credits < 1e12),
    list_revenue_usd numeric not null,
    state text not null check (state in ('pending', 'queued', 'running', 'paused', 'done', 'cancelled')),
    done bigint not null default 0 check (done >= 0),
    skipped bigint not null default 0 check (skipped >= 0),
    failed bigint not null default 0 check (failed >= 0),
    credits_done numeric not null default 0 check (credits_done >= 0 and credits_done <= credits),
    started_at timestamptz,
    -- Since when it has been running without a break, and how many had been handled by then.
    resumed_at timestamptz,
    handled_at_resume bigint not null default 0,
    progress_at timestamptz,
    finished_at timestamptz,
    -- Why a run broke off, until the next one gets further.
    problem text,
    customers_told boolean not null default false,
    foreign key (requested_by, requested_person_id) references operator (id, person_id),
    check (done + skipped + failed <= deductions),
    check (state <> 'pending' or approval_id is not null),
    check ((state in ('done', 'cancelled')) = (finished_at is not null)),
    check (state <> 'done' or done + skipped + failed = deductions)
);
create index incident_batch_requested on incident_batch (requested_at desc, id);
create index incident_batch_open on incident_batch (requested_at) where state in ('queued', 'running');
create index incident_batch_untold on incident_batch (requested_at) where tells_customers and not customers_told;

-- One deduction to give back: how much, what had been given back before, and what came of it.
create table incident_batch_item (
    batch_id uuid not null references incident_batch (id),
    user_id uuid not null,
    seq bigint not null,
    credits numeric(18, 6) not null check (credits > 0 and credits < 1e12),
    reversed_before numeric(18, 6) not null check (reversed_before >= 0 and reversed_before < 1e12),
    state text not null default 'waiting' check (state in ('waiting', 'done', 'skipped', 'failed')),
    reversal_seq bigint,
    reason text,
    tries smallint not null default 0,
    handled_at timestamptz,
    told_at timestamptz,
    primary key (batch_id, user_id, seq),
    check ((state = 'done') = (reversal_seq is not null)),
    check ((state in ('skipped', 'failed')) = (reason is not null)),
    check ((state = 'waiting') = (handled_at is null)),
    check (told_at is null or state = 'done')
);
create index incident_batch_item_waiting on incident_batch_item (batch_id, user_id, seq) where state = 'waiting';
create index incident_batch_item_failed on incident_batch_item (batch_id, user_id, seq) where state in ('skipped', 'failed');
create index incident_batch_item_untold on incident_batch_item (batch_id, user_id) where state = 'done' and told_at is null;

-- The application reads both; what changes them are the functions below.
grant select on incident_batch, incident_batch_item to ledgerline_app;
grant update (problem) on incident_batch to ledgerline_app;

-- As before, and an entry may name the batch it belongs to.
drop function reverse_entry(uuid, bigint, numeric, text, uuid, uuid, uuid, interval, numeric, uuid, timestamptz);
-- Gives credits of one entry back, all that is left if p_amount is null: to the grants they came from,
-- the one drawn last first; for a grant that has expired to a new one that lives p_grace. What a
-- claw-back took is not given back. p_reversed_before, if given, is what had been given back when
-- the caller looked. p_posted_at is the clock of a simulation, p_batch the incident batch it belongs to.
create function reverse_entry(
    p_user uuid,
    p_seq bigint,
    p_amount numeric,
    p_reason text,
    p_operator uuid,
    p_api_key uuid,
    p_note uuid,
    p_grace interval,
    p_reversed_before numeric default null,
    p_approval uuid default null,
    p_posted_at timestamptz default null,
    p_batch uuid default null
) returns reversal_receipt
language plpgsql as $$
declare
    v_entry credit_deduction_ledger;
    v_balance user_credit_balance;
    v_source user_credit_source;
    v_draw record;
    v_receipt reversal_receipt;
    v_now timestamptz;
    v_reversed numeric;
    v_amount numeric;
    v_rest numeric;
    v_take numeric;
    v_gain numeric;
    v_realised numeric := 0;
    d_source uuid[] := '{}'; d_amount numeric[] := '{}'; d_after numeric[] := '{}'; d_realised numeric[] := '{}';
begin
    -- Who has an entry has a balance row.
    perform 1 from user_credit_balance where user_id = p_user for no key update;
    select * into v_balance from user_credit_balance where user_id = p_user;
    select * into v_entry from credit_deduction_ledger where user_id = p_user and seq = p_seq;
    if v_entry.seq is null then
        v_receipt.outcome := 'unknown';
        return v_receipt;
    end if;
    if v_entry.amount >= 0 or v_entry.reason not in ('usage', 'deduct', 'correction') then
        v_receipt.outcome := 'not_reversible';
        return v_receipt;
    end if;
    v_now := greatest(coalesce(p_posted_at, clock_timestamp()), v_balance.last_created_at);

    select coalesce(max(reversed_after), 0) into v_reversed
    from credit_deduction_ledger
    where user_id = p_user and reverses_seq = p_seq;
    select
        coalesce(sum(credits - returned) filter (where not is_clawed_back), 0),
        coalesce(sum(credits - returned) filter (where is_clawed_back), 0)
    into v_receipt.credits_left, v_receipt.credits_lost
    from reversible_draws(p_user, p_seq);
    v_receipt.reversed_before := v_reversed;
    v_amount := coalesce(p_amount, v_receipt.credits_left);
    v_receipt.outcome := case
        when p_reversed_before <> v_reversed then 'changed'
        when v_receipt.credits_left = 0 then 'nothing_left'
        when v_amount > v_receipt.credits_left then 'more_than_left'
        else 'reversed'
    end;
    if v_receipt.outcome <> 'reversed' then
        return v_receipt;
    end if;
    if v_amount <= 0 or v_amount <> round(v_amount, 6) then
        raise exception 'credits given back are more than zero, with at most 6 decimals'
            using errcode = 'numeric_value_out_of_range';
    end if;

    v_receipt.restored := '[]';
    v_rest := v_amount;
    for v_draw in
        select * from reversible_draws(p_user, p_seq) as draw
        where not draw.is_clawed_back and draw.returned < draw.credits
        order by draw.position desc
    loop
        exit when v_rest = 0;
        v_take := least(v_draw.credits - v_draw.returned, v_rest);
        v_rest := v_rest - v_take;
        select * into v_source from user_credit_source where user_id = p_user and id = v_draw.source_id;
        if v_source.expires_at <= v_now or v_source.expiry_posted_at is not null then
            -- The new grant carries exactly the revenue that is taken back with it.
            v_gain := realised_through(v_draw.realised_revenue_usd, v_draw.credits, v_draw.returned)
                - realised_through(v_draw.realised_revenue_usd, v_draw.credits, v_draw.returned + v_take);
            insert into user_credit_source (
                user_id, id, source, category, granted, remaining, paid_usd, effective_at, expires_at, priority, origin,
                created_at, replaces_source_id
            ) values (
                p_user, gen_random_uuid(), 'replacement', v_source.category, v_take, v_take, -v_gain, v_now,
                v_now + p_grace, v_source.priority, 'Given back after its grant had expired', v_now, v_source.id
            )
            returning * into v_source;
        else
            v_gain := realised_through(
                v_source.paid_usd, v_source.granted, v_source.granted - v_source.remaining - v_take
            ) - realised_through(v_source.paid_usd, v_source.granted, v_source.granted - v_source.remaining);
            update user_credit_source
            set remaining = remaining + v_take
            where user_id = p_user and id = v_source.id
            returning * into v_source;
        end if;
        v_realised := v_realised + v_gain;
        d_source := d_source || v_source.id;
        d_amount := d_amount || v_take;
        d_after := d_after || v_source.remaining;
        d_realised := d_realised || v_gain;
        v_receipt.restored := v_receipt.restored || jsonb_build_object(
            'source_id', v_source.id,
            'replaces_source_id', v_source.replaces_source_id,
            'credits', v_take::text,
            'category', v_source.category,
            'expires_at', v_source.expires_at
        );
    end loop;

    v_receipt.seq := v_balance.last_seq + 1;
    v_receipt.credits := v_amount;
    v_receipt.balance_after := v_balance.amount + v_amount;
    v_receipt.realised_revenue_usd := v_realised;
    v_receipt.credits_left := v_receipt.credits_left - v_amount;
    v_receipt.created_at := v_now;

    insert into credit_deduction_ledger (
        user_id, seq, amount, balance_before, balance_after, reason, request_id, realised_revenue_usd, reverses_seq,
        reverses_amount, reversed_before, reversed_after, operator_id, api_key_id, note_id, cause, approval_id,
        incident_batch_id, created_at, prev_created_at
    ) values (
        p_user, v_receipt.seq, v_amount, v_balance.amount, v_receipt.balance_after, 'reversal', v_entry.request_id,
        v_realised, p_seq, v_entry.amount, v_reversed, v_reversed + v_amount, p_operator, p_api_key, p_note, p_reason,
        p_approval, p_batch, v_now, v_balance.last_created_at
    );
    insert into credit_source_draw (user_id, seq, source_id, amount, remaining_after, realised_revenue_usd, position)
    select p_user, v_receipt.seq, posting.*
    from unnest(d_source, d_amount, d_after, d_realised) with ordinality as posting;
    update user_credit_balance
    set amount = v_receipt.balance_after, last_seq = v_receipt.seq, last_created_at = v_now
    where user_id = p_user;

    insert into usage_delta (
        user_id, request_id, day, hour, provider_id, model_id, tier, request_type, key_mode, status, cost_bucket,
        dearest_cost_usd, requests, priced_requests, unpriced_requests, input_tokens, cached_input_tokens,
        cache_write_tokens, output_tokens, vendor_cost_usd, credit_value_usd, credits_due, credits_deducted,
        credits_uncovered, list_revenue_usd, realised_revenue_usd, rounding_gain_usd, default_multiplier_requests,
        latency_ms_sum, latency_count, credits_reversed, list_reversed_usd, realised_reversed_usd, credits_corrected,
        list_corrected_usd, realised_corrected_usd
    )
    select
        user_id, request_id, day, hour, provider_id, model_id, tier, request_type, key_mode, status, cost_bucket,
        dearest_cost_usd, requests, priced_requests, unpriced_requests, input_tokens, cached_input_tokens,
        cache_write_tokens, output_tokens, vendor_cost_usd, credit_value_usd, credits_due, credits_deducted,
        credits_uncovered, list_revenue_usd, realised_revenue_usd, rounding_gain_usd, default_multiplier_requests,
        latency_ms_sum, latency_count, credits_reversed, list_reversed_usd, realised_reversed_usd, credits_corrected,
        list_corrected_usd, realised_corrected_usd
    from reversal_delta
    where reversal_delta.user_id = p_user and reversal_delta.seq = v_receipt.seq;

    return v_receipt;
end
$$;

-- The deductions a filter names, at most p_most + 1 of them, and what giving back comes to: the only
-- definition of what a batch holds. `standing` is whole, rest (something was given back before),
-- reversed (all that was to be is given back), clawed_back or erased. A share below 100 is of what
-- was taken, whole increments, less what was given back before: the same filter again finds nothing.
create function incident_items(p_filter jsonb, p_most integer)
returns table (
    user_id uuid, seq bigint, request_id uuid, day date, provider_id uuid, model_id text, tier text, started_at timestamptz,
    standing text, credits_taken numeric, credits_returned numeric, credits_lost numeric, credits numeric,
    list_revenue_usd numeric, realised_revenue_usd numeric
)
language plpgsql stable
set plan_cache_mode = force_custom_plan
as $$
#variable_conflict use_column
declare
    v_from timestamptz := (p_filter ->> 'from')::timestamptz;
    v_until timestamptz := (p_filter ->> 'until')::timestamptz;
    v_share numeric := coalesce((p_filter ->> 'share_percent')::numeric, 100);
    v_uncovered boolean := (p_filter ->> 'uncovered')::boolean;
    v_providers uuid[] := case when p_filter ? 'providers' then array(
        select id from providers where name in (select jsonb_array_elements_text(p_filter -> 'providers'))
    ) end;
    v_models text[] := case when p_filter ? 'models' then array(select jsonb_array_elements_text(p_filter -> 'models')) end;
    v_statuses text[] := case when p_filter ? 'statuses' then array(select jsonb_array_elements_text(p_filter -> 'statuses')) end;
    v_tiers text[] := case when p_filter ? 'tiers' then array(select jsonb_array_elements_text(p_filter -> 'tiers')) end;
    v_services text[] := case when p_filter ? 'services' then array(select jsonb_array_elements_text(p_filter -> 'services')) end;
    v_types text[] := case when p_filter ? 'request_types' then array(
        select jsonb_array_elements_text(p_filter -> 'request_types')
    ) end;
    v_customers uuid[] := case when p_filter ? 'customers' then array(
        select jsonb_array_elements_text(p_filter -> 'customers')::uuid
    ) end;
begin
    if v_from is null or v_until is null or not isfinite(v_from) or not isfinite(v_until) or v_share not between 0.01 and 100 then
        raise exception 'a batch has a window, and a share of at most 100 percent' using errcode = 'invalid_parameter_value';
    end if;
    return query
    with

    matching as materialized (
        select
            usage.user_id,
            usage.deduction_seq,
            usage.request_id,
            usage.accounted_at,
            usage.provider_id,
            usage.model_id,
            usage.user_tier_at_request,
            usage.request_started_at,
            usage.credits_deducted,
            usage.realised_revenue_usd,
            usage.unit_usd,
            usage.increment
        from token_usage_ledger as usage
        where usage.request_started_at >= v_from
            and usage.request_started_at < v_until
            and (
                (usage.accounted_at >= v_from and usage.accounted_at < v_until)
                or (
                    usage.accounted_at <> usage.request_started_at
                    and usage.request_started_at >= v_from
                    and usage.request_started_at < v_until
                )
            )
            and usage.deduction_seq is not null
            and (v_providers is null or usage.provider_id = any(v_providers))
            and (v_models is null or usage.model_id = any(v_models))
            and (v_statuses is null or usage.status = any(v_statuses))
            and (v_tiers is null or usage.user_tier_at_request = any(v_tiers))
            and (v_services is null or usage.service = any(v_services))
            and (v_types is null or usage.request_type = any(v_types))
            and (v_customers is null or usage.user_id = any(v_customers))
            and (v_uncovered is null or (usage.credits_uncovered > 0) = v_uncovered)
        limit p_most + 1
    ),

    -- Claw-backs are few: whose grants were taken back is asked first.
    clawed as materialized (
        select posting.user_id, posting.source_id
        from credit_deduction_ledger as clawback
        join credit_source_draw as posting on posting.user_id = clawback.user_id and posting.seq = clawback.seq
        where clawback.reason = 'clawback' and clawback.user_id in (select user_id from matching)
    ),

    lost as materialized (
        select entry.user_id, entry.deduction_seq, sum(draw.credits - draw.returned) as credits
        from (select distinct user_id from clawed) as customer
        join matching as entry on entry.user_id = customer.user_id
        cross join lateral reversible_draws(entry.user_id, entry.deduction_seq) as draw
        where draw.is_clawed_back
        group by entry.user_id, entry.deduction_seq
    ),

    measured as (
        select
            entry.*,
            coalesce(reversal.returned, 0) as returned,
            coalesce(lost.credits, 0) as lost,
            users.status = 'deleted' as is_erased,
            least(
                entry.credits_deducted,
                ceil(entry.credits_deducted * v_share / 100 / entry.increment) * entry.increment
            ) as wanted
        from matching as entry
        join users on users.id = entry.user_id
        left join lost on lost.user_id = entry.user_id and lost.deduction_seq = entry.deduction_seq
        cross join lateral (
            select max(given.reversed_after) as returned
            from credit_deduction_ledger as given
            where given.user_id = entry.user_id and given.reverses_seq = entry.deduction_seq
        ) as reversal
    ),

    given as (
        select
            measured.*,
            case when is_erased then 0
                else greatest(0, least(wanted - returned, credits_deducted - returned - lost)) end as credits
        from measured
    )

    select
        given.user_id,
        given.deduction_seq,
        given.request_id,
        (given.accounted_at at time zone 'UTC')::date,
        given.provider_id,
        given.model_id,
        given.user_tier_at_request,
        given.request_started_at,
        case
            when given.is_erased then 'erased'
            when given.credits > 0 and given.returned = 0 then 'whole'
            when given.credits > 0 then 'rest'
            when given.returned >= given.wanted then 'reversed'
            else 'clawed_back'
        end,
        given.credits_deducted,
        given.returned,
        given.lost,
        given.credits,
        given.credits * given.unit_usd,
        round(given.realised_revenue_usd * given.credits / given.credits_deducted, 18)
    from given;
end
$$;

-- One line of what was seen, for its fingerprint.
create function incident_line(p_user uuid, p_seq bigint, p_returned numeric, p_credits numeric) returns text
language sql immutable strict parallel safe as $$
    select p_user || ' ' || p_seq || ' ' || trim_scale(p_returned) || ' ' || trim_scale(p_credits)
$$;

-- Outcomes: opened; or, with nothing written, stale (not what was seen) and too_many.
create type incident_opening as (outcome text, number bigint, deductions bigint, customers bigint, credits numeric);

-- Writes a batch and its items as they stand now, if they are what was seen: waiting for its approval
-- if there is to be one, else ready to run. Raises where who asks may not.
create function open_incident_batch(
    p_batch uuid,
    p_filter jsonb,
    p_cause text,
    p_note text,
    p_tells_customers boolean,
    p_operator uuid,
    p_approval uuid,
    p_seen_sha256 bytea,
    p_most integer
) returns incident_opening
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    v_asker operator;
    v_opening incident_opening;
    v_sha256 bytea;
    v_list numeric;
    v_found bigint;
    v_users uuid[]; v_seqs bigint[]; v_credits numeric[]; v_returned numeric[];
begin
    select * into v_asker from operator where id = p_operator for share;
    if v_asker.id is null or v_asker.status <> 'active' or v_asker.role not in ('admin', 'support') then
        raise exception 'a batch is opened by somebody who may move credits' using errcode = 'insufficient_privilege';
    end if;
    if p_approval is not null and not exists (
        select from approval_request as request
        where request.id = p_approval
            and request.kind = 'incident_batch'
            and request.state = 'pending'
            and request.requested_by = p_operator
            and request.payload ->> 'batch_id' = p_batch::text
            and request.payload ->> 'items_sha256' = encode(p_seen_sha256, 'hex')
    ) then
        raise exception 'a batch is approved by a request of its own' using errcode = 'insufficient_privilege';
    end if;

    select
        count(*),
        count(*) filter (where item.credits > 0),
        count(distinct item.user_id) filter (where item.credits > 0),
        sum(item.credits),
        sum(item.list_revenue_usd),
        array_agg(item.user_id order by item.user_id, item.seq) filter (where item.credits > 0),
        array_agg(item.seq order by item.user_id, item.seq) filter (where item.credits > 0),
        array_agg(item.credits order by item.user_id, item.seq) filter (where item.credits > 0),
        array_agg(item.credits_returned order by item.user_id, item.seq) filter (where item.credits > 0)
    into
        v_found, v_opening.deductions, v_opening.customers, v_opening.credits, v_list, v_users, v_seqs, v_credits, v_returned
    from incident_items(p_filter, p_most) as item;
    if v_found > p_most then
        v_opening.outcome := 'too_many';
        return v_opening;
    end if;
    v_sha256 := sha256(convert_to((
        select string_agg(incident_line(user_id, seq, returned, credits), E'\n' order by user_id, seq)
        from unnest(v_users, v_seqs, v_returned, v_credits) as item (user_id, seq, returned, credits)
    ), 'UTF8'));
    if v_opening.deductions = 0 or v_sha256 is distinct from p_seen_sha256 then
        v_opening.outcome := 'stale';
        return v_opening;
    end if;

    insert into incident_batch (
        id, filter, cause, note, tells_customers, requested_by, requested_person_id, requested_at, approval_id,
        items_sha256, deductions, customers, credits, list_revenue_usd, state
    ) values (
        p_batch, p_filter, p_cause, p_note, p_tells_customers, p_operator, v_asker.person_id, clock_timestamp(), p_approval,
        v_sha256, v_opening.deductions, v_opening.customers, v_opening.credits, v_list,
        case when p_approval is null then 'queued' else 'pending' end
    ) returning number into v_opening.number;
    insert into incident_batch_item (batch_id, user_id, seq, credits, reversed_before)
    select p_batch, item.*
    from unnest(v_users, v_seqs, v_credits, v_returned) as item;
    v_opening.outcome := 'opened';
    return v_opening;
end
$$;

-- Whether a batch may run: it needs nobody, or another person approved just what it holds.
create function incident_batch_is_allowed(p_batch incident_batch) returns boolean
language sql stable as $$
    select p_batch.approval_id is null or exists (
        select from approval_request as request
        where request.id = p_batch.approval_id
            and request.state = 'approved'
            and request.decided_person_id is not null
            and request.decided_person_id <> p_batch.requested_person_id
            and request.payload ->> 'batch_id' = p_batch.id::text
            and request.payload ->> 'items_sha256' = encode(p_batch.items_sha256, 'hex')
    )
$$;

-- Moves a batch on, if it stands where that is possible; returns whether it was.
create function move_incident_batch(p_batch uuid, p_act text) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    v_batch incident_batch;
    v_now timestamptz;
    v_rows bigint;
begin
    -- A piece of work that is under way ends first.
    select * into v_batch from incident_batch where id = p_batch for no key update;
    v_now := clock_timestamp();
    if p_act = 'queue' and v_batch.state = 'pending' and incident_batch_is_allowed(v_batch) then
        update incident_batch set state = 'queued' where id = p_batch;
    elsif p_act = 'pause' and v_batch.state in ('queued', 'running') then
        update incident_batch set state = 'paused' where id = p_batch;
    elsif p_act = 'resume' and v_batch.state = 'paused' then
        update incident_batch set state = 'queued', problem = null where id = p_batch;
    elsif p_act = 'cancel' and v_batch.state in ('queued', 'running', 'paused') then
        update incident_batch_item
        set state = 'skipped', reason = 'cancelled', handled_at = v_now
        where batch_id = p_batch and state = 'waiting';
        get diagnostics v_rows = row_count;
        update incident_batch
        set state = 'cancelled', skipped = skipped + v_rows, finished_at = v_now, problem = null
        where id = p_batch;
    elsif p_act = 'retry' and v_batch.state = 'done' and v_batch.failed > 0 then
        update incident_batch_item
        set state = 'waiting', reason = null, handled_at = null
        where batch_id = p_batch and state = 'failed';
        get diagnostics v_rows = row_count;
        update incident_batch
        set state = 'queued', failed = failed - v_rows, finished_at = null, customers_told = false
        where id = p_batch;
    else
        return false;
    end if;
    return true;
end
$$;

create type incident_progress as (state text, handled integer, waiting bigint);

-- Gives back the next p_most deductions of a batch and writes what came of each, in one transaction:
-- a deduction is given back and ticked off, or neither. p_begins: this is the first piece of a run.
create function run_incident_items(p_batch uuid, p_most integer, p_grace interval, p_begins boolean)
returns incident_progress
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    v_batch incident_batch;
    v_item record;
    v_receipt reversal_receipt;
    v_progress incident_progress;
    v_state text; v_reason text; v_seq bigint;
    v_done integer := 0; v_skipped integer := 0; v_failed integer := 0;
    v_credits numeric := 0;
    v_now timestamptz;
    d_user uuid[] := '{}'; d_item bigint[] := '{}'; d_state text[] := '{}'; d_seq bigint[] := '{}'; d_reason text[] := '{}';
begin
    -- Whoever pauses, cancels or runs it too waits here.
    select * into v_batch from incident_batch where id = p_batch for no key update;
    v_progress.state := v_batch.state;
    v_progress.handled := 0;
    if v_batch.id is null or v_batch.state not in ('queued', 'running') then
        return v_progress;
    end if;
    if not incident_batch_is_allowed(v_batch) then
        raise exception 'this batch is not approved' using errcode = 'insufficient_privilege';
    end if;
    -- Always in the order of ids, as everybody else takes the locks of customers.
    perform lock_balances(array(
        select distinct user_id
        from (
            select user_id from incident_batch_item
            where batch_id = p_batch and state = 'waiting' order by user_id, seq limit p_most
        ) as next
    ));

    for v_item in
        select item.user_id, item.seq, item.credits, item.reversed_before, users.status = 'deleted' as is_erased
        from (
            select user_id, seq, credits, reversed_before
            from incident_batch_item
            where batch_id = p_batch and state = 'waiting'
            order by user_id, seq
            limit p_most
        ) as item
        left join users on users.id = item.user_id
        order by item.user_id, item.seq
    loop
        v_state := 'skipped'; v_reason := 'erased'; v_seq := null;
        if not coalesce(v_item.is_erased, false) then
            begin
                v_receipt := reverse_entry(
                    v_item.user_id, v_item.seq, v_item.credits, v_batch.cause, v_batch.requested_by, null, null, p_grace,
                    v_item.reversed_before, null, null, p_batch
                );
                if v_receipt.outcome = 'reversed' then
                    v_state := 'done'; v_reason := null; v_seq := v_receipt.seq;
                    v_credits := v_credits + v_receipt.credits;
                else
                    v_reason := v_receipt.outcome;
                end if;
            exception when others then
                -- A lock, a full disk or a server going down is no fault of this deduction: the piece is tried again.
                if left(sqlstate, 2) in ('40', '53', '55', '57', '58') then
                    raise;
                end if;
                v_state := 'failed'; v_reason := left(sqlstate || ': ' || sqlerrm, 300);
            end;
        end if;
        v_done := v_done + (v_state = 'done')::int;
        v_skipped := v_skipped + (v_state = 'skipped')::int;
        v_failed := v_failed + (v_state = 'failed')::int;
        d_user := d_user || v_item.user_id; d_item := d_item || v_item.seq; d_state := d_state || v_state;
        d_seq := d_seq || v_seq; d_reason := d_reason || v_reason;
    end loop;

    v_now := clock_timestamp();
    update incident_batch_item as item
    set state = came.state, reversal_seq = came.reversal_seq, reason = came.reason, handled_at = v_now, tries = item.tries + 1
    from unnest(d_user, d_item, d_state, d_seq, d_reason) as came (user_id, seq, state, reversal_seq, reason)
    where item.batch_id = p_batch and item.user_id = came.user_id and item.seq = came.seq;
    v_progress.handled := cardinality(d_user);
    v_progress.waiting := v_batch.deductions - v_batch.done - v_batch.skipped - v_batch.failed - v_progress.handled;
    v_progress.state := case when v_progress.waiting = 0 then 'done' else 'running' end;
    update incident_batch
    set state = v_progress.state,
        done = done + v_done,
        skipped = skipped + v_skipped,
        failed = failed + v_failed,
        credits_done = credits_done + v_credits,
        started_at = coalesce(started_at, v_now),
        resumed_at = case when p_begins then v_now else resumed_at end,
        handled_at_resume = case when p_begins then v_batch.done + v_batch.skipped + v_batch.failed + v_progress.handled
            else handled_at_resume end,
        progress_at = v_now,
        finished_at = case when v_progress.waiting = 0 then v_now end,
        problem = null
    where id = p_batch;
    return v_progress;
end
$$;

-- The next customers of an ended batch who were to be told and were not yet: told, with the caller's transaction.
create function take_untold_customers(p_batch uuid, p_most integer)
returns table (user_id uuid, deductions bigint, credits numeric, balance numeric)
language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
    v_batch incident_batch;
begin
    select * into v_batch from incident_batch where id = p_batch for no key update;
    if v_batch.state not in ('done', 'cancelled') or not v_batch.tells_customers or v_batch.customers_told then
        return;
    end if;
    return query
    with

    next as (
        select distinct user_id
        from incident_batch_item
        where batch_id = p_batch and state = 'done' and told_at is null
        order by user_id
        limit p_most
    ),

    told as (
        update incident_batch_item as item
        set told_at = clock_timestamp()
        from next
        where item.batch_id = p_batch and item.user_id = next.user_id and item.state = 'done' and item.told_at is null
        returning item.user_id, item.credits
    )

    select told.user_id, count(*), sum(told.credits), min(account.amount)
    from told
    join user_credit_balance as account on account.user_id = told.user_id
    group by told.user_id;
    if not found then
        update incident_batch set customers_told = true where id = p_batch;
    end if;
end
$$;

-- What changes a batch is for the application and for nobody else.
grant execute on function
    incident_items, incident_line, open_incident_batch, incident_batch_is_allowed, move_incident_batch,
    run_incident_items, take_untold_customers, reverse_entry
to ledgerline_app;
revoke execute on function open_incident_batch, move_incident_batch, run_incident_items, take_untold_customers from public;
