-- Finding a customer as somebody types, and leafing through one customer's life. Indexes alone: nothing to keep
-- up by hand, nothing to forget when a person is erased, and no extension.

-- A name is found by the start of each of its first eight words; users_name_prefix knows the first. Most names have
-- two, so the others stay nearly empty. A search writes the same expressions (queries/support/customers_found.sql).
create index users_name_word_2 on users (substring(lower(name) from '^(?:[^\s-]+[\s-]+){1}(\S.*)$') text_pattern_ops)
where substring(lower(name) from '^(?:[^\s-]+[\s-]+){1}(\S.*)$') is not null;
create index users_name_word_3 on users (substring(lower(name) from '^(?:[^\s-]+[\s-]+){2}(\S.*)$') text_pattern_ops)
where substring(lower(name) from '^(?:[^\s-]+[\s-]+){2}(\S.*)$') is not null;
create index users_name_word_4 on users (substring(lower(name) from '^(?:[^\s-]+[\s-]+){3}(\S.*)$') text_pattern_ops)
where substring(lower(name) from '^(?:[^\s-]+[\s-]+){3}(\S.*)$') is not null;
create index users_name_word_5 on users (substring(lower(name) from '^(?:[^\s-]+[\s-]+){4}(\S.*)$') text_pattern_ops)
where substring(lower(name) from '^(?:[^\s-]+[\s-]+){4}(\S.*)$') is not null;
create index users_name_word_6 on users (substring(lower(name) from '^(?:[^\s-]+[\s-]+){5}(\S.*)$') text_pattern_ops)
where substring(lower(name) from '^(?:[^\s-]+[\s-]+){5}(\S.*)$') is not null;
create index users_name_word_7 on users (substring(lower(name) from '^(?:[^\s-]+[\s-]+){6}(\S.*)$') text_pattern_ops)
where substring(lower(name) from '^(?:[^\s-]+[\s-]+){6}(\S.*)$') is not null;
create index users_name_word_8 on users (substring(lower(name) from '^(?:[^\s-]+[\s-]+){7}(\S.*)$') text_pattern_ops)
where substring(lower(name) from '^(?:[^\s-]+[\s-]+){7}(\S.*)$') is not null;
create index users_registered on users (registered_at, id);

-- A deduction has no usage row by which its request could be found.
create index credit_deduction_ledger_deducted_request on credit_deduction_ledger (request_id) where reason = 'deduct';

-- What moved no credits stands in the timeline too: unpriced, failed, with the customer's own key, uncovered.
create index token_usage_ledger_without_entry on token_usage_ledger (user_id, created_at, request_id)
where deduction_seq is null;
create index usage_correction_customer on usage_correction (user_id, created_at);
