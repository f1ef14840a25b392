-- The upgrades of a licence, the newest first.
select from_version, to_version, list_price_usd, upgrade_price_usd as price_usd, discount, purchased_at
from version_upgrade
where user_id = :customer_id and license_id = :license_id
order by purchased_at desc, id;
