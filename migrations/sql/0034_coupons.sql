-- Coupons and campaigns: what is promised, how often it may be taken, who took it, and who only tried.

-- Another two kinds of request, whichever there are by now.
do $$
declare
    v_kinds text;
begin
    select pg_get_constraintdef(oid) into v_kinds
    from pg_constraint
    where conname = 'approval_request_kind_check' and conrelid = 'approval_request'::regclass;
    alter table approval_request drop constraint approval_request_kind_check;
    execute 'alter table approval_request add constraint approval_request_kind_check '
        || replace(v_kinds, 'ARRAY[', 'ARRAY[''coupon_terms''::text, ''campaign_terms''::text, ');
end
$$;

create table coupon_campaign (
    id uuid primary key,
    version integer not null check (version >= 1),
    campaign_name text not null check (length(campaign_name) between 1 and 255),
    campaign_type text not null check (campaign_type in ('seasonal', 'win_back', 'referral', 'promotional', 'early_bird')),
    start_date timestamptz not null check (isfinite(start_date)),
    end_date timestamptz not null check (isfinite(end_date)),
    -- The upper bound keeps NaN out.
    budget_limit_usd numeric(14, 2) not null check (budget_limit_usd > 0 and budget_limit_usd < 1e9),
    total_spent_usd numeric(30, 18) not null default 0,
    target_tier text references tier (name),
    is_active boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    deleted_at timestamptz,
    check (end_date > start_date),
    check (deleted_at is null or not is_active),
    constraint coupon_campaign_within_budget check (total_spent_usd >= 0 and total_spent_usd <= budget_limit_usd)
);

create table coupon (
    id uuid primary key,
    -- Upper case; never given twice, not even after the coupon is deleted.
    code text not null constraint coupon_code_once unique check (code = upper(code) and length(code) between 3 and 50),
    version integer not null check (version >= 1),
    coupon_type text not null check (coupon_type in (
        'percentage', 'fixed_amount', 'tier_specific', 'duration_bonus', 'perpetual_migration'
    )),
    discount_type text not null check (discount_type in ('percentage', 'fixed_amount', 'credits', 'months_free')),
    -- Percent, USD, credits or months.
    discount_value numeric(18, 6) not null check (discount_value > 0 and discount_value < 1e10),
    currency text not null default 'usd' check (currency = 'usd'),
    max_uses_per_user integer not null check (max_uses_per_user >= 1),
    min_purchase_amount numeric(14, 2) check (min_purchase_amount > 0 and min_purchase_amount < 1e9),
    tier_eligibility text[] not null check (cardinality(tier_eligibility) >= 1),
    billing_cycles text[] not null check (
        cardinality(billing_cycles) >= 1 and billing_cycles <@ array['monthly', 'annual', 'lifetime']
    ),
    valid_from timestamptz not null check (isfinite(valid_from)),
    valid_until timestamptz check (isfinite(valid_until)),
    credits_live_days integer not null check (credits_live_days between 1 and 3650),
    campaign_id uuid references coupon_campaign (id),
    description text check (length(description) between 1 and 500),
    is_active boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    deleted_at timestamptz,
    check (valid_until is null or valid_until > valid_from),
    check (discount_type <> 'percentage' or discount_value <= 100),
    check (discount_type <> 'months_free' or discount_value = trunc(discount_value)),
    check (deleted_at is null or not is_active)
);
create index coupon_campaign_of on coupon (campaign_id, code) where campaign_id is not null;
create index coupon_newest on coupon (created_at desc, id);
create index coupon_validity on coupon (valid_from, valid_until) where is_active;

-- What one coupon asks for besides: one row a rule.
create table coupon_validation_rule (
    coupon_id uuid not null references coupon (id),
    rule_type text not null check (rule_type in (
        'first_time_user_only', 'specific_email_domain', 'minimum_credit_balance', 'exclude_refunded_users',
        'require_payment_method'
    )),
    rule_value jsonb not null,
    primary key (coupon_id, rule_type)
);

