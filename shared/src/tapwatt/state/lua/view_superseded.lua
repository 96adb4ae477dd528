-- The generations to be removed. With ARGV[3], one that has been removed is forgotten first.
if ARGV[3] then
  redis.call('SREM', KEYS[1] .. ':superseded', ARGV[3])
end
return redis.call('SMEMBERS', KEYS[1] .. ':superseded')
