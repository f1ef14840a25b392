-- The next customers of an ended batch who are to be told what they were given back.
select
    customer.user_id,
    customer.deductions,
    customer.credits,
    customer.balance
from take_untold_customers(cast(:batch_id as uuid), cast(:most as integer)) as customer;
