-- Four eyes for every price of ours, held here: the application may read prices, and change them
-- only through the functions below. Who acts is an operator; whom it is compared as is a person.

create sequence pricing_config_number;

alter table pricing_configs
    -- All versions of one proposal share its number.
    add column number bigint not null default nextval('pricing_config_number'),
    add column version smallint not null default 1 check (version >= 1),
    add column predecessor_id uuid references pricing_configs (id),
    add column rolls_back_id uuid references pricing_configs (id),
    -- The price this one ended when it was approved, and when that would have ended without it (null: never).
    add column closes_id uuid references pricing_configs (id),
    add column closed_until timestamptz,
    add column is_urgent boolean not null default false,
    add column acknowledges text[] not null default '{}'
        check (acknowledges <@ array['below_cost', 'below_floor']),
    add column source jsonb check (jsonb_typeof(source) = 'object'),
    add column decide_by timestamptz,
    add column decided_at timestamptz,
    add column decision_reason text,
    add unique (number, version),
    -- A draft may say when it ends without saying when it starts: at its approval.
    drop constraint pricing_configs_check,
    add check (effective_until is null or effective_from is null or effective_until > effective_from),
    -- An approved price may be withdrawn before it begins, and stays known as approved once.
    drop constraint pricing_configs_check1,
    add check (approval_status <> 'approved' or approved_at is not null),
    add check (approved_at is null or approval_status in ('approved', 'withdrawn')),
    add check (isfinite(effective_from) and isfinite(effective_until) and isfinite(approved_at)),
    add check (approval_status <> 'pending' or (submitted_at is not null and decide_by > submitted_at)),
    add check (
        decided_at is not null or approval_status not in ('rejected', 'withdrawn', 'expired')
    ),
    add check (approval_status <> 'rejected' or decision_reason is not null),
    add check (version = 1 or predecessor_id is not null),
    add check (target_gross_margin_percent > -1000000 and target_gross_margin_percent < 100),
    add check (length(reason_details) <= 2000),
    -- Selling below cost is never an oversight.
    add check (
        margin_multiplier >= 1
        or approval_status not in ('pending', 'approved')
        or approved_via is not distinct from 'seed'
        or 'below_cost' = any(acknowledges)
    );
alter sequence pricing_config_number owned by pricing_configs.number;
create index pricing_configs_approved on pricing_configs (scope_id, effective_from) where approval_status = 'approved';
create index pricing_configs_open on pricing_configs (approval_status, decide_by) where approval_status in ('draft', 'pending');

-- The account is named together with its person, so neither can be exchanged afterwards.
alter table pricing_config_participant
    add column operator_id uuid,
    add foreign key (operator_id, person_id) references operator (id, person_id);
create unique index pricing_config_participant_one_author on pricing_config_participant (config_id) where role = 'author';
create unique index pricing_config_participant_one_approver
    on pricing_config_participant (config_id) where role = 'approver';

-- Everything that ever happened to a proposal; written by the functions that do it.
create table pricing_config_event (
    id bigint generated always as identity primary key,
    config_id uuid not null references pricing_configs (id),
    at timestamptz not null,
    kind text not null check (kind in (
        'drafted', 'edited', 'submitted', 'approved', 'rejected', 'withdrawn', 'expired', 'commented', 'closed',
        'reopened', 'rolled_back', 'impact_attached'
    )),
    operator_id uuid,
    person_id uuid,
    actor_name text not null,
    reason text,
    detail jsonb not null default '{}',
    foreign key (operator_id, person_id) references operator (id, person_id),
    check ((operator_id is null) = (person_id is null))
);
create index pricing_config_event_config on pricing_config_event (config_id, id);

create table pricing_config_comment (
    id uuid primary key default gen_random_uuid(),
    config_id uuid not null references pricing_configs (id),
    operator_id uuid not null,
    person_id uuid not null,
    author_name text not null,
    words text not null check (words ~ '\S' and length(words) <= 4000),
    created_at timestamptz not null,
    foreign key (operator_id, person_id) references operator (id, person_id)
);
create index pricing_config_comment_config on pricing_config_comment (config_id, created_at);

-- What came of an attempt. Everything but `done` is a refusal, and nothing was written.
create type price_answer as (outcome text, config_id uuid, at timestamptz, detail text);

-- Of impact by replay: the evidence that was there to be seen. Null until there is any.
create function latest_impact_sha256(p_config uuid) returns bytea
language sql stable as $$ select null::bytea $$;

