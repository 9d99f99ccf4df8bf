-- Sees that the lane's step runs at NOW + delay or earlier. One planned step a lane at most.
-- ARGV: user, delay in seconds, meta (JSON or empty), the fields of a new job.
local user, at, meta = ARGV[1], NOW + ARGV[2], ARGV[3]
local step = STEP .. user

local function keep_meta(field)
  if meta == '' then redis.call('HDEL', JOB .. step, field) else redis.call('HSET', JOB .. step, field, meta) end
end

local exists = redis.call('EXISTS', JOB .. step) == 1
if exists and redis.call('HGET', RUNNING, user) == step then
  local again = tonumber(redis.call('HGET', JOB .. step, 'again'))
  if not again or at < again then
    redis.call('HSET', JOB .. step, 'again', at)
    keep_meta('again_meta')
  end
  return
end

local planned = exists and redis.call('ZSCORE', SCHEDULED .. user, step)
if planned then
  if at < tonumber(planned) then
    redis.call('ZADD', SCHEDULED .. user, at, step)
    keep_meta('meta')
  end
elseif not (exists and redis.call('LPOS', QUEUE .. user, step)) then
  create(user, step, 'scheduled', 4)
  redis.call('ZADD', SCHEDULED .. user, at, step)
end
index(user)
