-- The answer that is kept for stop ARGV[3].
local at, refused = generation()
if refused then
  return refused
end
local key = at .. 'answer:' .. ARGV[3]
return redis.call('GET', key) or lost_if_none(key)