-- The account if it may act on prices: active, and an admin's or an owner's; locked, so that it stays so.
create function price_operator(p_operator uuid) returns operator
language plpgsql as $$
declare
    v_operator operator;
begin
    select * into v_operator from operator where id = p_operator for share;
    if v_operator.status is distinct from 'active' or v_operator.role not in ('admin', 'owner') then
        return null;
    end if;
    return v_operator;
end
$$;

-- The approved price of a scope that holds right before an instant: what a new one follows.
create function price_followed(p_scope bigint, p_at timestamptz) returns pricing_configs
language sql stable as $$
    select config
    from pricing_configs as config
    where scope_id = p_scope
        and approval_status = 'approved'
        and effective_from < p_at
        and (effective_until is null or effective_until >= p_at)
    order by effective_from desc
    limit 1
$$;

-- Everything an approver decides about: the terms, what they follow, and the evidence.
create function price_seen(p_config uuid, p_now timestamptz) returns jsonb
language sql stable as $$
    select jsonb_build_object(
        'id', config.id, 'number', config.number, 'version', config.version, 'scope', config.scope_id,
        'multiplier', config.margin_multiplier, 'target_margin_percent', config.target_gross_margin_percent,
        'from', config.effective_from at time zone 'UTC', 'until', config.effective_until at time zone 'UTC',
        'reason', config.reason, 'reason_details', config.reason_details, 'urgent', config.is_urgent,
        'acknowledges', config.acknowledges, 'source', config.source, 'rolls_back', config.rolls_back_id,
        'follows', followed.id, 'follows_multiplier', followed.margin_multiplier,
        'follows_until', followed.effective_until at time zone 'UTC',
        'impact_sha256', encode(latest_impact_sha256(config.id), 'hex')
    )
    from pricing_configs as config
    left join lateral price_followed(config.scope_id, coalesce(config.effective_from, p_now)) as followed on true
    where config.id = p_config
$$;

create function price_seen_sha256(p_config uuid, p_now timestamptz default null) returns bytea
language sql stable as $$
    select fingerprint_of(price_seen(p_config, coalesce(p_now, clock_timestamp())))
$$;

-- The tiers and providers a scope speaks of. What a rule without a model does for a model nobody
-- knows yet, it does for every model: so its cells need no models.
create function price_cells(p_scope pricing_scope) returns table (tier text, provider_id uuid)
language sql stable as $$
    select tier.name, provider.id
    from tier
    cross join providers as provider
    where tier.is_active
        and (p_scope.subscription_tier is null or tier.name = p_scope.subscription_tier)
        and (p_scope.provider_id is null or provider.id = p_scope.provider_id)
        and (
            p_scope.model_id is null
            or exists (
                select from models as model where model.provider_id = provider.id and model.id = p_scope.model_id
            )
        )
$$;

-- Whether rules that go before this one hold for everything it speaks of, all the time it would hold.
create function price_is_shadowed(p_scope pricing_scope, p_from timestamptz, p_until timestamptz) returns boolean
language sql stable as $$
    select not exists (
        select
        from price_cells(p_scope) as cell
        where not exists (
            select
            from pricing_configs as rule
            join pricing_scope as scope on scope.id = rule.scope_id
            where rule.approval_status = 'approved'
                and rule.effective_from <= p_from
                and coalesce(rule.effective_until, 'infinity') >= coalesce(p_until, 'infinity')
                and (scope.subscription_tier is null or scope.subscription_tier = cell.tier)
                and (scope.provider_id is null or scope.provider_id = cell.provider_id)
                and (scope.model_id is null or scope.model_id = p_scope.model_id)
                and (scope.rank, scope.model_id is null, scope.provider_id is null)
                    < (p_scope.rank, p_scope.model_id is null, p_scope.provider_id is null)
        )
    )
$$;

