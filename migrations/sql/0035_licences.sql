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
    delete from unique_key where user_id = p_user and (kind in ('email', 'license_key') or speaks_of(value, p_user, v_customer.email));
    delete from user_preferences where user_id = p_user;
    delete from coupon_device where user_id = p_user;
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
    -- Nobody may use the licence any more; its money stays.
    perform note_license_status(user_id, id, 'expired', v_now, 'erased')
    from perpetual_license
    where user_id = p_user and status in ('active', 'suspended');
    update license_activation
    set
        status = case when status = 'active' then 'deactivated' else status end,
        deactivated_at = coalesce(deactivated_at, greatest(v_now, activated_at)),
        machine_fingerprint = null,
        device_name = null,
        os_type = null
    where user_id = p_user;
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

-- Perpetual licences (domain §11) ---------------------------------------------------------------------

-- Versions are compared as versions: an array of numbers is compared number by number.
create function version_of(p_version text) returns integer[]
language sql immutable strict as $$
    select cast(string_to_array(p_version, '.') as integer[])
$$;
create function is_version(p_version text) returns boolean
language sql immutable strict as $$
    select p_version ~ '^(0|[1-9][0-9]{0,4})(\.(0|[1-9][0-9]?)){2}$'
$$;

-- Of the key only a hash is kept, in unique_key('license_key', …), and its end to tell licences apart by.
create table perpetual_license (
    user_id uuid not null references users (id),
    id uuid not null,
    key_tail text not null check (length(key_tail) = 4),
    -- What was really paid: a trade-in goes by it.
    purchase_price_usd numeric(14, 2) not null check (purchase_price_usd >= 0 and purchase_price_usd < 1e9),
    purchased_version text not null check (is_version(purchased_version)),
    eligible_until_version text not null check (is_version(eligible_until_version)),
    max_activations smallint not null default 3 check (max_activations between 1 and 3),
    byok_enabled boolean not null default true,
    acquisition_coupon_code text,
    status text not null check (status in ('pending', 'active', 'suspended', 'revoked', 'expired')),
    invoice_id uuid not null,
    purchased_at timestamptz not null check (isfinite(purchased_at)),
    ended_at timestamptz,
    ended_cause text check (ended_cause in ('trade_in', 'erased', 'refunded', 'abuse', 'mistake')),
    approval_id uuid,
    primary key (user_id, id),
    unique (user_id, invoice_id),
    unique (user_id, approval_id),
    foreign key (user_id, invoice_id) references billing_invoice (user_id, id),
    check (version_of(eligible_until_version) >= version_of(purchased_version)),
    constraint perpetual_license_ended check (
        (status in ('revoked', 'expired')) = (ended_at is not null)
        and (ended_at is null) = (ended_cause is null)
    ),
    constraint perpetual_license_revoked_by_two check ((status = 'revoked') = (approval_id is not null))
);
create index perpetual_license_purchased on perpetual_license (purchased_at desc, user_id, id);

-- From when a licence is in which state; the default key of usage goes by it.
create table license_status_change (
    user_id uuid not null,
    license_id uuid not null,
    n smallint not null check (n >= 1),
    status text not null check (status in ('pending', 'active', 'suspended', 'revoked', 'expired')),
    effective_at timestamptz not null check (isfinite(effective_at)),
    primary key (user_id, license_id, n),
    foreign key (user_id, license_id) references perpetual_license (user_id, id)
);

-- A device in one of the seats: whatever happens at once, a seat is taken once.
create table license_activation (
    user_id uuid not null,
    id uuid not null,
    license_id uuid not null,
    seat smallint not null check (seat between 1 and 3),
    -- Of the person's machine; all three go when the person is erased.
    machine_fingerprint text check (machine_fingerprint ~ '^[0-9a-f]{64}$'),
    device_name text check (length(device_name) <= 100),
    os_type text check (length(os_type) <= 50),
    status text not null default 'active' check (status in ('active', 'deactivated', 'replaced')),
    activated_at timestamptz not null check (isfinite(activated_at)),
    deactivated_at timestamptz,
    replaced_by uuid,
    primary key (user_id, id),
    foreign key (user_id, license_id) references perpetual_license (user_id, id),
    foreign key (user_id, replaced_by) references license_activation (user_id, id) deferrable initially deferred,
    constraint license_activation_ended check (
        (status = 'active') = (deactivated_at is null) and (status = 'replaced') = (replaced_by is not null)
        and deactivated_at >= activated_at
    ),
    constraint license_activation_known check (status <> 'active' or machine_fingerprint is not null)
);
create unique index license_activation_seat on license_activation (user_id, license_id, seat) where status = 'active';
create unique index license_activation_device
    on license_activation (user_id, license_id, machine_fingerprint) where status = 'active';

