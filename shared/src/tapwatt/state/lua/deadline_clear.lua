-- Name ARGV[4] is not due any more among those of kind ARGV[3].
local at, refused = generation()
if refused then
  return refused
end
redis.call('ZREM', at .. 'due:' .. ARGV[3], ARGV[4])
return 1
