-- Takes the lock for which all redemptions of a coupon wait.
select cast(lock_coupon(coupon.id) as text) as locked
from coupon
where coupon.code = cast(:code as text);
