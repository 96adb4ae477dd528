-- Note how far the topics are in the current generation: ARGV[3] and what follows are names and what is said of each.
local at, refused = generation()
if refused then
  return refused
end
local key = at .. 'checkpoint'
for i = 3, #ARGV, 1000 do -- Lua takes no more than some thousands at once
  redis.call('HSET', key, unpack(ARGV, i, math.min(i + 999, #ARGV)))
end
keep(key)
return 1