create table version_upgrade (
    user_id uuid not null,
    id uuid not null,
    license_id uuid not null,
    from_version text not null check (is_version(from_version)),
    to_version text not null check (is_version(to_version)),
    list_price_usd numeric(14, 2) not null check (list_price_usd >= 0 and list_price_usd < 1e9),
    upgrade_price_usd numeric(14, 2) not null check (upgrade_price_usd >= 0 and upgrade_price_usd <= list_price_usd),
    discount text check (discount in ('early', 'loyal')),
    invoice_id uuid not null,
    purchased_at timestamptz not null check (isfinite(purchased_at)),
    primary key (user_id, id),
    unique (user_id, license_id, to_version),
    foreign key (user_id, license_id) references perpetual_license (user_id, id),
    foreign key (user_id, invoice_id) references billing_invoice (user_id, id),
    check (version_of(to_version) > version_of(from_version)),
    check ((discount is null) = (upgrade_price_usd = list_price_usd))
);

-- Who ever had a licence; for all others the default key is not looked for.
alter table users add column has_license boolean not null default false;

-- The key a request is taken to have used when nobody said: the customer's own while a licence says so.
create function default_key_mode(p_user uuid, p_at timestamptz) returns text
language sql stable as $$
    select case when exists (
        select
        from perpetual_license as license
        cross join lateral (
            select status
            from license_status_change as change
            where change.user_id = license.user_id
                and change.license_id = license.id
                and change.effective_at <= p_at
            order by change.n desc
            limit 1
        ) as held
        where license.user_id = p_user and license.byok_enabled and held.status = 'active'
    ) then 'own' else 'system' end
$$;

-- The one place a licence changes its state in; an end takes its devices along.
create function note_license_status(
    p_user uuid, p_license uuid, p_status text, p_at timestamptz, p_cause text default null, p_approval uuid default null
) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    if p_status = 'revoked' and not exists (
        select from approval_request
        where id = p_approval
            and kind = 'revoke_license'
            and state = 'approved'
            and payload ->> 'user_id' = p_user::text
            and payload ->> 'license_id' = p_license::text
            and decided_person_id is distinct from requested_person_id
    ) then
        raise exception 'a licence is revoked by two people' using errcode = 'insufficient_privilege';
    end if;
    update perpetual_license
    set
        status = p_status,
        ended_at = case when p_status in ('revoked', 'expired') then p_at end,
        ended_cause = case when p_status in ('revoked', 'expired') then p_cause end,
        approval_id = p_approval
    where user_id = p_user and id = p_license and status not in ('revoked', 'expired');
    if not found then
        raise exception 'this licence has ended' using errcode = 'check_violation';
    end if;
    insert into license_status_change (user_id, license_id, n, status, effective_at)
    select p_user, p_license, coalesce(max(n), 0) + 1, p_status, greatest(p_at, max(effective_at))
    from license_status_change
    where user_id = p_user and license_id = p_license;
    if p_status in ('revoked', 'expired') then
        update license_activation
        set status = 'deactivated', deactivated_at = greatest(p_at, activated_at)
        where user_id = p_user and license_id = p_license and status = 'active';
    end if;
end
$$;

-- An upgrade moves how far a licence reaches; nothing else does.
create function extend_license(p_user uuid, p_license uuid, p_version text) returns void
language sql security definer set search_path = public, pg_temp as $$
    update perpetual_license
    set eligible_until_version = p_version
    where user_id = p_user
        and id = p_license
        and version_of(eligible_until_version) < version_of(p_version)
        and exists (
            select from version_upgrade
            where version_upgrade.user_id = p_user
                and version_upgrade.license_id = p_license
                and version_of(to_version) <= version_of(p_version)
        )
