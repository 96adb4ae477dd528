-- Remember of session ARGV[3], as field ARGV[4], the value ARGV[5] for at least ARGV[6] milliseconds.
-- The first value stays; with ARGV[7], that of the latest moment (milliseconds since 1970), which is kept beside it.
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
if not ARGV[7] then
  redis.call('HSETNX', key, ARGV[4], ARGV[5])
else
  local before = redis.call('HGET', key, ARGV[4] .. '@')
  if not before or tonumber(before) < tonumber(ARGV[7]) then
    redis.call('HSET', key, ARGV[4], ARGV[5], ARGV[4] .. '@', ARGV[7])
  end
end
keep_until(key, moment)
return redis.call('HGETALL', key)
