-- How far the chain reaches and which of the latest lines wait to be sealed.
select
    head.seq as head_seq,
    head.sha256 as head_sha256,
    head.sealed_at,
    coalesce(waiting.lines, 0) as unsealed,
    waiting.oldest as oldest_unsealed
from (
    select
        count(*) as lines,
        min(audit_log.recorded_at) as oldest
    from audit_log
    where audit_log.id > (select max(id) from audit_log) - cast(:look_back as bigint)
        and not exists (select from audit_seal where audit_seal.audit_id = audit_log.id)
) as waiting
left join (
    select
        seq,
        sha256,
        sealed_at
    from audit_seal
    order by seq desc
    limit 1
) as head on true;
