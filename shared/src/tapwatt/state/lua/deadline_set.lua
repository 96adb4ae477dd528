-- Name ARGV[4] is due among those of kind ARGV[3] at ARGV[5] (milliseconds since 1970). The first time stands.
local at, refused = generation()
if refused then
  return refused
end
redis.call('ZADD', at .. 'due:' .. ARGV[3], 'NX', ARGV[5], ARGV[4])
return 1
