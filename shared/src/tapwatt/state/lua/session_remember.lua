-- Remember of session ARGV[3], as field ARGV[4], the value ARGV[5] for at least ARGV[6] milliseconds.
-- The first value stays.
local at, refused = generation()
if refused then
  return refused
end
local key = at .. 'session:' .. ARGV[3]
local gone = lost(key)
if gone then
  return gone
end
local moment = milliseconds() + tonumber(ARGV[6])
redis.call('HSETNX', key, ARGV[4], ARGV[5])
keep_until(key, moment)
return redis.call('HGETALL', key)
