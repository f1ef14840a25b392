-- Carries out the terms an approved request asks for.
select outcome, coupons, object_id
from apply_coupon_terms(cast(:request_id as uuid));