-- Every version of terms there ever was, as another person approved it; or how it was stopped.
create table coupon_version (
    coupon_id uuid not null references coupon (id),
    version integer not null check (version >= 1),
    terms jsonb not null,
    approval_id uuid not null references approval_request (id),
    created_at timestamptz not null,
    primary key (coupon_id, version)
);
create index coupon_version_approval on coupon_version (approval_id);
create table coupon_campaign_version (
    campaign_id uuid not null references coupon_campaign (id),
    version integer not null check (version >= 1),
    terms jsonb not null,
    approval_id uuid not null unique references approval_request (id),
    created_at timestamptz not null,
    primary key (campaign_id, version)
);

-- The counter every redemption of a coupon waits for. A use given back is free again; its number is not.
create table coupon_usage_limit (
    coupon_id uuid primary key references coupon (id),
    max_uses integer check (max_uses >= 1),
    total_uses integer not null default 0,
    last_number integer not null default 0 check (last_number >= total_uses),
    total_discount_applied_usd numeric(30, 18) not null default 0
        check (total_discount_applied_usd >= 0 and total_discount_applied_usd < 1e12),
    last_used_at timestamptz,
    constraint coupon_usage_limit_within_uses check (total_uses >= 0 and (max_uses is null or total_uses <= max_uses))
);

-- How often one customer took it, and how often they might when they last did.
create table coupon_customer_use (
    user_id uuid not null references users (id),
    coupon_id uuid not null,
    uses integer not null,
    max_uses integer not null,
    primary key (user_id, coupon_id),
    constraint coupon_customer_use_within_uses check (uses >= 0 and uses <= max_uses)
);

-- A redemption, or with reverses_id what takes one back. Never changed. The grant of a coupon of
-- credits bears the redemption's id.
create table coupon_redemption (
    user_id uuid not null references users (id),
    id uuid not null,
    coupon_id uuid not null,
    coupon_version integer not null,
    campaign_id uuid,
    -- The n-th use of its coupon, ever.
    number integer not null check (number >= 1),
    redemption_status text not null check (redemption_status in ('success', 'reversed')),
    reverses_id uuid,
    subscription_id uuid,
    discount_type text not null check (discount_type in ('percentage', 'fixed_amount', 'credits', 'months_free')),
    credits numeric(18, 6) not null default 0 check (credits > -1e12 and credits < 1e12),
    months_free integer not null default 0 check (months_free between -24 and 24),
    original_amount_usd numeric(14, 2) check (original_amount_usd >= 0 and original_amount_usd < 1e9),
    discount_applied_usd numeric(14, 2) not null check (discount_applied_usd > -1e9 and discount_applied_usd < 1e9),
    final_amount_usd numeric(14, 2) check (final_amount_usd >= 0 and final_amount_usd < 1e9),
    -- What it gives away: the discount, the credits at their unit value, the months at a month's price.
    worth_usd numeric(30, 18) not null check (worth_usd > -1e9 and worth_usd < 1e9),
    -- Where the discount went: onto an invoice, or to the customer's account for the next one.
    applied_to text check (applied_to in ('invoice', 'account_credit')),
    user_tier text not null,
    billing_cycle text,
    grant_id uuid generated always as (case when redemption_status = 'success' and credits > 0 then id end) stored,
    clawback_seq bigint,
    cause text check (cause in ('mistake', 'abuse', 'refund', 'cancelled', 'other')),
    operator_id uuid,
    api_key_id uuid,
    redemption_date timestamptz not null,
    primary key (user_id, id),
    -- Taken back once.
    constraint coupon_redemption_reversed_once unique (user_id, reverses_id),
    foreign key (user_id, reverses_id) references coupon_redemption (user_id, id),
    foreign key (user_id, grant_id) references user_credit_source (user_id, id),
    foreign key (user_id, subscription_id) references subscription_monetization (user_id, id),
    foreign key (user_id, clawback_seq) references credit_deduction_ledger (user_id, seq),
    check ((redemption_status = 'reversed') = (reverses_id is not null)),
    check ((redemption_status = 'reversed') = (cause is not null)),
    check (original_amount_usd is null or redemption_status = 'reversed'
        or final_amount_usd = original_amount_usd - discount_applied_usd),
    check (case redemption_status
        when 'success' then credits >= 0 and months_free >= 0 and discount_applied_usd >= 0 and worth_usd >= 0
        else credits <= 0 and months_free <= 0 and discount_applied_usd <= 0 and worth_usd <= 0
    end),
    check ((applied_to is not null) = (discount_type in ('percentage', 'fixed_amount'))),
    check ((clawback_seq is not null) = (redemption_status = 'reversed' and credits < 0))
);
create index coupon_redemption_coupon on coupon_redemption (coupon_id, redemption_date desc);
create index coupon_redemption_newest on coupon_redemption (redemption_date desc, user_id, id);
create index idx_coupon_redemption_user_status_date on coupon_redemption (user_id, redemption_status, redemption_date);

