-- Posts the expiry of every grant whose time and grace are over.
select post_expiries(cast(:now as timestamptz), cast(:grace as interval)) as posted;
