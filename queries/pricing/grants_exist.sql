-- Whether anybody was ever granted credits: from then on the unit value is fixed.
select exists (select from user_credit_source) as granted;
