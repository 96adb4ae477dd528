-- Close session ARGV[3]: its tombstone lives until ARGV[4] (milliseconds since 1970) at least.
local at, refused = generation()
if refused then
  return refused
end
local session = at .. 'session:' .. ARGV[3]
local tombstone = at .. 'closed:' .. ARGV[3]
local cards = redis.call('HGET', session, 'cards')
if cards then
  for card in string.gmatch(cards, '%S+') do
    redis.call('SREM', at .. 'card:' .. card, ARGV[3])
  end
end
redis.call('DEL', session)
redis.call('SETNX', tombstone, '1')
keep_until(tombstone, tonumber(ARGV[4]))
return 1
