-- Set the build ARGV[3] aside to be removed and end its lease, if it is still the one being built. One that was only
-- being brought up to date stays: whoever comes next goes on with it.
if redis.call('HGET', KEYS[1], 'building') == ARGV[3] then
  if redis.call('HGET', KEYS[1], 'generation') ~= ARGV[3] then
    redis.call('SADD', KEYS[1] .. ':superseded', ARGV[3])
  end
  redis.call('HDEL', KEYS[1], 'building', 'building_server')
  redis.call('DEL', KEYS[1] .. ':lease')
end
return 1
