-- All that is known of session ARGV[3].
local at, refused = generation()
if refused then
  return refused
end
return redis.call('HGETALL', at .. 'session:' .. ARGV[3])
