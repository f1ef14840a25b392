-- What somebody moved by hand, newest first: rare among millions of charges, which the list need not read.
create index credit_deduction_ledger_moved_by_hand on credit_deduction_ledger (created_at, user_id, seq)
    where cause is not null;
