-- Name ARGV[4] is due among those of kind ARGV[3] at ARGV[5] (milliseconds since 1970). The first time stands.
local at, refused = generation()
if refused then
  return refused
end
local key = at .. 'due:' .. ARGV[3]
local gone = lost(key)
if gone then
  return gone
end
redis.call('ZADD', key, 'NX', ARGV[5], ARGV[4])
keep(key)
return 1
