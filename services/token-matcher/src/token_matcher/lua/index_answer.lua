-- Keep ARGV[4] as the answer to stop ARGV[3] for ARGV[5] milliseconds, unless there is one. The answer that is kept.
local at, beside, refused = generations()
if refused then
  return refused
end
redis.call('SET', at .. 'answer:' .. ARGV[3], ARGV[4], 'NX', 'PX', ARGV[5])
local kept = redis.call('GET', at .. 'answer:' .. ARGV[3])
if beside then
  redis.call('SET', beside .. 'answer:' .. ARGV[3], kept, 'PX', ARGV[5])
end
return kept
