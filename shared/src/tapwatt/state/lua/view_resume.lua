-- Lease the generation that was whole, for another server of this epoch, to whoever brings it up to date (ARGV[3], for
-- ARGV[4] milliseconds): its name, and then how far it was when that was last noted. Nothing where there is none to go
-- on with, or somebody is at it. What Redis came back with is all of what it had at some moment, so it stands as the
-- view was then, and what was noted with it.
local marker = redis.call('HMGET', KEYS[1], 'generation', 'epoch', 'server', 'building', 'building_server', 'resumer')
local generation, here = marker[1], server()
if not generation or marker[2] ~= EPOCH or marker[3] == here then
  return {}
end
local told = redis.call('HGETALL', keys_of(generation) .. 'checkpoint')
if #told == 0 or not redis.call('ZSCORE', register_of(generation), '') then
  return {}
end
local lease = KEYS[1] .. ':lease'
local leased = redis.call('EXISTS', lease) == 1
if leased and marker[4] and marker[5] == here and not (marker[4] == generation and marker[6] == ARGV[3]) then
  return {}
end
if marker[4] and marker[4] ~= generation then
  set_aside('building')
end
redis.call('HSET', KEYS[1], 'building', generation, 'building_server', here, 'resumer', ARGV[3])
redis.call('SET', lease, generation, 'PX', ARGV[4])
table.insert(told, 1, generation)
return told
