alter table seals enable row level security;
alter table seals force row level security;
create policy of_chain on seals
    using (chain_id = nullif(nullif(current_setting('hairline.chain', true), ''), 'system')::uuid);
create policy of_system on seals using (current_setting('hairline.chain', true) = 'system');

create trigger seals_stay before update or delete on seals
    for each row execute function history_is_only_added_to();
-- Rows that are truncated away call no trigger of theirs.
create trigger seals_remain before truncate on seals execute function history_is_only_added_to();
create trigger events_remain before truncate on events execute function history_is_only_added_to();
