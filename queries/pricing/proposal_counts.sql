-- How many proposals are in each state at one instant, and how many of those somebody else must decide.
with

stated as (
    select
        config.id,
        case
            when config.approval_status = 'pending' and config.decide_by <= :now then 'expired'
            when config.approval_status <> 'approved' then config.approval_status
            when config.effective_from > :now then 'scheduled'
            when config.effective_until <= :now then 'superseded'
            else 'active'
        end as state
    from pricing_configs as config
    where not exists (
        select
        from pricing_configs as newer
        where newer.number = config.number and newer.version > config.version
    )
)

select
    state,
    count(*) as proposals,
    count(*) filter (
        where not exists (
            select
            from pricing_config_participant as writer
            where writer.config_id = stated.id and writer.person_id = cast(:person_id as uuid)
        )
    ) as of_others
from stated
group by state;
