-- What every lane script shares; each script is read after this text. A lane is one user.
-- KEYS: our index, then the prefixes of RQ's own keys, to which a user or a job id is added.
-- Times are Redis's own epoch seconds, so that hosts with drifting clocks agree.
local DUE, LEASE, OWNER, RUNNING, NOTIFICATIONS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local QUEUE, JOB, SCHEDULED, STARTED, FAILED, FINISHED = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11]
local QUEUES, STEP = KEYS[12], KEYS[13]
local TOTALS, MINUTE, RUN = KEYS[14], KEYS[15], KEYS[16]
local MAX_NOTIFICATIONS = 64
local MAX_REST = 1
local MINUTES_KEPT = 4200

local time = redis.call('TIME')
local NOW = time[1] + time[2] / 1000000

-- Puts an idle lane where its earliest job says. A leased lane gets its place back on release.
local function index(user)
  if redis.call('ZSCORE', LEASE, user) then return end
  local at = NOW
  if redis.call('EXISTS', QUEUE .. user) == 0 then
    local first = redis.call('ZRANGE', SCHEDULED .. user, 0, 0, 'WITHSCORES')
    if not first[2] then
      redis.call('ZREM', DUE, user)
      return
    end
    at = tonumber(first[2])
  end
  redis.call('ZADD', DUE, 'LT', at, user)
  if at < NOW + MAX_REST then
    redis.call('LPUSH', NOTIFICATIONS, 1)
    redis.call('LTRIM', NOTIFICATIONS, 0, MAX_NOTIFICATIONS - 1)
  end
end

-- Plans a job whose hash exists; its last run leaves no trace.
local function plan(user, job, at)
  redis.call('HSET', JOB .. job, 'status', 'scheduled')
  redis.call('HDEL', JOB .. job, 'started_at', 'since', 'worker_name', 'again', 'again_meta')
  redis.call('ZADD', SCHEDULED .. user, at, job)
end

local function to_front(user, job)
  redis.call('LPUSH', QUEUE .. user, job)
end

-- Ends a lease; the caller says what becomes of the job and puts the lane in its place.
local function free(user)
  redis.call('ZREM', LEASE, user)
  redis.call('HDEL', OWNER, user)
  redis.call('HDEL', RUNNING, user)
  redis.call('DEL', STARTED .. user)
end

-- Writes the hash of a new job. ARGV from `first` on: field, value, field, value, …
local function create(user, job, status, first)
  -- A full Redis refuses a script at its first write only, so that must be the one that takes memory.
  if redis.call('EXISTS', JOB .. job) == 1 then redis.call('DEL', JOB .. job) end
  redis.call('HSET', JOB .. job, unpack(ARGV, first))
  redis.call('HSET', JOB .. job, 'status', status)
  redis.call('SADD', QUEUES, QUEUE .. user)
end

-- Counts what has happened, of all time and of this minute. Never a script's first write: a full Redis refuses that one.
local function count(what)
  local minute = MINUTE .. math.floor(NOW / 60)
  redis.call('HINCRBY', TOTALS, what, 1)
  if redis.call('HINCRBY', minute, what, 1) == 1 then redis.call('EXPIRE', minute, MINUTES_KEPT) end
end
