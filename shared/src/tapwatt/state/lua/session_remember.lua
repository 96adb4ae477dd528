-- Remember of session ARGV[3], as field ARGV[4], the value ARGV[5] for at least ARGV[6] milliseconds.
-- The first value stays. What stands in the current generation is what a build beside it is told.
local at, beside, refused = generations()
if refused then
  return refused
end
local key = at .. 'session:' .. ARGV[3]
local moment = milliseconds() + tonumber(ARGV[6])
redis.call('HSETNX', key, ARGV[4], ARGV[5])
keep_until(key, moment)
if beside then
  local other = beside .. 'session:' .. ARGV[3]
  redis.call('HSET', other, ARGV[4], redis.call('HGET', key, ARGV[4]))
  keep_until(other, moment)
end
return redis.call('HGETALL', key)