-- Every attempt, whatever came of it. A code nobody knows is not kept: it may be anything.
create table coupon_attempt (
    user_id uuid not null references users (id),
    id uuid not null,
    coupon_id uuid,
    attempted_at timestamptz not null,
    -- redeemed, or the code of the first check that failed.
    outcome text not null,
    flagged boolean not null default false,
    redemption_id uuid,
    primary key (user_id, id),
    foreign key (user_id, redemption_id) references coupon_redemption (user_id, id),
    check ((outcome = 'redeemed') = (redemption_id is not null)),
    check ((coupon_id is null) <= (outcome = 'COUPON_NOT_FOUND'))
);
create index coupon_attempt_lately on coupon_attempt (user_id, attempted_at desc);
create index coupon_attempt_coupon on coupon_attempt (coupon_id, attempted_at desc) where coupon_id is not null;

-- What was seen of the device of an attempt: erased with the person, so nothing refers to it.
create table coupon_device (
    user_id uuid not null references users (id),
    attempt_id uuid not null,
    fingerprint bytea not null check (length(fingerprint) = 32),
    seen_at timestamptz not null,
    primary key (user_id, attempt_id)
);
create index coupon_device_fingerprint on coupon_device (fingerprint, user_id);

-- A sign of abuse; a critical one refuses until somebody has looked at it.
create table coupon_fraud_detection (
    user_id uuid not null references users (id),
    id uuid not null default gen_random_uuid(),
    coupon_id uuid,
    detection_type text not null check (detection_type in (
        'velocity_abuse', 'ip_switching', 'bot_pattern', 'device_fingerprint_mismatch', 'stacking_abuse'
    )),
    severity text not null check (severity in ('low', 'medium', 'high', 'critical')),
    detected_at timestamptz not null,
    reviewed_by uuid references operator (id),
    reviewed_at timestamptz,
    resolution text check (resolution in ('legitimate', 'false_positive', 'confirmed_fraud')),
    primary key (user_id, id),
    check ((reviewed_at is null) = (resolution is null)),
    check ((reviewed_at is null) = (reviewed_by is null))
);
create index coupon_fraud_detection_waiting on coupon_fraud_detection (user_id) where reviewed_at is null;
create index coupon_fraud_detection_coupon on coupon_fraud_detection (coupon_id, detected_at desc);

grant select on
    coupon, coupon_campaign, coupon_validation_rule, coupon_version, coupon_campaign_version, coupon_usage_limit,
    coupon_customer_use, coupon_redemption, coupon_attempt, coupon_device, coupon_fraud_detection
to ledgerline_app;
grant insert on coupon_attempt, coupon_device to ledgerline_app;
grant delete on coupon_device to ledgerline_app;
grant insert (user_id, id, coupon_id, detection_type, severity, detected_at) on coupon_fraud_detection to ledgerline_app;
grant update (reviewed_by, reviewed_at, resolution) on coupon_fraud_detection to ledgerline_app;

-- Takes the lock of a coupon, for which all its redemptions wait.
create function lock_coupon(p_coupon uuid) returns void
language sql security definer set search_path = public, pg_temp as $$
    select from coupon_usage_limit where coupon_id = p_coupon for no key update
$$;

