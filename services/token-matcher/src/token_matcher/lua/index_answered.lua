-- The answer that is kept for stop ARGV[3].
local at, refused = generation()
if refused then
  return refused
end
return redis.call('GET', at .. 'answer:' .. ARGV[3])
