-- Stops a coupon or a campaign, and hides it where it is deleted.
select stop_coupon(cast(:coupon_id as uuid), cast(:campaign_id as uuid), cast(:deletes as boolean), cast(:at as timestamptz)) as stopped;
