-- Open session ARGV[3], kept as ARGV[4] until ARGV[5] (milliseconds since 1970), under the cards ARGV[6...].
-- A tombstone refuses it; what is open already stays as it is. Answers whether it is open now.
local at, refused = generation()
if refused then
  return refused
end
local session = at .. 'session:' .. ARGV[3]
local closed = at .. 'closed:' .. ARGV[3]
local gone = lost(session) or lost(closed)
for i = 6, #ARGV do
  gone = gone or lost(at .. 'card:' .. ARGV[i])
end
if gone then
  return gone
end
if redis.call('HEXISTS', session, 'entry') == 1 then
  return 1
end
if redis.call('EXISTS', closed) == 1 or tonumber(ARGV[5]) <= milliseconds() then
  return 0
end
local cards = {}
for i = 6, #ARGV do
  local card = at .. 'card:' .. ARGV[i]
  redis.call('SADD', card, ARGV[3])
  keep_until(card, tonumber(ARGV[5]))
  cards[#cards + 1] = ARGV[i]
end
redis.call('HSET', session, 'entry', ARGV[4], 'cards', table.concat(cards, ' '))
end_at(session, tonumber(ARGV[5]))
return 1
