-- Every column of every table there is, as the catalogue knows it. The tables of the migrations and of
-- the job queue belong to their libraries, which have no models here.
select
    class.relname::text as table_name,
    attribute.attname::text as column_name,
    format_type(attribute.atttypid, attribute.atttypmod) as type_name,
    not attribute.attnotnull as nullable
from pg_class as class
join pg_attribute as attribute on attribute.attrelid = class.oid
where class.relnamespace = 'public'::regnamespace
    and class.relkind in ('r', 'p')
    and class.relname not in (
        'alembic_version', 'procrastinate_jobs', 'procrastinate_events', 'procrastinate_periodic_defers',
        'procrastinate_workers'
    )
    and attribute.attnum > 0
    and not attribute.attisdropped
order by class.relname, attribute.attnum;
