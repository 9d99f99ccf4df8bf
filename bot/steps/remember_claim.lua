-- Writes a claim down as the user's latest, if what is known here is the claim before it.
-- KEYS: the hash of claims. ARGV: user, generation, number, mark, since when the user is there, now, 1 to write anyhow.
-- Returns 1 if it is written, and what was known before.
local key, user, generation, number, mark = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
redis.call('HSETNX', key, '*', ARGV[6])
local known = redis.call('HGET', key, user)
local fits = ARGV[7] == '1' or known == mark
if not fits and known then
  local known_generation, known_number = string.match(known, '^([^:]*):(%d+):')
  fits = known_generation == generation and tonumber(known_number) == number - 1
elseif not fits then
  -- Nothing is known of users who came later than this memory began: they have done nothing yet.
  fits = number == 1 and tonumber(ARGV[5]) >= tonumber(redis.call('HGET', key, '*'))
end
if fits then redis.call('HSET', key, user, mark) end
return {fits and 1 or 0, known or ''}
