-- Leases the lane that has waited longest and hands over its first job; settles the lanes of dead workers.
-- ARGV: token, seconds of the lease. Returns {kind, seconds to the next job of any lane (or empty), user, job, hash of the
-- job}, or {'idle', the same seconds, number of leased lanes}, or {'unregistered'} if this run of Redis has to be registered first.
local token, seconds = ARGV[1], ARGV[2]
local MAX_AT_ONCE = 100
-- A start is counted under the first of these milliseconds that its lag does not pass.
local LAGS = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 60000, 300000, 3600000}

local function seconds_to_next()
  local head = redis.call('ZRANGE', DUE, 0, 0, 'WITHSCORES')
  return head[2] and string.format('%.6f', math.max(0, head[2] - NOW)) or ''
end

local function idle(wait)
  return {'idle', wait, redis.call('ZCARD', LEASE)}
end

local function take(kind, user, job)
  redis.call('ZADD', LEASE, NOW + seconds, user)
  redis.call('HSET', OWNER, user, token)
  redis.call('HSET', RUNNING, user, job)
  return {kind, seconds_to_next(), user, job, redis.call('HGETALL', JOB .. job)}
end

-- A step is safe to run again and a job that never started is too; any other is handed over to be failed.
local function settle(user)
  local job = redis.call('HGET', RUNNING, user)
  local status = job and redis.call('HGET', JOB .. job, 'status')
  if status == 'started' and job ~= STEP .. user then
    local abandoned = take('abandoned', user, job)
    count('lapsed')
    return abandoned
  end
  free(user)
  count('lapsed')
  if status == 'started' then plan(user, job, NOW) elseif status == 'queued' then to_front(user, job) end
  index(user)
end

local function line_up_due_jobs(user)
  local due = redis.call('ZRANGE', SCHEDULED .. user, '-inf', NOW, 'BYSCORE', 'LIMIT', 0, MAX_AT_ONCE)
  for _, job in ipairs(due) do
    redis.call('ZREM', SCHEDULED .. user, job)
    if redis.call('EXISTS', JOB .. job) == 1 then
      redis.call('HSET', JOB .. job, 'status', 'queued')
      redis.call('RPUSH', QUEUE .. user, job)
    end
  end
end

local function count_start(lag)
  local last = #LAGS
  for i = 1, last do
    if i == last or lag <= LAGS[i] / 1000 then return count(LAGS[i]) end
  end
end

local known = redis.call('HMGET', RUN, 'run', 'opens')
if not known[1] then return {'unregistered'} end
-- Who is still at work in a lane may not have renewed the lease yet, so there is one at least.
if tonumber(known[2]) > NOW then return {'idle', string.format('%.6f', known[2] - NOW), 1} end

for _, user in ipairs(redis.call('ZRANGE', LEASE, '-inf', NOW, 'BYSCORE', 'LIMIT', 0, MAX_AT_ONCE)) do
  local abandoned = settle(user)
  if abandoned then return abandoned end
end

for _ = 1, MAX_AT_ONCE do
  local head = redis.call('ZRANGE', DUE, 0, 0, 'WITHSCORES')
  local user = head[1]
  if not user or tonumber(head[2]) > NOW then return idle(seconds_to_next()) end
  redis.call('ZREM', DUE, user)
  if not redis.call('ZSCORE', LEASE, user) then
    line_up_due_jobs(user)
    local job = redis.call('LPOP', QUEUE .. user)
    if job and redis.call('EXISTS', JOB .. job) == 1 then
      count_start(NOW - head[2])
      return take('job', user, job)
    end
    index(user)
  end
end
return idle('0')
