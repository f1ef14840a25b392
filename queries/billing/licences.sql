-- Licences, the newest first: all, one, or those of a state or of whom a text names.
select
    license.id as license_id,
    license.user_id as customer_id,
    users.name as customer,
    users.email,
    license.key_tail,
    license.status,
    license.purchase_price_usd as price_usd,
    license.purchased_version,
    license.eligible_until_version as reaches,
    license.byok_enabled,
    license.max_activations as seats,
    license.purchased_at,
    license.ended_at,
    license.ended_cause,
    (
        select count(*) from license_activation as device
        where device.user_id = license.user_id and device.license_id = license.id and device.status = 'active'
    ) as devices,
    (
        select coalesce(sum(upgrade_price_usd), 0) from version_upgrade as upgrade
        where upgrade.user_id = license.user_id and upgrade.license_id = license.id
    ) as upgrades_usd
from perpetual_license as license
join users on users.id = license.user_id
where (cast(:license_id as uuid) is null or license.id = cast(:license_id as uuid))
    and (cast(:status as text) is null or license.status = cast(:status as text))
    and (
        cast(:typed as text) is null
        or starts_with(lower(users.email), lower(cast(:typed as text)))
        or starts_with(lower(users.name), lower(cast(:typed as text)))
        or license.key_tail = upper(cast(:typed as text))
    )
order by license.purchased_at desc, license.user_id, license.id
limit cast(:most as integer);
