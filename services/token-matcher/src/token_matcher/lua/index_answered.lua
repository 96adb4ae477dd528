-- The answer that is kept for stop ARGV[3].
local at, refused = generation()
if refused then
  return refused
end
local key = at .. 'answer:' .. ARGV[3]
return lost(key) or redis.call('GET', key)
