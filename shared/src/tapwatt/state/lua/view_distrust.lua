-- The generation ARGV[3] is not gone on with: the view is built anew from the log.
for _, field in ipairs({ 'building', 'generation' }) do
  if redis.call('HGET', KEYS[1], field) == ARGV[3] then
    set_aside(field)
  end
end
redis.call('HDEL', KEYS[1], 'building_server')
redis.call('DEL', KEYS[1] .. ':lease')
return 1
