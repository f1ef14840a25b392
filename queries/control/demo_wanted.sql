-- Whether nobody has used this database yet, or loading the demo was broken off.
select
    (not exists (select from users) and not exists (select from operator))
    or exists (select from setting where key = 'demo' and value = '"loading"') as is_wanted;
