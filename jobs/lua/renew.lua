-- Renews leases. One that is missing together with its job (Redis was emptied) is taken again; so is one that is missing
-- in a new life of Redis that has handed nothing out yet.
-- ARGV: seconds of a lease, then user, token, job for each. Returns the tokens of those that are lost.
local seconds, lost = ARGV[1], {}
local opens_at = tonumber(redis.call('HGET', RUN, 'opens'))
local closed = opens_at and opens_at > NOW
for i = 2, #ARGV, 3 do
  local user, token, job = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local owner = redis.call('HGET', OWNER, user)
  if owner == token or (not owner and (closed or redis.call('EXISTS', JOB .. job) == 0)) then
    -- First what takes no memory: a full Redis refuses a script at its first write only.
    redis.call('ZREM', DUE, user)
    redis.call('ZADD', LEASE, NOW + seconds, user)
    redis.call('HSET', OWNER, user, token)
    redis.call('HSET', RUNNING, user, job)
  else
    lost[#lost + 1] = token
  end
end
return lost
