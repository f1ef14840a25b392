-- From when one version of a price holds, or is to hold; without a start from its approval on.
select effective_from as starts_at, approval_status = 'approved' as is_approved
from pricing_configs
where id = cast(:config_id as uuid);
