-- The chain, link by link, with the line each covers; a part of it after a link.
select
    audit_seal.seq,
    audit_seal.audit_id,
    audit_seal.prev_sha256,
    audit_seal.sha256,
    audit_seal.sealed_at,
    audit_log.id is not null as line_exists,
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
from audit_seal
left join audit_log on audit_log.id = audit_seal.audit_id
where audit_seal.seq > cast(:after_seq as bigint)
order by audit_seal.seq
limit cast(:most as integer);
