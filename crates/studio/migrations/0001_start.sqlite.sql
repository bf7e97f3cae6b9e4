-- The wall against double booking, behind the check that every booking makes.
create trigger claims_stand_alone before insert on claims when new.exclusive = 1
begin
    select raise(abort, 'overlap') where exists (
        select 1 from claims
        where resource_id = new.resource_id and exclusive = 1
            and ends_us > new.starts_us and ends_us < new.ends_us + 93600000000 and starts_us < new.ends_us);
end;

create trigger claims_stay_alone before update on claims when new.exclusive = 1
begin
    select raise(abort, 'overlap') where exists (
        select 1 from claims
        where resource_id = new.resource_id and exclusive = 1 and id <> new.id
            and ends_us > new.starts_us and ends_us < new.ends_us + 93600000000 and starts_us < new.ends_us);
end;

create trigger events_stay before update on events begin select raise(abort, 'history is only added to'); end;
create trigger events_remain before delete on events begin select raise(abort, 'history is only added to'); end;
