-- Erases a lane. A running job keeps its lease under an owner that nobody is, so its worker finds that it has lost
-- it and the lane stays shut until the lease ends.
-- ARGV: user
local user = ARGV[1]
for _, job in ipairs(redis.call('LRANGE', QUEUE .. user, 0, -1)) do redis.call('DEL', JOB .. job) end
for _, registry in ipairs({SCHEDULED, FAILED, FINISHED}) do
  for _, job in ipairs(redis.call('ZRANGE', registry .. user, 0, -1)) do redis.call('DEL', JOB .. job) end
end
local running = redis.call('HGET', RUNNING, user)
if running then
  redis.call('DEL', JOB .. running)
  redis.call('HSET', OWNER, user, 'forgotten')
  redis.call('HDEL', RUNNING, user)
end
redis.call('DEL', QUEUE .. user, SCHEDULED .. user, STARTED .. user, FAILED .. user, FINISHED .. user)
redis.call('SREM', QUEUES, QUEUE .. user)
redis.call('ZREM', DUE, user)
