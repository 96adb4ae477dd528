-- Close session ARGV[3]: its tombstone lives until ARGV[4] (milliseconds since 1970) at least.
local at, beside, refused = generations()
if refused then
  return refused
end

local function close(keys)
  local session = keys .. 'session:' .. ARGV[3]
  local tombstone = keys .. 'closed:' .. ARGV[3]
  local cards = redis.call('HGET', session, 'cards')
  if cards then
    for card in string.gmatch(cards, '%S+') do
      redis.call('SREM', keys .. 'card:' .. card, ARGV[3])
    end
  end
  redis.call('DEL', session)
  redis.call('SETNX', tombstone, '1')
  keep_until(tombstone, tonumber(ARGV[4]))
end

close(at)
if beside then
  close(beside)
end
return 1
