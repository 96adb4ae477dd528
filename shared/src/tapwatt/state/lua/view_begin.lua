-- Name a build (ARGV[3]) and lease it (ARGV[4] milliseconds); what it replaces is set aside to be removed.
-- Nothing begins while another's lease runs, nor when the view is whole: somebody was quicker.
-- A command sent twice, because its answer was lost, finds its own lease and says yes again.
local lease = KEYS[1] .. ':lease'
local holder = redis.call('GET', lease)
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if epoch and tonumber(epoch) > tonumber(EPOCH) then
  return redis.error_reply('NEWER code holds this view')
end
if epoch == EPOCH and holder and being_built() == holder then
  return holder == ARGV[3] and 1 or 0
end
if whole() then
  return 0
end
if redis.call('HGET', KEYS[1], 'building') == redis.call('HGET', KEYS[1], 'generation') then
  redis.call('HDEL', KEYS[1], 'building') -- it was being brought up to date, and is still what was whole
end
set_aside('building')
if epoch ~= EPOCH then
  -- Code of another epoch must not write into our build: from now on it waits.
  set_aside('generation')
end
redis.call('HSET', KEYS[1], 'epoch', EPOCH, 'building', ARGV[3], 'building_server', server())
redis.call('ZADD', register_of(ARGV[3]), '+inf', '')
redis.call('SET', lease, ARGV[3], 'PX', ARGV[4])
return 1