-- Writes a redemption and counts it, at once or not at all: the only way a coupon is taken. What it
-- gives (a grant, a longer period, a line of an invoice) is the caller's, in the same transaction.
-- The limits are those of the tables; time and state are looked at again here.
create function take_coupon(
    p_user uuid,
    p_id uuid,
    p_coupon uuid,
    p_subscription uuid,
    p_credits numeric,
    p_months integer,
    p_original_usd numeric,
    p_discount_usd numeric,
    p_worth_usd numeric,
    p_applied_to text,
    p_tier text,
    p_cycle text,
    p_operator uuid,
    p_api_key uuid,
    p_at timestamptz
) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    v_coupon coupon;
    v_campaign coupon_campaign;
    v_number integer;
begin
    update coupon_usage_limit
    set
        total_uses = total_uses + 1,
        last_number = last_number + 1,
        total_discount_applied_usd = total_discount_applied_usd + p_worth_usd,
        last_used_at = greatest(last_used_at, p_at)
    where coupon_id = p_coupon
    returning last_number into v_number;
    select * into v_coupon from coupon where id = p_coupon;
    if v_number is null or not v_coupon.is_active or p_at < v_coupon.valid_from or p_at >= v_coupon.valid_until then
        raise exception 'this coupon cannot be redeemed now' using errcode = 'check_violation';
    end if;
    if v_coupon.campaign_id is not null then
        update coupon_campaign set total_spent_usd = total_spent_usd + p_worth_usd
        where id = v_coupon.campaign_id
        returning * into v_campaign;
        if not v_campaign.is_active or p_at < v_campaign.start_date or p_at >= v_campaign.end_date then
            raise exception 'the campaign of this coupon does not run now' using errcode = 'check_violation';
        end if;
    end if;
    if p_credits <> (case v_coupon.discount_type when 'credits' then v_coupon.discount_value else 0 end)
        or p_months <> (case v_coupon.discount_type when 'months_free' then v_coupon.discount_value else 0 end)
        or p_discount_usd > coalesce(p_original_usd, 0) then
        raise exception 'this is not what the coupon gives' using errcode = 'check_violation';
    end if;
    -- No two customers share a use, even where this table lies apart from theirs.
    insert into unique_key (kind, value, user_id) values ('coupon_use', p_coupon || ' ' || v_number, p_user);
    insert into coupon_customer_use as held (user_id, coupon_id, uses, max_uses)
    values (p_user, p_coupon, 1, v_coupon.max_uses_per_user)
    on conflict (user_id, coupon_id) do update set uses = held.uses + 1, max_uses = excluded.max_uses;
    insert into coupon_redemption (
        user_id, id, coupon_id, coupon_version, campaign_id, number, redemption_status, subscription_id, discount_type,
        credits, months_free, original_amount_usd, discount_applied_usd, final_amount_usd, worth_usd, applied_to,
        user_tier, billing_cycle, operator_id, api_key_id, redemption_date
    ) values (
        p_user, p_id, p_coupon, v_coupon.version, v_coupon.campaign_id, v_number, 'success', p_subscription,
        v_coupon.discount_type, p_credits, p_months, p_original_usd, p_discount_usd, p_original_usd - p_discount_usd,
        p_worth_usd, p_applied_to, p_tier, p_cycle, p_operator, p_api_key, p_at
    );
    return v_number;
end
$$;

