create trigger seals_stay before update on seals begin select raise(abort, 'history is only added to'); end;
create trigger seals_remain before delete on seals begin select raise(abort, 'history is only added to'); end;
