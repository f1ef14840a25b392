-- What the running allowance period of a plan was granted, the newest first: its allowance, and the shares that
-- changes of the plan added.
select source.id as source_id, source.remaining
from user_credit_source as source
where source.user_id = cast(:user_id as uuid)
    and source.id in (
        select allocation.source_id
        from credit_allocation as allocation
        where allocation.user_id = cast(:user_id as uuid)
            and allocation.subscription_id = cast(:subscription_id as uuid)
            and allocation.allocation_period_start = cast(:period_start as timestamptz)
        union all
        select event.source_id
        from proration_event as event
        where event.user_id = cast(:user_id as uuid)
            and event.subscription_id = cast(:subscription_id as uuid)
            and event.allowance_start = cast(:period_start as timestamptz)
    )
    and source.expiry_posted_at is null
order by source.effective_at desc, source.created_at desc, source.id;