-- Where, somewhere in [from, until), no approved price but `except` holds for a tier and provider of a
-- scope, so that the default would: at its start and wherever any price ends.
create function price_gaps(p_scope pricing_scope, p_from timestamptz, p_until timestamptz, p_except uuid)
returns table (at timestamptz, tier text, provider text, words text)
language sql stable as $$
    select
        instant.at,
        cell.tier,
        provider.name,
        cell.tier || ' at ' || provider.name || ' from ' || to_char(instant.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC'
    from (
        select p_from as at
        union
        select effective_until
        from pricing_configs
        where approval_status = 'approved'
            and effective_until > p_from
            and effective_until < coalesce(p_until, 'infinity')
    ) as instant
    cross join price_cells(p_scope) as cell
    join providers as provider on provider.id = cell.provider_id
    where not exists (
        select
        from pricing_configs as rule
        join pricing_scope as scope on scope.id = rule.scope_id
        where rule.approval_status = 'approved'
            and rule.id is distinct from p_except
            and rule.effective_from <= instant.at
            and (rule.effective_until is null or rule.effective_until > instant.at)
            and (scope.subscription_tier is null or scope.subscription_tier = cell.tier)
            and (scope.provider_id is null or scope.provider_id = cell.provider_id)
            and (scope.model_id is null or scope.model_id = p_scope.model_id)
    )
$$;

-- The first of them in words; null if there is none.
create function price_gap(p_scope pricing_scope, p_from timestamptz, p_until timestamptz, p_except uuid) returns text
language sql stable as $$
    select words
    from price_gaps(p_scope, p_from, p_until, p_except)
    order by at, tier, provider
    limit 1
$$;

-- The first place in [from, until) where a tier and provider of a scope fall from an approved price to the
-- default, in words; null if none does. Who was on the default right before has lost nothing.
create function price_fall(p_scope pricing_scope, p_from timestamptz, p_until timestamptz) returns text
language sql stable as $$
    select gap.words
    from price_gaps(p_scope, p_from, p_until, null) as gap
    where not exists (
        select
        from price_gaps(p_scope, gap.at - interval '1 microsecond', gap.at, null) as before
        where before.tier = gap.tier and before.provider = gap.provider
    )
    order by gap.at, gap.tier, gap.provider
    limit 1
$$;

-- The highest floor of the tiers a scope speaks of, while the price would hold.
create function price_floor(p_scope pricing_scope, p_from timestamptz, p_until timestamptz) returns numeric
language sql stable as $$
    select max(version.floor_multiplier)
    from tier
    join (
        select *, lead(effective_from, 1, 'infinity') over (partition by tier order by effective_from) as effective_until
        from tier_version
    ) as version on version.tier = tier.name
    where tier.is_active
        and (p_scope.subscription_tier is null or tier.name = p_scope.subscription_tier)
        and version.effective_until > p_from
        and version.effective_from < coalesce(p_until, 'infinity')
$$;

-- Why a proposal cannot be submitted or approved at this moment: a word and what it is about; null if it can.
create function price_refusal(p_config pricing_configs, p_now timestamptz) returns price_answer
language plpgsql stable as $$
declare
    v_scope pricing_scope;
    v_followed pricing_configs;
    v_from timestamptz := coalesce(p_config.effective_from, p_now);
    v_until timestamptz := p_config.effective_until;
    v_word text;
    v_detail text;
begin
    select * into v_scope from pricing_scope where id = p_config.scope_id;
    if v_scope.subscription_tier is not null
        and not exists (select from tier where name = v_scope.subscription_tier and is_active)
    then
        v_word := 'inactive_tier';
        v_detail := v_scope.subscription_tier;
    elsif not exists (select from price_cells(v_scope)) then
        v_word := 'unknown_model';
        v_detail := v_scope.model_id;
    elsif p_config.effective_from < p_now then
        v_word := 'back_dated';
        v_detail := to_char(p_config.effective_from at time zone 'UTC', 'YYYY-MM-DD HH24:MI');
    elsif v_until <= v_from then
        v_word := 'empty_window';
    elsif p_config.margin_multiplier < 1 and 'below_cost' <> all(p_config.acknowledges) then
        v_word := 'below_cost';
    elsif p_config.margin_multiplier >= 1
        and 'below_floor' <> all(p_config.acknowledges)
        and p_config.margin_multiplier < price_floor(v_scope, v_from, v_until)
    then
        v_word := 'below_floor';
        v_detail := trim_scale(price_floor(v_scope, v_from, v_until));
    elsif price_is_shadowed(v_scope, v_from, v_until) then
        v_word := 'shadowed';
    end if;
    if v_word is null then
        select to_char(effective_from at time zone 'UTC', 'YYYY-MM-DD HH24:MI') into v_detail
        from pricing_configs
        where scope_id = p_config.scope_id
            and approval_status = 'approved'
            and effective_from >= v_from
            and effective_from < coalesce(v_until, 'infinity')
        order by effective_from
        limit 1;
        if found then
            v_word := 'overlaps';
        end if;
    end if;
    if v_word is null and v_until is not null then
        v_followed := price_followed(p_config.scope_id, v_from);
        if v_followed.id is not null and coalesce(v_followed.effective_until, 'infinity') > v_until then
            v_detail := price_gap(v_scope, v_until, v_followed.effective_until, v_followed.id);
            if v_detail is not null then
                v_word := 'leaves_default';
            end if;
        end if;
    end if;
    return case when v_word is not null then (v_word, p_config.id, p_now, v_detail)::price_answer end;
end
$$;

create function note_price_event(
    p_config uuid, p_at timestamptz, p_kind text, p_operator operator, p_reason text default null, p_detail jsonb default '{}'
) returns void
language sql as $$
    insert into pricing_config_event (config_id, at, kind, operator_id, person_id, actor_name, reason, detail)
    values (p_config, p_at, p_kind, p_operator.id, p_operator.person_id, coalesce(p_operator.name, 'the clock'), p_reason, p_detail)
$$;

-- One at a time: an exclusion constraint alone lets contests end in deadlocks, and whether every
-- tier and model keeps a price is seen only over all of them. Approvals are a few a day.
create function lock_prices() returns void
language sql as $$
    select pg_advisory_xact_lock(hashtextextended('ledgerline prices', 0))
$$;

-- The scope a proposal names, made if it is new; null with a word if there is no such tier, provider or model.
create function price_scope_of(p_terms jsonb, out scope_id bigint, out refusal text)
language plpgsql as $$
declare
    v_type text := p_terms ->> 'scope_type';
    v_tier text := p_terms ->> 'tier';
    v_model text := p_terms ->> 'model';
    v_provider uuid;
begin
    select id into v_provider from providers where name = p_terms ->> 'provider';
    if not found and p_terms ->> 'provider' is not null then
        refusal := 'unknown_provider';
    elsif v_tier is not null and not exists (select from tier where name = v_tier) then
        refusal := 'unknown_tier';
    elsif v_model is not null
        and not exists (select from models where id = v_model and (v_provider is null or provider_id = v_provider))
    then
        refusal := 'unknown_model';
    elsif not coalesce(
        case v_type
            when 'tier' then v_tier is not null and v_provider is null and v_model is null
            when 'provider' then v_tier is null and v_provider is not null and v_model is null
            when 'model' then v_tier is null and v_model is not null
            when 'combination' then v_tier is not null and (v_provider is not null or v_model is not null)
        end,
        false
    ) then
        refusal := 'bad_scope';
    end if;
    if refusal is not null then
        return;
    end if;
    insert into pricing_scope (scope_type, subscription_tier, provider_id, model_id)
    values (v_type, v_tier, v_provider, v_model)
    on conflict do nothing;
    select id into scope_id
    from pricing_scope
    where (scope_type, subscription_tier, provider_id, model_id) is not distinct from (v_type, v_tier, v_provider, v_model);
end
$$;

-- Write a draft down; with p_edits as a new version of that one, which is withdrawn.
create function draft_price_at(
    p_operator uuid, p_terms jsonb, p_edits uuid, p_rolls_back uuid, p_now timestamptz
) returns price_answer
language plpgsql as $$
declare
    v_operator operator := price_operator(p_operator);
    v_now timestamptz := coalesce(p_now, clock_timestamp());
    v_multiplier numeric := (p_terms ->> 'multiplier')::numeric;
    v_from timestamptz := (p_terms ->> 'effective_from')::timestamptz;
    v_until timestamptz := (p_terms ->> 'effective_until')::timestamptz;
    v_edited pricing_configs;
    v_scope record;
    v_id uuid := gen_random_uuid();
begin
    if v_operator.id is null then
        return ('not_an_operator', null, v_now, null)::price_answer;
    end if;
    if p_edits is not null then
        select * into v_edited from pricing_configs where id = p_edits for update;
        if not found then
            return ('unknown', null, v_now, null)::price_answer;
        elsif v_edited.approval_status not in ('draft', 'pending') then
            return ('not_open', p_edits, v_now, v_edited.approval_status)::price_answer;
        end if;
    end if;
    -- NaN and infinity are greater than every bound; null passes none of these.
    if (v_multiplier > 0 and v_multiplier <= 99.99 and v_multiplier = round(v_multiplier, 4)) is not true then
        return ('out_of_bounds', null, v_now, null)::price_answer;
    elsif not isfinite(v_from) or not isfinite(v_until) or v_until <= v_from then
        return ('empty_window', null, v_now, null)::price_answer;
    end if;
    v_scope := price_scope_of(p_terms);
    if v_scope.refusal is not null then
        return (v_scope.refusal, null, v_now, null)::price_answer;
    end if;
    if p_rolls_back is not null and not exists (
        select from pricing_configs where id = p_rolls_back and approval_status = 'approved' and scope_id = v_scope.scope_id
    ) then
        return ('nothing_to_roll_back', p_rolls_back, v_now, null)::price_answer;
    end if;
    if p_edits is not null then
        update pricing_configs
        set approval_status = 'withdrawn', decided_at = v_now, decision_reason = 'Edited: there is a newer version', updated_at = v_now
        where id = p_edits;
        perform note_price_event(p_edits, v_now, 'edited', v_operator, null, jsonb_build_object('into', v_id));
    end if;
    insert into pricing_configs (
        id, scope_id, margin_multiplier, target_gross_margin_percent, effective_from, effective_until, reason,
        reason_details, number, version, predecessor_id, rolls_back_id, is_urgent, acknowledges, source, created_at, updated_at
    ) values (
        v_id, v_scope.scope_id, v_multiplier,
        coalesce((p_terms ->> 'target_margin_percent')::numeric, round((v_multiplier - 1) * 100 / v_multiplier, 4)),
        v_from, v_until, p_terms ->> 'reason', nullif(btrim(p_terms ->> 'reason_details'), ''),
        coalesce(v_edited.number, nextval('pricing_config_number')), coalesce(v_edited.version, 0) + 1, p_edits,
        coalesce(p_rolls_back, v_edited.rolls_back_id), coalesce((p_terms ->> 'urgent')::boolean, false),
        array(select jsonb_array_elements_text(coalesce(p_terms -> 'acknowledges', '[]')) order by 1),
        nullif(p_terms -> 'source', 'null'), v_now, v_now
    );
    -- Whoever wrote an earlier version had a hand in this one.
    insert into pricing_config_participant (config_id, person_id, operator_id, role, created_at)
    select v_id, person_id, operator_id, role, v_now
    from pricing_config_participant
    where config_id = p_edits and role in ('author', 'editor')
    union all
    select v_id, v_operator.person_id, v_operator.id, case when p_edits is null then 'author' else 'editor' end, v_now
    on conflict do nothing;
    perform note_price_event(
        v_id, v_now, case when p_rolls_back is null then 'drafted' else 'rolled_back' end, v_operator, null,
        jsonb_strip_nulls(jsonb_build_object('terms', p_terms, 'edits', p_edits, 'rolls_back', p_rolls_back))
    );
    return ('done', v_id, v_now, null)::price_answer;
end
$$;

-- How long a proposal waits for its decision.
create function price_waits(p_urgent boolean) returns interval
language sql stable as $$
    select case
        when p_urgent then make_interval(hours => coalesce(
            (select (value #>> '{}')::integer from setting where key = 'urgent_price_decided_within_hours'), 24
        ))
        else make_interval(days => coalesce(
            (select (value #>> '{}')::integer from setting where key = 'price_decided_within_days'), 14
        ))
    end
$$;

create function submit_price_at(p_operator uuid, p_config uuid, p_now timestamptz) returns price_answer
language plpgsql as $$
declare
    v_operator operator := price_operator(p_operator);
    v_now timestamptz := coalesce(p_now, clock_timestamp());
    v_config pricing_configs;
    v_followed pricing_configs;
    v_refusal price_answer;
begin
    select * into v_config from pricing_configs where id = p_config for update;
    if v_operator.id is null then
        return ('not_an_operator', p_config, v_now, null)::price_answer;
    elsif v_config.id is null then
        return ('unknown', null, v_now, null)::price_answer;
    elsif v_config.approval_status <> 'draft' then
        return ('not_draft', p_config, v_now, v_config.approval_status)::price_answer;
    elsif not exists (
        select from pricing_config_participant where config_id = p_config and person_id = v_operator.person_id
    ) then
        return ('not_yours', p_config, v_now, null)::price_answer;
    end if;
    v_refusal := price_refusal(v_config, v_now);
    if v_refusal.outcome is not null then
        return v_refusal;
    end if;
    v_followed := price_followed(v_config.scope_id, coalesce(v_config.effective_from, v_now));
    update pricing_configs
    set approval_status = 'pending',
        submitted_at = v_now,
        decide_by = v_now + price_waits(is_urgent),
        previous_multiplier = v_followed.margin_multiplier,
        change_percent = round((margin_multiplier - v_followed.margin_multiplier) * 100 / v_followed.margin_multiplier, 4),
        updated_at = v_now
    where id = p_config;
    perform note_price_event(p_config, v_now, 'submitted', v_operator, null, price_seen(p_config, v_now));
    return ('done', p_config, v_now, null)::price_answer;
end
$$;

create function approve_price_at(p_operator uuid, p_config uuid, p_seen bytea, p_now timestamptz) returns price_answer
language plpgsql as $$
declare
    v_operator operator;
    v_now timestamptz;
    v_from timestamptz;
    v_config pricing_configs;
    v_followed pricing_configs;
    v_refusal price_answer;
begin
    perform lock_prices();
    v_now := coalesce(p_now, clock_timestamp());
    v_operator := price_operator(p_operator);
    select * into v_config from pricing_configs where id = p_config for update;
    if v_operator.id is null then
        return ('not_an_operator', p_config, v_now, null)::price_answer;
    elsif v_config.id is null then
        return ('unknown', null, v_now, null)::price_answer;
    elsif v_config.approval_status <> 'pending' then
        return ('not_pending', p_config, v_now, v_config.approval_status)::price_answer;
    elsif exists (
        select from pricing_config_participant where config_id = p_config and person_id = v_operator.person_id
    ) then
        return ('same_person', p_config, v_now, null)::price_answer;
    elsif v_now >= v_config.decide_by then
        return ('too_late', p_config, v_now, to_char(v_config.decide_by at time zone 'UTC', 'YYYY-MM-DD HH24:MI'))::price_answer;
    elsif p_seen is distinct from price_seen_sha256(p_config, v_now) then
        return ('changed', p_config, v_now, null)::price_answer;
    end if;
    v_refusal := price_refusal(v_config, v_now);
    if v_refusal.outcome is not null then
        return v_refusal;
    end if;
    perform note_price_event(p_config, v_now, 'approved', v_operator, null, price_seen(p_config, v_now));
    v_from := coalesce(v_config.effective_from, v_now);
    v_followed := price_followed(v_config.scope_id, v_from);
    if coalesce(v_followed.effective_until, 'infinity') > v_from and v_followed.id is not null then
        update pricing_configs set effective_until = v_from, updated_at = v_now where id = v_followed.id;
        perform note_price_event(
            v_followed.id, v_now, 'closed', v_operator, null,
            jsonb_build_object('by', p_config, 'until', v_from, 'was_until', v_followed.effective_until)
        );
    end if;
    insert into pricing_config_participant (config_id, person_id, operator_id, role, created_at)
    values (p_config, v_operator.person_id, v_operator.id, 'approver', v_now);
    update pricing_configs
    set approval_status = 'approved',
        approved_at = v_now,
        approved_sha256 = p_seen,
        decided_at = v_now,
        effective_from = v_from,
        previous_multiplier = v_followed.margin_multiplier,
        change_percent = round((margin_multiplier - v_followed.margin_multiplier) * 100 / v_followed.margin_multiplier, 4),
        closes_id = case when coalesce(v_followed.effective_until, 'infinity') > v_from then v_followed.id end,
        closed_until = case when v_followed.effective_until > v_from then v_followed.effective_until end,
        updated_at = v_now
    where id = p_config;
    return ('done', p_config, v_now, null)::price_answer;
end
$$;

create function reject_price_at(p_operator uuid, p_config uuid, p_reason text, p_now timestamptz) returns price_answer
language plpgsql as $$
declare
    v_operator operator := price_operator(p_operator);
    v_now timestamptz := coalesce(p_now, clock_timestamp());
    v_config pricing_configs;
begin
    select * into v_config from pricing_configs where id = p_config for update;
    if v_operator.id is null then
        return ('not_an_operator', p_config, v_now, null)::price_answer;
    elsif v_config.id is null then
        return ('unknown', null, v_now, null)::price_answer;
    elsif v_config.approval_status <> 'pending' then
        return ('not_pending', p_config, v_now, v_config.approval_status)::price_answer;
    elsif exists (
        select from pricing_config_participant where config_id = p_config and person_id = v_operator.person_id
    ) then
        return ('same_person', p_config, v_now, null)::price_answer;
    elsif p_reason !~ '\S' or p_reason is null then
        return ('no_reason', p_config, v_now, null)::price_answer;
    end if;
    update pricing_configs
    set approval_status = 'rejected', decided_at = v_now, decision_reason = btrim(p_reason), updated_at = v_now
    where id = p_config;
    perform note_price_event(p_config, v_now, 'rejected', v_operator, btrim(p_reason));
    return ('done', p_config, v_now, null)::price_answer;
end
$$;

-- Give the price an approved one ended its own end back, up to the next price of the scope.
create function reopen_price(p_withdrawn pricing_configs, p_operator operator, p_now timestamptz) returns void
language plpgsql as $$
declare
    v_old pricing_configs;
    v_next pricing_configs;
begin
    select * into v_old from pricing_configs where id = p_withdrawn.closes_id for update;
    select * into v_next
    from pricing_configs
    where scope_id = p_withdrawn.scope_id
        and approval_status = 'approved'
        and effective_from > coalesce(v_old.effective_from, p_withdrawn.effective_from)
        and effective_from <= coalesce(p_withdrawn.closed_until, 'infinity')
    order by effective_from
    limit 1;
    -- What the next one ends is no longer the price that is withdrawn.
    update pricing_configs
    set closes_id = case when v_next.effective_from < coalesce(p_withdrawn.closed_until, 'infinity') then v_old.id end,
        closed_until = case when v_next.effective_from < coalesce(p_withdrawn.closed_until, 'infinity') then p_withdrawn.closed_until end,
        updated_at = p_now
    where id = v_next.id;
    update pricing_configs set closes_id = null, closed_until = null where closes_id = p_withdrawn.id;
    if v_old.id is not null then
        update pricing_configs
        set effective_until = coalesce(v_next.effective_from, p_withdrawn.closed_until), updated_at = p_now
        where id = v_old.id;
        perform note_price_event(
            v_old.id, p_now, 'reopened', p_operator, null,
            jsonb_build_object('for', p_withdrawn.id, 'until', coalesce(v_next.effective_from, p_withdrawn.closed_until))
        );
    end if;
end
$$;

create function withdraw_price_at(p_operator uuid, p_config uuid, p_reason text, p_now timestamptz) returns price_answer
language plpgsql as $$
declare
    v_operator operator;
    v_now timestamptz;
    v_config pricing_configs;
    v_scope pricing_scope;
    v_gap text;
begin
    perform lock_prices();
    v_now := coalesce(p_now, clock_timestamp());
    v_operator := price_operator(p_operator);
    select * into v_config from pricing_configs where id = p_config for update;
    if v_operator.id is null then
        return ('not_an_operator', p_config, v_now, null)::price_answer;
    elsif v_config.id is null then
        return ('unknown', null, v_now, null)::price_answer;
    elsif v_config.approval_status not in ('draft', 'pending', 'approved') then
        return ('not_open', p_config, v_now, v_config.approval_status)::price_answer;
    elsif v_config.approval_status <> 'approved' and not exists (
        select from pricing_config_participant where config_id = p_config and person_id = v_operator.person_id
    ) then
        return ('not_yours', p_config, v_now, null)::price_answer;
    elsif v_config.approval_status = 'approved' and v_config.effective_from <= v_now + interval '5 minutes' then
        -- Requests may be ahead of the clock by so much, and have been charged by it.
        return ('has_begun', p_config, v_now, null)::price_answer;
    elsif p_reason !~ '\S' or p_reason is null then
        return ('no_reason', p_config, v_now, null)::price_answer;
    end if;
    begin
        update pricing_configs
        set approval_status = 'withdrawn', decided_at = v_now, decision_reason = btrim(p_reason), updated_at = v_now
        where id = p_config;
        if v_config.approval_status = 'approved' then
            perform reopen_price(v_config, v_operator, v_now);
            select * into v_scope from pricing_scope where id = v_config.scope_id;
            -- While it was to hold there was no gap in what it speaks of: where one falls to the default now, it
            -- relied on this price. A default that this price would have ended is none of its withdrawal's making.
            v_gap := price_fall(v_scope, v_config.effective_from, v_config.effective_until);
            if v_gap is not null then
                raise exception sqlstate 'LL001';
            end if;
        end if;
    exception
        when sqlstate 'LL001' then
            return ('leaves_default', p_config, v_now, v_gap)::price_answer;
    end;
    perform note_price_event(p_config, v_now, 'withdrawn', v_operator, btrim(p_reason));
    return ('done', p_config, v_now, null)::price_answer;
end
$$;

-- Close what nobody decided in time; who decides one right now has it locked and finds its time over.
create function expire_prices_at(p_now timestamptz) returns setof uuid
language plpgsql as $$
declare
    v_now timestamptz := coalesce(p_now, clock_timestamp());
    v_id uuid;
begin
    for v_id in
        select id
        from pricing_configs
        where approval_status = 'pending' and decide_by <= v_now
        order by id
        for update skip locked
    loop
        update pricing_configs
        set approval_status = 'expired', decided_at = v_now, decision_reason = 'Nobody decided in time', updated_at = v_now
        where id = v_id;
        perform note_price_event(v_id, v_now, 'expired', null);
        return next v_id;
    end loop;
end
$$;

create function comment_on_price_at(p_operator uuid, p_config uuid, p_words text, p_now timestamptz) returns price_answer
language plpgsql as $$
declare
    v_operator operator := price_operator(p_operator);
    v_now timestamptz := coalesce(p_now, clock_timestamp());
    v_comment uuid := gen_random_uuid();
begin
    if v_operator.id is null then
        return ('not_an_operator', p_config, v_now, null)::price_answer;
    elsif not exists (select from pricing_configs where id = p_config) then
        return ('unknown', null, v_now, null)::price_answer;
    elsif p_words !~ '\S' or p_words is null or length(p_words) > 4000 then
        return ('no_words', p_config, v_now, null)::price_answer;
    end if;
    insert into pricing_config_comment (id, config_id, operator_id, person_id, author_name, words, created_at)
    values (v_comment, p_config, v_operator.id, v_operator.person_id, v_operator.name, btrim(p_words), v_now);
    perform note_price_event(p_config, v_now, 'commented', v_operator, null, jsonb_build_object('comment', v_comment));
    return ('done', p_config, v_now, null)::price_answer;
end
$$;

-- What the application may call: the same acts, at the database's own time, with the owner's rights.
create function draft_price(p_operator uuid, p_terms jsonb, p_edits uuid, p_rolls_back uuid) returns price_answer
language sql security definer set search_path = pg_catalog, public, pg_temp
as $$ select draft_price_at(p_operator, p_terms, p_edits, p_rolls_back, null) $$;

create function submit_price(p_operator uuid, p_config uuid) returns price_answer
language sql security definer set search_path = pg_catalog, public, pg_temp
as $$ select submit_price_at(p_operator, p_config, null) $$;

create function approve_price(p_operator uuid, p_config uuid, p_seen bytea) returns price_answer
language sql security definer set search_path = pg_catalog, public, pg_temp
as $$ select approve_price_at(p_operator, p_config, p_seen, null) $$;

create function reject_price(p_operator uuid, p_config uuid, p_reason text) returns price_answer
language sql security definer set search_path = pg_catalog, public, pg_temp
as $$ select reject_price_at(p_operator, p_config, p_reason, null) $$;

create function withdraw_price(p_operator uuid, p_config uuid, p_reason text) returns price_answer
language sql security definer set search_path = pg_catalog, public, pg_temp
as $$ select withdraw_price_at(p_operator, p_config, p_reason, null) $$;

create function expire_prices() returns setof uuid
language sql security definer set search_path = pg_catalog, public, pg_temp
as $$ select expire_prices_at(null) $$;

create function comment_on_price(p_operator uuid, p_config uuid, p_words text) returns price_answer
language sql security definer set search_path = pg_catalog, public, pg_temp
as $$ select comment_on_price_at(p_operator, p_config, p_words, null) $$;

revoke insert, update on pricing_configs, pricing_config_participant, pricing_scope from ledgerline_app;
grant select on pricing_config_event, pricing_config_comment to ledgerline_app;
-- These take a time, or write what only the acts above may write: the owner's alone.
revoke execute on function
    draft_price_at, submit_price_at, approve_price_at, reject_price_at, withdraw_price_at, expire_prices_at,
    comment_on_price_at, reopen_price, note_price_event, price_scope_of
from public;

-- Two accounts of one person stay accounts of one person.
revoke update on operator from ledgerline_app;
grant update (email, name, role, status, password_hash, is_demo, password_changed_at, last_sign_in_at, updated_at)
    on operator to ledgerline_app;

-- What a vendor charged stays charged: an end may lie in the past only where another price of the
-- model starts right there, as a dated list brings it. At commit, when the next one is written.
create function keep_vendor_past() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
    if (old.effective_until <= now() or new.effective_until < now())
        and not exists (
            select
            from model_provider_pricing
            where provider_id = new.provider_id
                and model_name = new.model_name
                and effective_from = new.effective_until
        )
    then
        raise exception 'The end of a vendor price that lies in the past cannot be changed; nothing was changed.'
            using errcode = 'check_violation', constraint = 'model_provider_pricing_past_end';
    end if;
    return null;
end
$$;
create constraint trigger model_provider_pricing_past_end
    after update on model_provider_pricing
    deferrable initially deferred
    for each row when (
        old.effective_until is distinct from new.effective_until and current_user = 'ledgerline_app'
    )
    execute function keep_vendor_past();
