-- Keep ARGV[4] as the answer to stop ARGV[3] for ARGV[5] milliseconds, unless there is one. The answer that is kept.
local at, refused = generation()
if refused then
  return refused
end
redis.call('SET', at .. 'answer:' .. ARGV[3], ARGV[4], 'NX', 'PX', ARGV[5])
return redis.call('GET', at .. 'answer:' .. ARGV[3])
