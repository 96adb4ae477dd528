-- Close session ARGV[3]: its tombstone lives until ARGV[4] (milliseconds since 1970) at least.
local at, refused = generation()
if refused then
  return refused
end
local session = at .. 'session:' .. ARGV[3]
local tombstone = at .. 'closed:' .. ARGV[3]
local gone = lost(session) or lost(tombstone)
if gone then
  return gone
end
local cards = redis.call('HGET', session, 'cards')
if cards then
  for name in string.gmatch(cards, '%S+') do
    local card = at .. 'card:' .. name
    gone = lost(card)
    if gone then
      return gone
    end
    redis.call('SREM', card, ARGV[3])
    is_over(card)
  end
end
redis.call('DEL', session)
is_over(session)
redis.call('SETNX', tombstone, '1')
keep_until(tombstone, tonumber(ARGV[4]))
return 1
