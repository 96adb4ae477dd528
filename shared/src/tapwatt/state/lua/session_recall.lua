-- All that is known of session ARGV[3].
local at, refused = generation()
if refused then
  return refused
end
local key = at .. 'session:' .. ARGV[3]
local known = redis.call('HGETALL', key)
return #known == 0 and lost_if_none(key) or known
