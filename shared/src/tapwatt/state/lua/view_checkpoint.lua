-- Note how far the topics are in the current generation: ARGV[3] and what follows are names and what is said of each.
local at, refused = generation()
if refused then
  return refused
end
local key = at .. 'checkpoint'
redis.call('HSET', key, unpack(ARGV, 3))
keep(key)
return 1
