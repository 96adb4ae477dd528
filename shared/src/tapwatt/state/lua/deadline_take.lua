-- The names of kind ARGV[3] that are due at ARGV[4] (milliseconds since 1970), ARGV[5] of them at most. They are due
-- again ARGV[6] milliseconds later, unless they are cleared: whoever took them may die.
local at, refused = generation()
if refused then
  return refused
end
local key = at .. 'due:' .. ARGV[3]
local gone = lost(key)
if gone then
  return gone
end
local names = redis.call('ZRANGEBYSCORE', key, '-inf', ARGV[4], 'LIMIT', 0, ARGV[5])
for _, name in ipairs(names) do
  redis.call('ZADD', key, 'XX', string.format('%.0f', tonumber(ARGV[4]) + tonumber(ARGV[6])), name)
end
return names
