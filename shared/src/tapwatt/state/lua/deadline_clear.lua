-- Name ARGV[4] is not due any more among those of kind ARGV[3].
local at, refused = generation()
if refused then
  return refused
end
local key = at .. 'due:' .. ARGV[3]
local gone = lost(key)
if gone then
  return gone
end
redis.call('ZREM', key, ARGV[4])
is_over(key)
return 1
