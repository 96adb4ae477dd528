-- All that is known of session ARGV[3].
local at, _, refused = generations()
if refused then
  return refused
end
return redis.call('HGETALL', at .. 'session:' .. ARGV[3])
