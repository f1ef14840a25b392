-- The last things people and jobs did, newest first.
select happened_at, kind, who, what, object_kind, object_id
from (
    (
        select
            recorded_at as happened_at, 'audit' as kind, actor_name as who, verb as what, object_kind, object_id
        from audit_log
        where verb not in ('sign_in', 'sign_out', 'refuse_sign_in')
        order by recorded_at desc, id desc
        limit 8
    )
    union all
    (
        select
            run.finished_at,
            'proof',
            null,
            (select count(*) filter (where violations = 0) || ' of ' || count(*) from proof_result where run_id = run.id),
            null,
            null
        from proof_run as run
        order by run.id desc
        limit 3
    )
    union all
    (
        select started_at, 'import', null, kind, source_name, (accepted)::text
        from import_run
        order by started_at desc
        limit 5
    )
) as activity
order by happened_at desc
limit 6;
