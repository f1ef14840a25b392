-- The usage rows accounted in a short time, as they count in the summaries. A function, so that the
-- planner knows the two instants: joined to a table of instants it would expect a ninth of the ledger.
create function usage_rows_between(p_from timestamptz, p_until timestamptz)
returns table (at timestamptz, delta usage_row_delta)
language plpgsql stable as $$
begin
    return query
    select usage.accounted_at, usage_row_delta
    from token_usage_ledger as usage
    join usage_row_delta on usage_row_delta.user_id = usage.user_id and usage_row_delta.request_id = usage.request_id
    where usage.accounted_at >= p_from and usage.accounted_at < p_until;
end
$$;
grant execute on function usage_rows_between to ledgerline_app;

-- Notices to those who approve: what waits for a second person, said once each, by e-mail and webhook.

-- Everything that was ever asked of a second person: proposed prices and requests for approval.
-- `persons` wrote it, so none of them may decide it.
create view decision_asked as
select
    'pricing_config' as object_kind,
    config.id as object_id,
    'price' as subject,
    config.approval_status as state,
    'PC-' || lpad(config.number::text, greatest(4, length(config.number::text)), '0') || ', version ' || config.version as code,
    tier.display_name as tier_title,
    providers.display_name as provider_title,
    scope.model_id as model,
    config.margin_multiplier as multiplier,
    author.name as asked_by,
    coalesce(author.is_demo, false) as asked_in_demo,
    people.persons,
    config.submitted_at as asked_at,
    config.decide_by
from pricing_configs as config
join pricing_scope as scope on scope.id = config.scope_id
left join tier on tier.name = scope.subscription_tier
left join providers on providers.id = scope.provider_id
cross join lateral (
    select coalesce(array_agg(participant.person_id order by participant.person_id), '{}') as persons
    from pricing_config_participant as participant
    where participant.config_id = config.id and participant.role <> 'approver'
) as people
-- The person's oldest account gives the name.
left join lateral (
    select operator.name, operator.is_demo
    from pricing_config_participant as participant
    join operator on operator.person_id = participant.person_id
    where participant.config_id = config.id and participant.role = 'author'
    order by operator.created_at, operator.id
    limit 1
) as author on true
where config.submitted_at is not null
union all
select
    'approval_request',
    request.id,
    request.kind,
    request.state,
    null,
    null,
    null,
    null,
    null,
    operator.name,
    coalesce(operator.is_demo, false),
    case when request.requested_person_id is null then '{}' else array[request.requested_person_id] end,
    request.requested_at,
    request.expires_at
from approval_request as request
left join operator on operator.id = request.requested_by;

-- What has been said of a thing that waits: each event once, however often it is asked to be said.
create table announcement (
    object_kind text not null check (object_kind in ('pricing_config', 'approval_request')),
    object_id uuid not null,
    event text not null check (event in ('requested', 'expiring', 'approved', 'rejected', 'withdrawn', 'expired')),
    announced_at timestamptz not null,
    primary key (object_kind, object_id, event)
);

-- One e-mail to one account of somebody who may decide. Its words are written when it is sent.
create table approver_mail (
    id uuid primary key,
    object_kind text not null,
    object_id uuid not null,
    event text not null check (event in ('requested', 'expiring')),
    operator_id uuid not null references operator (id),
    state text not null default 'waiting' check (state in ('waiting', 'sent', 'not_needed', 'given_up')),
    created_at timestamptz not null,
    finished_at timestamptz,
    unique (object_kind, object_id, event, operator_id),
    foreign key (object_kind, object_id, event) references announcement (object_kind, object_id, event),
    check ((state = 'waiting') = (finished_at is null))
);
create index approver_mail_created on approver_mail (created_at desc);

-- Every try to hand it in; the error names no address.
create table approver_mail_attempt (
    mail_id uuid not null references approver_mail (id),
    n integer not null check (n >= 1),
    tried_at timestamptz not null,
    error text,
    primary key (mail_id, n)
);

grant select on decision_asked, announcement, approver_mail, approver_mail_attempt to ledgerline_app;
grant insert on announcement, approver_mail, approver_mail_attempt to ledgerline_app;
grant update (state, finished_at) on approver_mail to ledgerline_app;
grant delete on approver_mail, approver_mail_attempt to ledgerline_app;
