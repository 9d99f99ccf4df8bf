-- Makes this life of Redis known: it was started, emptied or taken over since the last one.
-- ARGV: its run id, seconds of a lease, 1 when the caller has worked in an earlier one. Returns 1 if it was new.
-- Leases that it has forgotten may still be acted under, so for one lease nothing is handed out; their holders renew
-- them meanwhile.
local run, seconds, had_another = ARGV[1], ARGV[2], ARGV[3] == '1'
if redis.call('HGET', RUN, 'run') == run then return 0 end
local opens_at = NOW
if had_another or redis.call('EXISTS', LEASE) == 1 then opens_at = NOW + seconds end
-- First what takes no memory: a full Redis refuses a script at its first write only.
redis.call('HDEL', RUN, 'opens')
redis.call('HSET', RUN, 'run', run, 'opens', opens_at)
return 1
