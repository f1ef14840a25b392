-- Whether these books were opened with the demo's invented company.
select exists (select from setting where key = 'demo') as is_demo;
