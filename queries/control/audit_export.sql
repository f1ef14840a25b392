-- The lines some filters leave in the order of the chain, each with its link; what is not sealed yet comes last.
select
    audit_seal.seq,
    audit_seal.prev_sha256,
    audit_seal.sha256,
    audit_seal.sealed_at,
    audit_log.id,
    audit_log.recorded_at,
    audit_log.operator_id,
    audit_log.person_id,
    audit_log.actor_name,
    audit_log.actor_role,
    audit_log.session_id,
    audit_log.api_key_id,
    audit_log.address,
    audit_log.verb,
    audit_log.object_kind,
    audit_log.object_id,
    audit_log.before::text as before,
    audit_log.after::text as after,
    audit_log.reason
from audit_log
left join audit_seal on audit_seal.audit_id = audit_log.id
where (cast(:actor as text) is null or audit_log.actor_name = :actor)
    and (cast(:verb as text) is null or audit_log.verb = :verb)
    and (cast(:object_kind as text) is null or audit_log.object_kind = :object_kind)
    and (cast(:object_id as text) is null or audit_log.object_id = :object_id)
    and (cast(:role as text) is null or audit_log.actor_role = :role)
    and (cast(:api_key_id as uuid) is null or audit_log.api_key_id = :api_key_id)
    and (cast(:session_id as uuid) is null or audit_log.session_id = :session_id)
    and (cast(:since as timestamptz) is null or audit_log.recorded_at >= :since)
    and (cast(:until as timestamptz) is null or audit_log.recorded_at < :until)
order by audit_seal.seq nulls last, audit_log.id;
