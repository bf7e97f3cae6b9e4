create extension if not exists btree_gist;

-- The wall against double booking, behind the check that every booking makes.
alter table claims add constraint claims_stand_alone
    exclude using gist (resource_id with =, int8range(starts_us, ends_us) with &&) where (exclusive = 1);

create function history_is_only_added_to() returns trigger language plpgsql as
$$ begin raise exception 'history is only added to'; end $$;
create trigger events_stay before update or delete on events
    for each row execute function history_is_only_added_to();

-- A second wall between chains: a transaction sees the rows of the chain it was opened for, whatever its SQL says.
do $$
declare
    name text;
begin
    for name in
        select c.table_name from information_schema.columns c
        where c.table_schema = current_schema() and c.column_name = 'chain_id'
    loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy of_chain on %I using (chain_id = nullif(nullif(current_setting(''hairline.chain'', true), ''''), ''system'')::uuid)', name);
        execute format(
            'create policy of_system on %I using (current_setting(''hairline.chain'', true) = ''system'')', name);
    end loop;
end $$;
