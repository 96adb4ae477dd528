-- Count stop ARGV[4] among those of terminal ARGV[3] in the last ARGV[6] milliseconds; it is now ARGV[5]. Answers 1 if
-- it may go on: it was counted before, or there are fewer than ARGV[7] others.
local at, refused = generation()
if refused then
  return refused
end
local key = at .. 'taps:' .. ARGV[3]
local gone = lost(key)
if gone then
  return gone
end
if redis.call('ZSCORE', key, ARGV[4]) then
  return 1
end
local since = tonumber(ARGV[5]) - tonumber(ARGV[6])
if redis.call('ZCOUNT', key, string.format('%.0f', since), '+inf') >= tonumber(ARGV[7]) then
  return 0
end
redis.call('ZADD', key, ARGV[5], ARGV[4])
redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('(%.0f', since))
keep_until(key, milliseconds() + tonumber(ARGV[6]))
return 1
