-- Make the build ARGV[2] current. Said twice it is still current, though no longer being built.
if whole() == ARGV[2] then
  return 1
end
local _, refused = generation()
if refused then
  return refused
end
local before = redis.call('HGET', KEYS[1], 'generation')
if before and before ~= ARGV[2] then
  redis.call('SADD', KEYS[1] .. ':superseded', before)
end
redis.call('HSET', KEYS[1], 'generation', ARGV[2], 'server', server())
redis.call('HDEL', KEYS[1], 'building', 'building_server', 'resumer')
redis.call('DEL', KEYS[1] .. ':lease')
return 1
