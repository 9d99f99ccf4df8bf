-- Gives a lease back, if it is still ours, and plans the lane's next step in the same moment.
-- ARGV: user, token, seconds to the next step (or empty). Returns 1 when the lease was ours.
-- A job that never started goes back to the head of its line; a finished one is erased.
local user, token, delay = ARGV[1], ARGV[2], tonumber(ARGV[3])
if redis.call('HGET', OWNER, user) ~= token then return 0 end

local function next_step(step)
  local at = delay and NOW + delay
  local again = tonumber(redis.call('HGET', JOB .. step, 'again'))
  local meta = false
  if again and not (at and at <= again) then
    at = again
    meta = redis.call('HGET', JOB .. step, 'again_meta')
  end
  if not at then
    redis.call('DEL', JOB .. step)
    return
  end
  if meta then redis.call('HSET', JOB .. step, 'meta', meta) else redis.call('HDEL', JOB .. step, 'meta') end
  plan(user, step, at)
end

local job = redis.call('HGET', RUNNING, user)
local status = redis.call('HGET', JOB .. job, 'status')
free(user)
if status == 'queued' and not redis.call('LPOS', QUEUE .. user, job) then
  to_front(user, job)
else
  count('ended')
  if status == 'started' and job == STEP .. user then
    next_step(job)
  elseif status == 'started' then
    redis.call('DEL', JOB .. job)
  end
end
redis.call('ZREMRANGEBYSCORE', FAILED .. user, 0, NOW)
index(user)
return 1