-- Writes what takes a redemption back and frees its use; budget comes back as far as something did.
create function give_back_coupon(
    p_user uuid,
    p_redemption uuid,
    p_id uuid,
    p_cause text,
    p_credits numeric,
    p_clawback_seq bigint,
    p_months integer,
    p_discount_usd numeric,
    p_worth_usd numeric,
    p_operator uuid,
    p_at timestamptz
) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    v_taken coupon_redemption;
begin
    select * into v_taken
    from coupon_redemption
    where user_id = p_user and id = p_redemption and redemption_status = 'success';
    if v_taken.id is null or p_credits > v_taken.credits or p_months > v_taken.months_free
        or p_discount_usd > v_taken.discount_applied_usd or p_worth_usd > v_taken.worth_usd then
        raise exception 'more cannot be taken back than was given' using errcode = 'check_violation';
    end if;
    update coupon_usage_limit
    set total_uses = total_uses - 1, total_discount_applied_usd = total_discount_applied_usd - p_worth_usd
    where coupon_id = v_taken.coupon_id;
    update coupon_campaign set total_spent_usd = total_spent_usd - p_worth_usd where id = v_taken.campaign_id;
    update coupon_customer_use set uses = uses - 1 where user_id = p_user and coupon_id = v_taken.coupon_id;
    insert into coupon_redemption (
        user_id, id, coupon_id, coupon_version, campaign_id, number, redemption_status, reverses_id, subscription_id,
        discount_type, credits, months_free, discount_applied_usd, worth_usd, applied_to, user_tier, billing_cycle,
        clawback_seq, cause, operator_id, redemption_date
    ) values (
        p_user, p_id, v_taken.coupon_id, v_taken.coupon_version, v_taken.campaign_id, v_taken.number, 'reversed',
        p_redemption, v_taken.subscription_id, v_taken.discount_type, -p_credits, -p_months, -p_discount_usd,
        -p_worth_usd, v_taken.applied_to, v_taken.user_tier, v_taken.billing_cycle, p_clawback_seq, p_cause, p_operator, p_at
    );
end
$$;

-- Raises unless another person, an admin or an owner, approved these terms in time and they wait to be applied.
create function refuse_unapproved_coupon(p_request approval_request, p_now timestamptz) returns void
language plpgsql stable set search_path = public, pg_temp as $$
begin
    if p_request.id is null or p_request.kind not in ('coupon_terms', 'campaign_terms') then
        raise exception 'there is no such request about coupons' using errcode = 'insufficient_privilege';
    end if;
    if p_request.state <> 'approved' or p_request.expires_at <= p_now then
        raise exception 'these terms were not approved in time' using errcode = 'insufficient_privilege';
    end if;
    if p_request.requested_person_id is null or p_request.decided_person_id is null
        or p_request.requested_person_id = p_request.decided_person_id then
        raise exception 'terms of coupons are approved by another person' using errcode = 'insufficient_privilege';
    end if;
    if (
        select count(*)
        from operator
        where (id = p_request.requested_by or (id = p_request.decided_by and status = 'active'))
            and role in ('admin', 'owner')
    ) <> 2 then
        raise exception 'only an admin or an owner proposes or approves terms of coupons'
            using errcode = 'insufficient_privilege';
    end if;
    if exists (select from coupon_version where approval_id = p_request.id)
        or exists (select from coupon_campaign_version where approval_id = p_request.id) then
        raise exception 'these terms were applied already' using errcode = 'insufficient_privilege';
    end if;
end
$$;

-- Outcomes: applied; or, with nothing written, changed, code_taken, below_used, no_campaign, past.
create type coupon_change as (outcome text, coupons integer, object_id uuid);

-- Carries out what an approved request says: the only way terms of coupons and campaigns come and change.
create function apply_coupon_terms(p_request uuid) returns coupon_change
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    v_request approval_request;
    v_now timestamptz;
