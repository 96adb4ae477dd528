-- What is kept of each open session under one of the cards ARGV[3...], each followed by the stop that has it, or ''.
local at, refused = generation()
if refused then
  return refused
end
local seen, found = {}, {}
for i = 3, #ARGV do
  local card = at .. 'card:' .. ARGV[i]
  local ids = redis.call('SMEMBERS', card)
  local gone = #ids == 0 and lost_if_none(card)
  if gone then
    return gone
  end
  for _, id in ipairs(ids) do
    local key = at .. 'session:' .. id
    local session = redis.call('HMGET', key, 'entry', 'claimed_by')
    if not session[1] then
      gone = lost(key)
      if gone then
        return gone
      end
      redis.call('SREM', card, id) -- its time is over
      is_over(card)
    elseif not seen[id] then
      seen[id] = true
      found[#found + 1] = session[1]
      found[#found + 1] = session[2] or ''
    end
  end
end
return found
