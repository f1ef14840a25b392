-- Credits held before a request, and deductions that ask first.
select 1;
