-- Erasing a person (domain §14): what is personal goes, the customer stays as an anonymous tombstone, money stays.

-- Another kind of request, whichever there are by now.
do $$
declare
    v_kinds text;
begin
    select pg_get_constraintdef(oid) into v_kinds
    from pg_constraint
    where conname = 'approval_request_kind_check' and conrelid = 'approval_request'::regclass;
    alter table approval_request drop constraint approval_request_kind_check;
    execute 'alter table approval_request add constraint approval_request_kind_check '
        || replace(v_kinds, 'ARRAY[', 'ARRAY[''erase_customer''::text, ''revoke_license''::text, ');
end
$$;

-- What went: rows deleted, and rows out of which something was taken.
create type erasure as (
    outcome text, notes bigint, usage_details bigint, rejects bigint, answers bigint, deliveries bigint, reasons bigint
);

-- Whether a text speaks of a person: by their id, or by their e-mail in whatever case.
create function speaks_of(p_text text, p_user uuid, p_email text) returns boolean
language sql immutable as $$
    select coalesce(
        strpos(p_text, p_user::text) > 0 or (p_email <> '' and strpos(lower(p_text), lower(p_email)) > 0), false
    )
$$;

-- Carries out what an approved request says: the only way a customer is erased. It changes no amount.
-- Outcomes: erased; or, with nothing written, erased_already. Raises where nobody else agreed.
create function erase_customer(p_user uuid, p_request uuid) returns erasure
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    v_request approval_request;
    v_customer users;
    v_now timestamptz;
    v_erasure erasure;
begin
    select * into v_request from approval_request where id = p_request for update;
    if v_request.id is null or v_request.kind <> 'erase_customer' or v_request.payload ->> 'user_id' <> p_user::text then
        raise exception 'there is no such request to erase a customer' using errcode = 'insufficient_privilege';
    end if;
    if v_request.state <> 'approved' or v_request.expires_at <= clock_timestamp()
        or v_request.decided_person_id is not distinct from v_request.requested_person_id then
        raise exception 'an erasure is approved in time, by another person' using errcode = 'insufficient_privilege';
    end if;
    if not exists (
        select from operator where id = v_request.decided_by and status = 'active' and role in ('admin', 'owner')
    ) then
        raise exception 'only an admin or an owner approves an erasure' using errcode = 'insufficient_privilege';
    end if;
    -- Whoever charges waits here, and finds the tombstone.
    perform lock_balances(array[p_user]);
    select * into v_customer from users where id = p_user for update;
    if v_customer.id is null or v_customer.status = 'deleted' then
        v_erasure.outcome := 'erased_already';
        return v_erasure;
    end if;
    v_now := clock_timestamp();
    update users set email = '', name = '', status = 'deleted', deleted_at = v_now, updated_at = v_now where id = p_user;
    delete from unique_key where user_id = p_user and (kind = 'email' or speaks_of(value, p_user, v_customer.email));
    delete from user_preferences where user_id = p_user;
    update subscription_monetization
    set
        status = case when ended_at is null then 'cancelled' else status end,
        cancelled_at = coalesce(cancelled_at, v_now),
        ended_at = coalesce(ended_at, greatest(v_now, started_at)),
        cancellation_reason = null,
        stripe_customer_id = null,
        stripe_subscription_id = null,
        updated_at = v_now
    where user_id = p_user;
    update credit_hold set released_at = v_now
    where user_id = p_user and settled_at is null and released_at is null and expires_at > v_now;
    v_erasure := forget_words_of(p_user, v_customer.email);
    v_erasure.outcome := 'erased';
    return v_erasure;
end
$$;

-- Free text, and what programs said and were answered. Amounts, ids, times and hashes stay as they are.
create function forget_words_of(p_user uuid, p_email text) returns erasure
language plpgsql set search_path = public, pg_temp as $$
declare
    v_gone erasure;
begin
    delete from personal_note where user_id = p_user;
    get diagnostics v_gone.notes = row_count;
    -- What a caller said beside a request, and how they called it. The body's hash still tells a repetition.
    update token_usage_ledger set metadata = null, external_id = null
    where user_id = p_user and (metadata is not null or external_id is not null);
    get diagnostics v_gone.usage_details = row_count;
    delete from usage_reject where speaks_of(raw::text, p_user, p_email) or speaks_of(reason, p_user, p_email);
    get diagnostics v_gone.rejects = row_count;
    -- Whoever sends it again is answered that the customer was erased.
    delete from idempotency_key where speaks_of(body, p_user, p_email) or speaks_of(key, p_user, p_email);
    get diagnostics v_gone.answers = row_count;
    delete from webhook_attempt
    where delivery_id in (select id from webhook_delivery where speaks_of(body::text, p_user, p_email));
    delete from webhook_delivery where speaks_of(body::text, p_user, p_email);
    get diagnostics v_gone.deliveries = row_count;
    delete from job_failure where speaks_of(reason, p_user, p_email);
    update incident_batch set note = null where speaks_of(note, p_user, p_email);
    update approval_request set decision_reason = null
    where decision_reason is not null and payload ->> 'user_id' = p_user::text;
    get diagnostics v_gone.reasons = row_count;
    return v_gone;
end
$$;

revoke execute on function erase_customer(uuid, uuid), forget_words_of(uuid, text) from public;
grant execute on function erase_customer(uuid, uuid), speaks_of(text, uuid, text) to ledgerline_app;
