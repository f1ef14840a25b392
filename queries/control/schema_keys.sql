-- Every primary and foreign key there is: its columns in order, and what they point to,
-- without the tables that belong to libraries.
select
    class.relname::text as table_name,
    constraints.contype = 'p' as is_primary,
    array(
        select attribute.attname::text
        from unnest(constraints.conkey) with ordinality as key (number, place)
        join pg_attribute as attribute
            on attribute.attrelid = constraints.conrelid and attribute.attnum = key.number
        order by key.place
    ) as columns,
    target.relname::text as target_table,
    array(
        select attribute.attname::text
        from unnest(constraints.confkey) with ordinality as key (number, place)
        join pg_attribute as attribute
            on attribute.attrelid = constraints.confrelid and attribute.attnum = key.number
        order by key.place
    ) as target_columns
from pg_constraint as constraints
join pg_class as class on class.oid = constraints.conrelid
left join pg_class as target on target.oid = constraints.confrelid
where constraints.connamespace = 'public'::regnamespace
    and constraints.contype in ('p', 'f')
    and class.relname not in (
        'alembic_version', 'procrastinate_jobs', 'procrastinate_events', 'procrastinate_periodic_defers',
        'procrastinate_workers'
    )
order by class.relname, constraints.conname;
