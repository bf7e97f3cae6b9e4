alter table outside_calendars enable row level security;
alter table outside_calendars force row level security;
create policy of_chain on outside_calendars
    using (chain_id = nullif(nullif(current_setting('hairline.chain', true), ''), 'system')::uuid);
create policy of_system on outside_calendars using (current_setting('hairline.chain', true) = 'system');
