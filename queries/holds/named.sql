-- Whom and what a question names; null for what nobody knows.
select
    customer_named(cast(:customer as text)) as user_id,
    (select id from providers where name = cast(:provider as text)) as provider_id;
