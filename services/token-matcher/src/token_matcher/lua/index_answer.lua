-- Keep ARGV[4] as the answer to stop ARGV[3] for ARGV[5] milliseconds, unless there is one. The answer that is kept.
local at, refused = generation()
if refused then
  return refused
end
local key = at .. 'answer:' .. ARGV[3]
local gone = lost(key)
if gone then
  return gone
end
if redis.call('SETNX', key, ARGV[4]) == 1 then
  keep_until(key, milliseconds() + tonumber(ARGV[5]))
end
return redis.call('GET', key)
