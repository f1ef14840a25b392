-- One line of the audit log in full, with its link of the chain; the JSON both to read and as the text that was hashed.
select
    audit_log.id,
    audit_log.recorded_at,
    audit_log.operator_id,
    audit_log.person_id,
    audit_log.actor_name,
    audit_log.actor_role,
    audit_log.session_id,
    audit_log.api_key_id,
    api_key.name as api_key_name,
    audit_log.address,
    audit_log.verb,
    audit_log.object_kind,
    audit_log.object_id,
    operator.name as object_name,
    audit_log.before,
    audit_log.after,
    audit_log.before::text as before_text,
    audit_log.after::text as after_text,
    audit_log.reason,
    audit_seal.seq as seal_seq,
    audit_seal.prev_sha256,
    audit_seal.sha256,
    audit_seal.sealed_at,
    earlier.seq as previous_seq,
    earlier.sha256 as previous_sha256,
    (select max(other.id) from audit_log as other where other.id < audit_log.id) as older_id,
    (select min(other.id) from audit_log as other where other.id > audit_log.id) as newer_id
from audit_log
left join audit_seal on audit_seal.audit_id = audit_log.id
left join audit_seal as earlier on earlier.seq = audit_seal.seq - 1
left join api_key on api_key.id = audit_log.api_key_id
left join operator on audit_log.object_kind = 'operator' and operator.id::text = audit_log.object_id
where audit_log.id = cast(:id as bigint);
