-- Plans and the credit policy change only by what a second person approved; scenarios of the simulator.

alter table approval_request drop constraint approval_request_kind_check;
alter table approval_request add constraint approval_request_kind_check check (kind in (
    'reverse_entry', 'grant_credits', 'deduct_by_hand', 'add_tier_version', 'change_tier', 'add_credit_policy'
));

-- What was not there from the start says by whose approval it came.
alter table tier_version
    add column approval_id uuid unique references approval_request (id),
    add check (isfinite(effective_from));
alter table credit_policy
    add column approval_id uuid unique references approval_request (id),
    add check (isfinite(effective_from));
alter table tier add check (is_active or not is_sold);

-- Whether a tier is sold or in use, as it changed.
create table tier_change (
    approval_id uuid primary key references approval_request (id),
    tier text not null references tier (name),
    was_sold boolean not null,
    was_active boolean not null,
    is_sold boolean not null,
    is_active boolean not null,
    changed_at timestamptz not null
);
create index tier_change_tier on tier_change (tier, changed_at desc);

-- What the simulator was asked, kept to be found again; what it answers is computed anew.
create table scenario (
    id uuid primary key default gen_random_uuid(),
    name text not null check (length(name) between 1 and 100),
    -- The simulator's address: every scenario, the days and the filters.
    address text not null check (length(address) between 1 and 8000),
    created_by uuid not null references operator (id),
    created_at timestamptz not null,
    removed_at timestamptz check (removed_at >= created_at)
);
create index scenario_kept on scenario (created_at desc) where removed_at is null;

-- Until now the application could write, back-dated, what everything is charged by.
revoke insert on tier_version, credit_policy from ledgerline_app;
revoke insert, update on tier from ledgerline_app;
grant select on tier_change, scenario to ledgerline_app;
grant insert (id, name, address, created_by, created_at) on scenario to ledgerline_app;
grant update (removed_at) on scenario to ledgerline_app;

-- Outcomes: applied; or, with nothing written, past (its start is over), changed (what it was made
-- from is no longer what holds), unit_fixed (credits were granted at the unit there is),
-- unit_scheduled, held (customers have the tier), no_rule (nothing would say its multiplier).
create type plan_change as (outcome text, tier text, effective_from timestamptz);

-- Carries out what an approved request says, once: the only way a plan or the policy changes.
-- Raises where there is no approval by another person who may give it.
create function apply_plan_change(p_request uuid) returns plan_change
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    v_request approval_request;
    v_payload jsonb;
    v_policy credit_policy;
    v_tier tier;
    v_done plan_change;
    v_based timestamptz;
    v_now timestamptz;