$$;

-- Charging asks for the default key in the look at the customer that it takes anyway.
do $$
declare
    v_body text := pg_get_functiondef('charge_one(jsonb, boolean)'::regprocedure);
    v_was text := $was$    if p_event ? 'customer' then
        select status into v_status from users where id = event.user_id;
        if v_status = 'deleted' then
            receipt.outcome := 'erased_customer';
            return receipt;
        end if;
    end if;
$was$;
begin
    if strpos(v_body, v_was) = 0 then
        raise exception 'charge_one is not what this step builds on';
    end if;
    execute replace(v_body, v_was, $now$    if p_event ? 'customer' or event.key_mode is null then
        select
            status,
            case
                when event.key_mode is not null then event.key_mode
                when has_license then default_key_mode(id, event.request_started_at)
                else 'system'
            end
        into v_status, event.key_mode
        from users
        where id = event.user_id;
        if v_status = 'deleted' then
            receipt.outcome := 'erased_customer';
            return receipt;
        end if;
    end if;
$now$);
end
$$;

grant select on perpetual_license, license_status_change, license_activation, version_upgrade to ledgerline_app;
grant insert on license_status_change, license_activation, version_upgrade to ledgerline_app;
grant insert (
    user_id, id, key_tail, purchase_price_usd, purchased_version, eligible_until_version, max_activations, byok_enabled,
    acquisition_coupon_code, status, invoice_id, purchased_at
) on perpetual_license to ledgerline_app;
grant update (status, deactivated_at, replaced_by) on license_activation to ledgerline_app;
revoke execute on function
    note_license_status(uuid, uuid, text, timestamptz, text, uuid), extend_license(uuid, uuid, text)
from public;
grant execute on function
    note_license_status(uuid, uuid, text, timestamptz, text, uuid), extend_license(uuid, uuid, text),
    default_key_mode(uuid, timestamptz), version_of(text), is_version(text)
to ledgerline_app;

-- Experiments (document 004) ---------------------------------------------------------------------------

-- What an experiment was expected to use before it ran; what it used is read from the usage that names it.
create table experiment (
    user_id uuid not null references users (id),
    id uuid not null,
    api_key_mode text not null check (api_key_mode in ('own', 'system')),
    provider_id uuid not null references providers (id),
    model_id text not null,
    -- Each request with these tokens.
    requests integer not null check (requests between 1 and 1000000),
    input_tokens bigint not null check (input_tokens between 0 and 1000000000),
    cached_input_tokens bigint not null check (cached_input_tokens between 0 and 1000000000),
    cache_write_tokens bigint not null check (cache_write_tokens between 0 and 1000000000),
    output_tokens bigint not null check (output_tokens between 0 and 1000000000),
    estimated_credits numeric(18, 6) not null check (estimated_credits >= 0 and estimated_credits < 1e12),
    estimated_at timestamptz not null check (isfinite(estimated_at)),
    primary key (user_id, id)
);
create index experiment_estimated on experiment (user_id, estimated_at desc, id);
create index token_usage_ledger_experiment on token_usage_ledger (user_id, experiment_id) where experiment_id is not null;
grant select, insert on experiment to ledgerline_app;

-- What one request would be due at an instant, by the rating that charges; null when its model has no price.
create function experiment_credits(p_user uuid, p_event jsonb, p_key_mode text, p_now timestamptz) returns numeric
language sql stable as $$
    select case when rated.cost_status <> 'unpriced' then rated.credits_due end
    from rate_usage(array(
        select event
        from jsonb_populate_record(
            null::charge_event,
            p_event || jsonb_build_object(
                'user_id', p_user, 'request_id', gen_random_uuid(), 'status', 'success', 'key_mode', p_key_mode,
                'request_started_at', p_now
            )
        ) as event
    )) as rated
$$;
grant execute on function experiment_credits(uuid, jsonb, text, timestamptz) to ledgerline_app;
