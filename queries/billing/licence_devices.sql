-- The devices of a licence, those in their seats first.
select id as device_id, seat, device_name, left(machine_fingerprint, 12) as fingerprint, status, activated_at, deactivated_at
from license_activation
where user_id = :customer_id and license_id = :license_id
order by (status = 'active') desc, activated_at desc, id;
