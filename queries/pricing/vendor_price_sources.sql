-- The latest comparison of every source.
select distinct on (sync.origin)
    sync.origin,
    sync.kind,
    sync.source,
    sync.state,
    sync.reason,
    sync.lines,
    sync.unchanged,
    (select count(*) from price_sync_line where sync_id = sync.id and price_sync_line.state = 'open') as waiting,
    (select count(*) from price_sync_line where sync_id = sync.id and price_sync_line.state = 'blocked') as blocked,
    sync.skipped,
    operator.name as compared_by,
    sync.compared_at
from price_sync as sync
left join operator on operator.id = sync.operator_id
where sync.kind <> 'hand'
order by sync.origin, sync.compared_at desc;
