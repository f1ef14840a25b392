-- What all licences come to.
select
    count(*) filter (where status = 'active') as active,
    coalesce(sum(purchase_price_usd), 0) as sold_usd,
    (select coalesce(sum(upgrade_price_usd), 0) from version_upgrade) as upgrades_usd,
    (select count(*) from license_activation where status = 'active') as devices,
    count(*) filter (
        where status = 'active'
            and max_activations <= (
                select count(*) from license_activation as device
                where device.user_id = license.user_id and device.license_id = license.id and device.status = 'active'
            )
    ) as full_up
from perpetual_license as license;
