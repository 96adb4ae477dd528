-- What is kept of each open session under one of the cards ARGV[3...], each followed by the stop that has it, or ''.
local at, refused = generation()
if refused then
  return refused
end
local seen, found = {}, {}
for i = 3, #ARGV do
  local card = at .. 'card:' .. ARGV[i]
  for _, id in ipairs(redis.call('SMEMBERS', card)) do
    local session = redis.call('HMGET', at .. 'session:' .. id, 'entry', 'claimed_by')
    if not session[1] then
      redis.call('SREM', card, id) -- its time is over
    elseif not seen[id] then
      seen[id] = true
      found[#found + 1] = session[1]
      found[#found + 1] = session[2] or ''
    end
  end
end
return found
