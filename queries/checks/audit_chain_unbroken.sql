-- Seals are numbered without a gap and each carries the hash of the one before; what was recorded
-- a minute ago is sealed. The hashes themselves are recomputed by `flask audit verify`.
with

chained as (
    select
        seq,
        audit_id,
        prev_sha256,
        lag(seq, 1, 0::bigint) over (order by seq) as previous_seq,
        lag(audit_id, 1, 0::bigint) over (order by seq) as previous_audit_id,
        lag(sha256) over (order by seq) as previous_sha256
    from audit_seal
)

select
    'seal ' || seq as object,
    format('seals audit row %s after seal %s of row %s', audit_id, previous_seq, previous_audit_id) as detail
from chained
where seq <> previous_seq + 1 or prev_sha256 is distinct from coalesce(previous_sha256, prev_sha256)
union all
select
    'audit row ' || audit_log.id as object,
    format('recorded at %s and not sealed', audit_log.recorded_at) as detail
from audit_log
left join audit_seal on audit_seal.audit_id = audit_log.id
where audit_seal.audit_id is null and audit_log.recorded_at < now() - interval '60 seconds';
