-- Puts a job that a person waits for at the front of the lane, once.
-- ARGV: user, job, the fields of the new job. Returns 1 when it was new.
local user, job = ARGV[1], ARGV[2]
if redis.call('EXISTS', JOB .. job) == 1 then return 0 end
create(user, job, 'queued', 3)
to_front(user, job)
index(user)
return 1
