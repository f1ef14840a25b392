-- The accounts of the demo, for the sign-in page of a demo.
select
    email,
    role
from operator
where is_demo
    and status = 'active'
order by role, length(email), email;
