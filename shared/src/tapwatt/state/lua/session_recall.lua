-- All that is known of session ARGV[3].
local at, refused = generation()
if refused then
  return refused
end
local key = at .. 'session:' .. ARGV[3]
return lost(key) or redis.call('HGETALL', key)
