-- Closes what nobody decided in time.
select config_id from expire_prices() as config_id;
