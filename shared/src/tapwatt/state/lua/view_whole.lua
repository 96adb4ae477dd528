-- Whether the view is whole. Each time some of what it should have is looked for, ARGV[3] keys of the register at most,
-- so that a key that is lost is noticed before it is asked for. ARGV[4] is how often (milliseconds) that is done.
local generation = whole()
if not generation then
  return 0
end
local at, register, now = keys_of(generation), register_of(generation), milliseconds()
local many = tonumber(ARGV[3])
if not redis.call('ZSCORE', register, '') then
  return gives_up(generation, '')
end
for _, name in ipairs(redis.call('ZRANGEBYSCORE', register, '-inf', now - SLACK, 'LIMIT', 0, many)) do
  if redis.call('EXISTS', at .. name) == 0 then
    redis.call('ZREM', register, name)
  end
end
-- Which part has its turn follows from the time, so that nothing has to be kept of it.
local parts = math.ceil(redis.call('ZCARD', register) / many)
local first = (math.floor(now / tonumber(ARGV[4])) % parts) * many
local names = redis.call('ZRANGE', register, first, first + many - 1, 'WITHSCORES')
local keys = {}
for i = 1, #names, 2 do
  if names[i] ~= '' and tonumber(names[i + 1]) > now + SLACK then
    keys[#keys + 1] = at .. names[i]
  end
end
-- Asked for a thousand at once, and one by one only where one of them is not there: ten times as quick.
for i = 1, #keys, 1000 do
  local last = math.min(i + 999, #keys)
  if redis.call('EXISTS', unpack(keys, i, last)) < last - i + 1 then
    for j = i, last do
      local gone = lost(keys[j])
      if gone then
        return gone
      end
    end
  end
end
-- Written, too: a Redis that can be read and not written (a replica, one that is full) is of no use to anybody.
redis.call('HSET', KEYS[1], 'looked', now)
return 1
