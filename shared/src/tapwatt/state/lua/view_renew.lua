-- Lease the build ARGV[2] for another ARGV[3] milliseconds; a lapsed lease is taken again if nobody else has begun.
local _, refused = generation()
if refused then
  return refused
end
redis.call('SET', KEYS[1] .. ':lease', ARGV[2], 'PX', ARGV[3])
return 1
