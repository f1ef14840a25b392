-- What nobody has decided and whose time is over by an instant, unless that has been said.
select asked.object_kind, asked.object_id
from decision_asked as asked
where asked.state = 'pending'
    and asked.decide_by > cast(:now as timestamptz)
    and asked.decide_by <= cast(:until as timestamptz)
    and not exists (
        select
        from announcement
        where announcement.object_kind = asked.object_kind
            and announcement.object_id = asked.object_id
            and announcement.event = 'expiring'
    )
order by asked.decide_by, asked.object_id;
