-- Gives lanes that have jobs and no place in the index their place.
-- ARGV: users. Returns how many had none.
local found = 0
for _, user in ipairs(ARGV) do
  local had = redis.call('ZSCORE', DUE, user)
  index(user)
  if not had and redis.call('ZSCORE', DUE, user) then found = found + 1 end
end
return found
