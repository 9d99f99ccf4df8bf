-- Marks a claimed job as started, if the lease is still ours.
-- ARGV: user, token, job, worker name, ISO time. Returns 1 when the job may run.
local user, token, job = ARGV[1], ARGV[2], ARGV[3]
if redis.call('HGET', OWNER, user) ~= token or redis.call('EXISTS', JOB .. job) == 0 then return 0 end
-- First what takes no memory: a full Redis refuses a script at its first write only, and this lane is claimed.
redis.call('DEL', STARTED .. user)
redis.call('HSET', JOB .. job, 'status', 'started', 'worker_name', ARGV[4], 'started_at', ARGV[5], 'since', NOW)
redis.call('ZADD', STARTED .. user, '+inf', job .. ':' .. token)
return 1
