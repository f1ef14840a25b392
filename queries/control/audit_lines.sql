-- The audit log, the latest line first, one page of it: older than the cursor, or
-- (the page before, upside down) newer than it.
select
    audit_log.id,
    audit_log.recorded_at,
    audit_log.actor_name,
    audit_log.actor_role,
    audit_log.address,
    audit_log.verb,
    audit_log.object_kind,
    audit_log.object_id,
    operator.name as object_name,
    audit_log.before,
    audit_log.after,
    audit_log.reason,
    audit_seal.seq as seal_seq,
    audit_seal.sha256 as seal_sha256
from audit_log
left join audit_seal on audit_seal.audit_id = audit_log.id
left join operator on audit_log.object_kind = 'operator' and operator.id::text = audit_log.object_id
where (cast(:actor as text) is null or audit_log.actor_name = :actor)
    and (cast(:verb as text) is null or audit_log.verb = :verb)
    and (cast(:object_kind as text) is null or audit_log.object_kind = :object_kind)
    and (cast(:object_id as text) is null or audit_log.object_id = :object_id)
    and (cast(:role as text) is null or audit_log.actor_role = :role)
    and (cast(:api_key_id as uuid) is null or audit_log.api_key_id = :api_key_id)
    and (cast(:session_id as uuid) is null or audit_log.session_id = :session_id)
    and (cast(:since as timestamptz) is null or audit_log.recorded_at >= :since)
    and (cast(:until as timestamptz) is null or audit_log.recorded_at < :until)
    and (cast(:older_than as bigint) is null or audit_log.id < :older_than)
    and (cast(:newer_than as bigint) is null or audit_log.id > :newer_than)
order by
    case when cast(:newer_than as bigint) is not null then audit_log.id end,
    audit_log.id desc
limit cast(:most as integer);
