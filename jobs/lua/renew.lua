-- Renews leases. One that is missing together with its job (Redis was emptied) is taken again.
-- ARGV: seconds of a lease, then user, token, job for each. Returns the tokens of those that are lost.
local seconds, lost = ARGV[1], {}
for i = 2, #ARGV, 3 do
  local user, token, job = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local owner = redis.call('HGET', OWNER, user)
  if owner == token or (not owner and redis.call('EXISTS', JOB .. job) == 0) then
    redis.call('ZADD', LEASE, NOW + seconds, user)
    redis.call('HSET', OWNER, user, token)
    redis.call('HSET', RUNNING, user, job)
    redis.call('ZREM', DUE, user)
  else
    lost[#lost + 1] = token
  end
end
return lost
