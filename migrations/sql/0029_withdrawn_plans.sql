-- A scheduled version of a tier or of the credit policy is withdrawn before it begins, like a scheduled price:
-- what it would have followed goes on, and what it said stays on record.
create table plan_withdrawal (
    approval_id uuid primary key references approval_request (id),
    effective_from timestamptz not null,
    -- The row as it was.
    said jsonb not null check (jsonb_typeof(said) = 'object'),
    withdrawn_by uuid not null references operator (id),
    withdrawn_at timestamptz not null,
    reason text not null check (reason ~ '\S' and length(reason) <= 500)
);
grant select on plan_withdrawal to ledgerline_app;

-- Outcomes: withdrawn; or, with nothing written, unknown (no version of that approval), not_an_operator,
-- no_reason, has_begun (it holds, or will within five minutes: requests may be so far ahead of the clock),
-- followed (a later version was made from it: that one is withdrawn first).
create function withdraw_plan(p_operator uuid, p_request uuid, p_reason text) returns text
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    v_operator operator;
    v_now timestamptz;
    v_version tier_version;
    v_policy credit_policy;
    v_from timestamptz;
begin
    lock table tier_version, credit_policy in share row exclusive mode;
    v_operator := price_operator(p_operator);
    v_now := clock_timestamp();
    select * into v_version from tier_version where approval_id = p_request;
    select * into v_policy from credit_policy where approval_id = p_request;
    v_from := coalesce(v_version.effective_from, v_policy.effective_from);
    if v_operator.id is null then
        return 'not_an_operator';
    elsif v_from is null then
        return 'unknown';
    elsif p_reason is null or p_reason !~ '\S' or length(p_reason) > 500 then
        return 'no_reason';
    elsif v_from <= v_now + interval '5 minutes' then
        return 'has_begun';
    elsif exists (select from tier_version where tier = v_version.tier and effective_from > v_from)
        or (v_version.tier is null and exists (select from credit_policy where effective_from > v_from)) then
        return 'followed';
    end if;
    insert into plan_withdrawal (approval_id, effective_from, said, withdrawn_by, withdrawn_at, reason)
    values (
        p_request, v_from, case when v_version.tier is null then to_jsonb(v_policy) else to_jsonb(v_version) end,
        v_operator.id, v_now, btrim(p_reason)
    );
    delete from tier_version where approval_id = p_request;
    delete from credit_policy where approval_id = p_request;
    return 'withdrawn';
end
$$;

-- As before; and what was withdrawn is not made again.
create or replace function refuse_unapproved_plan(p_request approval_request, p_now timestamptz) returns void
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
        or exists (select from tier_change where approval_id = p_request.id)
        or exists (select from plan_withdrawal where approval_id = p_request.id) then
        raise exception 'this change of a plan was made already' using errcode = 'insufficient_privilege';
    end if;
end
$$;

revoke execute on function withdraw_plan(uuid, uuid, text) from public;
grant execute on function withdraw_plan(uuid, uuid, text) to ledgerline_app;
