-- The settings somebody changed, with who did it and when.
select
    setting.key,
    setting.value,
    operator.name as updated_by,
    setting.updated_at
from setting
left join operator on operator.id = setting.updated_by
order by setting.key;
