-- What came of the attempts at one coupon.
select outcome, count(*) as attempts, count(distinct user_id) as customers, max(attempted_at) as last_at
from coupon_attempt
where coupon_id = cast(:coupon_id as uuid)
group by outcome
order by count(*) desc, outcome;
