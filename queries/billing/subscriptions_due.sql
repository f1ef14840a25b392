-- Plans for which the clock has something to do, longest due first.
select subscription.user_id, subscription.id as subscription_id
from subscription_monetization as subscription
where subscription.next_due_at <= cast(:now as timestamptz)
order by subscription.next_due_at, subscription.user_id, subscription.id;