begin
    -- One change after the other; whoever charges reads on.
    lock table tier_version, credit_policy, tier in share row exclusive mode;
    select * into v_request from approval_request where id = p_request for update;
    v_now := clock_timestamp();
    v_payload := v_request.payload;
    perform refuse_unapproved_plan(v_request, v_now);

    v_done.outcome := 'applied';
    v_done.tier := v_payload ->> 'tier';
    v_done.effective_from := coalesce((v_payload ->> 'effective_from')::timestamptz, v_now);
    if v_done.effective_from < v_now then
        v_done.outcome := 'past';
        return v_done;
    end if;

    if v_request.kind = 'change_tier' then
        select * into v_tier from tier where name = v_done.tier;
        if v_tier.is_sold is distinct from (v_payload ->> 'was_sold')::boolean
            or v_tier.is_active is distinct from (v_payload ->> 'was_active')::boolean then
            v_done.outcome := 'changed';
        elsif not (v_payload ->> 'is_active')::boolean and exists (
            select from subscription_monetization
            where tier = v_done.tier and (ended_at is null or ended_at > v_now)
        ) then
            v_done.outcome := 'held';
        elsif (v_payload ->> 'is_active')::boolean and not exists (
            select
            from pricing_configs as config
            join pricing_scope as scope on scope.id = config.scope_id
            where scope.scope_type = 'tier'
                and scope.subscription_tier = v_done.tier
                and config.approval_status = 'approved'
                and config.effective_from <= v_now
                and (config.effective_until is null or config.effective_until > v_now)
        ) then
            v_done.outcome := 'no_rule';
        else
            update tier
            set is_sold = (v_payload ->> 'is_sold')::boolean, is_active = (v_payload ->> 'is_active')::boolean
            where name = v_done.tier;
            insert into tier_change (approval_id, tier, was_sold, was_active, is_sold, is_active, changed_at)
            select p_request, v_done.tier, v_tier.is_sold, v_tier.is_active, tier.is_sold, tier.is_active, v_now
            from tier
            where name = v_done.tier;
        end if;
        return v_done;
    end if;

    if v_request.kind = 'add_tier_version' then
        select max(effective_from) into v_based
        from tier_version
        where tier = v_done.tier and effective_from <= v_done.effective_from;
        if v_based is distinct from (v_payload ->> 'based_on')::timestamptz then
            v_done.outcome := 'changed';
            return v_done;
        end if;
        insert into tier_version (
            tier, effective_from, monthly_price_usd, annual_price_usd, monthly_credit_allocation, max_credit_rollover,
            floor_multiplier, trial_days, features, created_at, approval_id
        )
        select
            tier, v_done.effective_from, (v_payload ->> 'monthly_price_usd')::numeric,
            (v_payload ->> 'annual_price_usd')::numeric, (v_payload ->> 'monthly_credit_allocation')::numeric,
            (v_payload ->> 'max_credit_rollover')::numeric, (v_payload ->> 'floor_multiplier')::numeric,
            (v_payload ->> 'trial_days')::integer, features, v_now, p_request
        from tier_version
        where tier = v_done.tier and effective_from = v_based;
        return v_done;
    end if;

    select * into v_policy
    from credit_policy
    where effective_from <= v_done.effective_from
    order by effective_from desc
    limit 1;
    if v_policy.effective_from is distinct from (v_payload ->> 'based_on')::timestamptz then
        v_done.outcome := 'changed';
        return v_done;
    end if;
    if (v_payload ->> 'unit_usd')::numeric <> v_policy.unit_usd then
        -- A later start would let credits be granted at the old unit before it.
        if v_payload ->> 'effective_from' is not null then
            v_done.outcome := 'unit_scheduled';
            return v_done;
        end if;
        if not exists (select from user_credit_source) then
            lock table user_credit_source in share mode;
        end if;
        if exists (select from user_credit_source) then
            v_done.outcome := 'unit_fixed';
            return v_done;
        end if;
    end if;
    insert into credit_policy (effective_from, unit_usd, increment, created_at, approval_id)
    values (
        v_done.effective_from, (v_payload ->> 'unit_usd')::numeric, (v_payload ->> 'increment')::numeric, v_now,
        p_request
    );
    return v_done;
end
$$;

-- Raises unless another person, an admin or an owner, approved this change of a plan in time and it waits to be done.
create function refuse_unapproved_plan(p_request approval_request, p_now timestamptz) returns void
language plpgsql stable set search_path = public, pg_temp as $$
begin
    if p_request.id is null or p_request.kind not in ('add_tier_version', 'change_tier', 'add_credit_policy') then
        raise exception 'there is no such request to change a plan' using errcode = 'insufficient_privilege';
    end if;
    if p_request.state <> 'approved' or p_request.expires_at <= p_now then
        raise exception 'this change of a plan was not approved in time' using errcode = 'insufficient_privilege';
    end if;
    if p_request.requested_person_id is null or p_request.decided_person_id is null
        or p_request.requested_person_id = p_request.decided_person_id then
        raise exception 'a change of a plan is approved by another person' using errcode = 'insufficient_privilege';
    end if;
    if (
        select count(*)
        from operator
        where (id = p_request.requested_by or (id = p_request.decided_by and status = 'active'))
            and role in ('admin', 'owner')
    ) <> 2 then
        raise exception 'only an admin or an owner proposes or approves a change of a plan'
            using errcode = 'insufficient_privilege';
    end if;
    if exists (select from tier_version where approval_id = p_request.id)
        or exists (select from credit_policy where approval_id = p_request.id)
        or exists (select from tier_change where approval_id = p_request.id) then
        raise exception 'this change of a plan was made already' using errcode = 'insufficient_privilege';
    end if;
end
$$;

revoke execute on function apply_plan_change(uuid), refuse_unapproved_plan(approval_request, timestamptz) from public;
grant execute on function apply_plan_change(uuid) to ledgerline_app;