begin
    select * into v_request from approval_request where id = p_request for update;
    v_now := clock_timestamp();
    perform refuse_unapproved_coupon(v_request, v_now);
    if v_request.kind = 'campaign_terms' then
        return apply_campaign(v_request, v_now);
    end if;
    if (v_request.payload #>> '{terms,valid_until}')::timestamptz <= v_now then
        return ('past', 0, null)::coupon_change;
    end if;
    if v_request.payload #>> '{terms,campaign_id}' is not null and not exists (
        select
        from coupon_campaign
        where id = (v_request.payload #>> '{terms,campaign_id}')::uuid and deleted_at is null
    ) then
        return ('no_campaign', 0, null)::coupon_change;
    end if;
    return apply_coupons(v_request, v_now);
end
$$;

-- New coupons, one for each code, or a new version of one.
create function apply_coupons(p_request approval_request, p_now timestamptz) returns coupon_change
language plpgsql set search_path = public, pg_temp as $$
declare
    v_terms jsonb := p_request.payload -> 'terms';
    v_id uuid := (p_request.payload ->> 'coupon_id')::uuid;
    v_version integer := coalesce((p_request.payload ->> 'based_on')::integer, 0) + 1;
    v_ids uuid[];
    v_made coupon;
begin
    v_made := jsonb_populate_record(null::coupon, v_terms);
    if v_id is not null then
        perform lock_coupon(v_id);
        if not exists (select from coupon where id = v_id and version = v_version - 1 and deleted_at is null) then
            return ('changed', 0, null)::coupon_change;
        end if;
        if exists (
            select from coupon_usage_limit where coupon_id = v_id and total_uses > (v_terms ->> 'max_uses')::integer
        ) then
            return ('below_used', 0, null)::coupon_change;
        end if;
        update coupon
        set
            version = v_version,
            coupon_type = v_made.coupon_type,
            discount_type = v_made.discount_type,
            discount_value = v_made.discount_value,
            max_uses_per_user = v_made.max_uses_per_user,
            min_purchase_amount = v_made.min_purchase_amount,
            tier_eligibility = v_made.tier_eligibility,
            billing_cycles = v_made.billing_cycles,
            valid_from = v_made.valid_from,
            valid_until = v_made.valid_until,
            credits_live_days = v_made.credits_live_days,
            campaign_id = v_made.campaign_id,
            description = v_made.description,
            is_active = v_made.is_active,
            updated_at = p_now
        where id = v_id;
        update coupon_usage_limit set max_uses = (v_terms ->> 'max_uses')::integer where coupon_id = v_id;
        delete from coupon_validation_rule where coupon_id = v_id;
        v_ids := array[v_id];
    else
        if exists (
            select from coupon where code in (select jsonb_array_elements_text(p_request.payload -> 'codes'))
        ) then
            return ('code_taken', 0, null)::coupon_change;
        end if;
        with made as (
            insert into coupon (
                id, code, version, coupon_type, discount_type, discount_value, max_uses_per_user, min_purchase_amount,
                tier_eligibility, billing_cycles, valid_from, valid_until, credits_live_days, campaign_id, description,
                is_active, created_at, updated_at
            )
            select
                gen_random_uuid(), code, 1, v_made.coupon_type, v_made.discount_type, v_made.discount_value,
                v_made.max_uses_per_user, v_made.min_purchase_amount, v_made.tier_eligibility, v_made.billing_cycles,
                v_made.valid_from, v_made.valid_until, v_made.credits_live_days, v_made.campaign_id,
                v_made.description, v_made.is_active, p_now, p_now
            from jsonb_array_elements_text(p_request.payload -> 'codes') as code
            returning id
        )
        select array_agg(id) into v_ids from made;
        insert into coupon_usage_limit (coupon_id, max_uses)
        select id, (v_terms ->> 'max_uses')::integer from unnest(v_ids) as id;
    end if;
    insert into coupon_validation_rule (coupon_id, rule_type, rule_value)
    select id, rule.key, rule.value from unnest(v_ids) as id, jsonb_each(v_terms -> 'rules') as rule;
    insert into coupon_version (coupon_id, version, terms, approval_id, created_at)
    select id, v_version, v_terms, p_request.id, p_now from unnest(v_ids) as id;
    return ('applied', cardinality(v_ids), v_ids[1])::coupon_change;
end
$$;

-- A new campaign, or a new version of one.
create function apply_campaign(p_request approval_request, p_now timestamptz) returns coupon_change
language plpgsql set search_path = public, pg_temp as $$
declare
    v_terms jsonb := p_request.payload -> 'terms';
    v_id uuid := (p_request.payload ->> 'campaign_id')::uuid;
    v_version integer := coalesce((p_request.payload ->> 'based_on')::integer, 0) + 1;
    v_made coupon_campaign;
    v_held coupon_campaign;
begin
    v_made := jsonb_populate_record(null::coupon_campaign, v_terms);
    if v_made.end_date <= p_now then
        return ('past', 0, null)::coupon_change;
    end if;
    if v_id is null then
        v_id := gen_random_uuid();
        insert into coupon_campaign (
            id, version, campaign_name, campaign_type, start_date, end_date, budget_limit_usd, target_tier, is_active,
            created_at, updated_at
        ) values (
            v_id, 1, v_made.campaign_name, v_made.campaign_type, v_made.start_date, v_made.end_date,
            v_made.budget_limit_usd, v_made.target_tier, v_made.is_active, p_now, p_now
        );
    else
        select * into v_held from coupon_campaign where id = v_id for no key update;
        if v_held.version is distinct from v_version - 1 or v_held.deleted_at is not null then
            return ('changed', 0, null)::coupon_change;
        end if;
        if v_held.total_spent_usd > v_made.budget_limit_usd then
            return ('below_used', 0, null)::coupon_change;
        end if;
        update coupon_campaign
        set
            version = v_version,
            campaign_name = v_made.campaign_name,
            campaign_type = v_made.campaign_type,
            start_date = v_made.start_date,
            end_date = v_made.end_date,
            budget_limit_usd = v_made.budget_limit_usd,
            target_tier = v_made.target_tier,
            is_active = v_made.is_active,
            updated_at = p_now
        where id = v_id;
    end if;
    insert into coupon_campaign_version (campaign_id, version, terms, approval_id, created_at)
    values (v_id, v_version, v_terms, p_request.id, p_now);
    return ('applied', 0, v_id)::coupon_change;
end
$$;

-- Stops a coupon or a campaign: at once, by one person, because it promises nothing. Starting it
-- again is a change of its terms. Deleting only hides it; what was redeemed stays.
create function stop_coupon(p_coupon uuid, p_campaign uuid, p_deletes boolean, p_at timestamptz) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    v_stopped boolean := false;
begin
    if p_coupon is not null then
        perform lock_coupon(p_coupon);
        update coupon
        set is_active = false, deleted_at = case when p_deletes then p_at end, updated_at = p_at
        where id = p_coupon and deleted_at is null and (is_active or p_deletes)
        returning true into v_stopped;
    else
        update coupon_campaign
        set is_active = false, deleted_at = case when p_deletes then p_at end, updated_at = p_at
        where id = p_campaign and deleted_at is null and (is_active or p_deletes)
        returning true into v_stopped;
    end if;
    return coalesce(v_stopped, false);
end
$$;

-- One row: a coupon by its code, its campaign, and the customer who would redeem it, all that the twelve
-- checks look at. Without such a coupon only what is the customer's own. A function, because planning
-- it anew takes ten times as long as running it.
create function coupon_seen(p_user uuid, p_code text, p_fingerprint bytea, p_now timestamptz)
returns table (
    coupon_id uuid,
    code text,
    terms jsonb,
    total_uses integer,
    uses_by_customer integer,
    campaign jsonb,
    tier text,
    billing_cycle text,
    subscription_id uuid,
    month_usd numeric,
    cycle_usd numeric,
    unit_usd numeric,
    email text,
    balance numeric,
    has_ever_paid boolean,
    last_refund_at timestamptz,
    has_payment_method boolean,
    critical_flags bigint,
    attempts_last_hour bigint,
    customers_on_device bigint
)
language plpgsql stable
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
    return query
    select
        coupon.id as coupon_id,
        coupon.code,
        case when coupon.id is not null then jsonb_build_object(
            'coupon_type', coupon.coupon_type,
            'discount_type', coupon.discount_type,
            'discount_value', cast(trim_scale(coupon.discount_value) as text),
            'max_uses', counter.max_uses,
            'max_uses_per_user', coupon.max_uses_per_user,
            'min_purchase_amount', cast(coupon.min_purchase_amount as text),
            'tier_eligibility', coupon.tier_eligibility,
            'billing_cycles', coupon.billing_cycles,
            'valid_from', coupon.valid_from,
            'valid_until', coupon.valid_until,
            'credits_live_days', coupon.credits_live_days,
            'campaign_id', coupon.campaign_id,
            'description', coupon.description,
            'is_active', coupon.is_active,
            'rules', coalesce(rule.rules, cast('{}' as jsonb))
        ) end as terms,
        counter.total_uses,
        coalesce(held.uses, 0) as uses_by_customer,
        case when campaign.id is not null then jsonb_build_object(
            'is_active', campaign.is_active,
            'start_date', campaign.start_date,
            'end_date', campaign.end_date,
            'budget_limit_usd', cast(campaign.budget_limit_usd as text),
            'total_spent_usd', cast(campaign.total_spent_usd as text),
            'target_tier', campaign.target_tier
        ) end as campaign,
        tier_at(users.id, p_now) as tier,
        plan.billing_cycle,
        plan.id as subscription_id,
        coalesce(plan.month_usd, 0) as month_usd,
        coalesce(plan.base_price_usd, 0) as cycle_usd,
        policy.unit_usd,
        users.email,
        coalesce(balance.amount, 0) as balance,
        exists (select from user_credit_source as source where source.user_id = users.id and source.paid_usd > 0) as has_ever_paid,
        (
            select max(entry.created_at)
            from credit_deduction_ledger as entry
            where entry.user_id = users.id
                and entry.reason = 'clawback'
                and not exists (
                    select from coupon_redemption as own where own.user_id = entry.user_id and own.clawback_seq = entry.seq
                )
        ) as last_refund_at,
        plan.stripe_customer_id is not null as has_payment_method,
        (
            select count(*)
            from coupon_fraud_detection as flag
            where flag.user_id = users.id and flag.severity = 'critical' and flag.reviewed_at is null
        ) as critical_flags,
        (
            select count(*)
            from coupon_attempt as attempt
            where attempt.user_id = users.id
                and attempt.attempted_at > p_now - interval '1 hour'
                and attempt.attempted_at <= p_now
        ) as attempts_last_hour,
        (
            select count(distinct device.user_id) + cast(p_fingerprint is not null as integer)
            from coupon_device as device
            where device.fingerprint = p_fingerprint and device.user_id <> users.id
        ) as customers_on_device
    from users
    left join coupon on coupon.code = p_code and coupon.deleted_at is null
    left join coupon_usage_limit as counter on counter.coupon_id = coupon.id
    left join coupon_campaign as campaign on campaign.id = coupon.campaign_id
    left join coupon_customer_use as held on held.user_id = users.id and held.coupon_id = coupon.id
    left join user_credit_balance as balance on balance.user_id = users.id
    left join lateral (
        select jsonb_object_agg(rule_type, rule_value) as rules
        from coupon_validation_rule
        where coupon_id = coupon.id
    ) as rule on true
    left join lateral (
        select
            subscription.id,
            subscription.billing_cycle,
            subscription.base_price_usd,
            subscription.stripe_customer_id,
            subscription.base_price_usd / case subscription.billing_cycle when 'annual' then 12 else 1 end as month_usd
        from subscription_monetization as subscription
        where subscription.user_id = users.id
            and subscription.started_at <= p_now
            and (subscription.ended_at is null or subscription.ended_at > p_now)
        order by subscription.started_at desc, subscription.id
        limit 1
    ) as plan on true
    left join lateral (
        select unit_usd from credit_policy where effective_from <= p_now order by effective_from desc limit 1
    ) as policy on true
    where users.id = p_user;
end
$$;

revoke execute on function
    lock_coupon(uuid),
    take_coupon(
        uuid, uuid, uuid, uuid, numeric, integer, numeric, numeric, numeric, text, text, text, uuid, uuid, timestamptz
    ),
    give_back_coupon(
        uuid, uuid, uuid, text, numeric, bigint, integer, numeric, numeric, uuid, timestamptz
    ),
    refuse_unapproved_coupon(approval_request, timestamptz), apply_coupon_terms(uuid),
    apply_coupons(approval_request, timestamptz), apply_campaign(approval_request, timestamptz),
    stop_coupon(uuid, uuid, boolean, timestamptz)
from public;
grant execute on function
    lock_coupon, take_coupon, give_back_coupon, apply_coupon_terms, stop_coupon, coupon_seen
to ledgerline_app;
