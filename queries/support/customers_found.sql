-- Customers whose e-mail address, name, or a later word of the name starts like this, read from one index each
-- and no further than needed. `others` are the remaining words of the question as patterns, in any order.
with

matching as (
    (
        select id, 1 as place
        from users
        where lower(email) ~>=~ :start
            and lower(email) ~<~ :stop
            and ' ' || translate(lower(name), '-', ' ') like all(cast(:others as text[]))
        order by lower(email) using ~<~
        limit :most
    )
    union all
    (
        select id, 2
        from users
        where lower(name) ~>=~ :start
            and lower(name) ~<~ :stop
            and ' ' || translate(lower(name), '-', ' ') like all(cast(:others as text[]))
        order by lower(name) using ~<~
        limit :most
    )
    union all
    (
        select id, 3
        from users
        where substring(lower(name) from '^(?:[^\s-]+[\s-]+){1}(\S.*)$') ~>=~ :start
            and substring(lower(name) from '^(?:[^\s-]+[\s-]+){1}(\S.*)$') ~<~ :stop
            and ' ' || translate(lower(name), '-', ' ') like all(cast(:others as text[]))
        order by substring(lower(name) from '^(?:[^\s-]+[\s-]+){1}(\S.*)$') using ~<~
        limit :most
    )
    union all
    (
        select id, 4
        from users
        where substring(lower(name) from '^(?:[^\s-]+[\s-]+){2}(\S.*)$') ~>=~ :start
            and substring(lower(name) from '^(?:[^\s-]+[\s-]+){2}(\S.*)$') ~<~ :stop
            and ' ' || translate(lower(name), '-', ' ') like all(cast(:others as text[]))
        order by substring(lower(name) from '^(?:[^\s-]+[\s-]+){2}(\S.*)$') using ~<~
        limit :most
    )
    union all
    (
        select id, 5
        from users
        where substring(lower(name) from '^(?:[^\s-]+[\s-]+){3}(\S.*)$') ~>=~ :start
            and substring(lower(name) from '^(?:[^\s-]+[\s-]+){3}(\S.*)$') ~<~ :stop
            and ' ' || translate(lower(name), '-', ' ') like all(cast(:others as text[]))
        order by substring(lower(name) from '^(?:[^\s-]+[\s-]+){3}(\S.*)$') using ~<~
        limit :most
    )
    union all
    (
        select id, 6
        from users
        where substring(lower(name) from '^(?:[^\s-]+[\s-]+){4}(\S.*)$') ~>=~ :start
            and substring(lower(name) from '^(?:[^\s-]+[\s-]+){4}(\S.*)$') ~<~ :stop
            and ' ' || translate(lower(name), '-', ' ') like all(cast(:others as text[]))
        order by substring(lower(name) from '^(?:[^\s-]+[\s-]+){4}(\S.*)$') using ~<~
        limit :most
    )
    union all
    (
        select id, 7
        from users
        where substring(lower(name) from '^(?:[^\s-]+[\s-]+){5}(\S.*)$') ~>=~ :start
            and substring(lower(name) from '^(?:[^\s-]+[\s-]+){5}(\S.*)$') ~<~ :stop
            and ' ' || translate(lower(name), '-', ' ') like all(cast(:others as text[]))
        order by substring(lower(name) from '^(?:[^\s-]+[\s-]+){5}(\S.*)$') using ~<~
        limit :most
    )
    union all
    (
        select id, 8
        from users
        where substring(lower(name) from '^(?:[^\s-]+[\s-]+){6}(\S.*)$') ~>=~ :start
            and substring(lower(name) from '^(?:[^\s-]+[\s-]+){6}(\S.*)$') ~<~ :stop
            and ' ' || translate(lower(name), '-', ' ') like all(cast(:others as text[]))
        order by substring(lower(name) from '^(?:[^\s-]+[\s-]+){6}(\S.*)$') using ~<~
        limit :most
    )
    union all
    (
        select id, 9
        from users
        where substring(lower(name) from '^(?:[^\s-]+[\s-]+){7}(\S.*)$') ~>=~ :start
            and substring(lower(name) from '^(?:[^\s-]+[\s-]+){7}(\S.*)$') ~<~ :stop
            and ' ' || translate(lower(name), '-', ' ') like all(cast(:others as text[]))
        order by substring(lower(name) from '^(?:[^\s-]+[\s-]+){7}(\S.*)$') using ~<~
        limit :most
    )
),

best as (
    select id, min(place) as place
    from matching
    group by id
    order by place, id
    limit :most
)

select
    users.id as customer_id,
    users.name,
    users.email,
    users.status,
    tier.display_name as tier_title,
    coalesce(balance.amount, 0) as balance
from best
join users on users.id = best.id
join tier on tier.name = tier_at(users.id, cast(:now as timestamptz))
left join user_credit_balance as balance on balance.user_id = users.id
order by best.place, lower(users.email) = cast(:whole as text) desc, lower(users.name), users.id;
