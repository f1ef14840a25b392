-- Every column of every table there is, as the catalogue knows it.
select
    class.relname::text as table_name,
    attribute.attname::text as column_name,
    format_type(attribute.atttypid, attribute.atttypmod) as type_name,
    not attribute.attnotnull as nullable
from pg_class as class
join pg_attribute as attribute on attribute.attrelid = class.oid
where class.relnamespace = 'public'::regnamespace
    and class.relkind in ('r', 'p')
    and class.relname <> 'alembic_version'
    and attribute.attnum > 0
    and not attribute.attisdropped
order by class.relname, attribute.attnum;
