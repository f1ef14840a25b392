-- Whether loading the demo was broken off, so that the database holds a part of it and nothing else.
select exists (select from setting where key = 'demo' and value = '"loading"') as is_broken_off;
