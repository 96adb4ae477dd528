-- Give session ARGV[3] to stop ARGV[4], unless another stop has it, and answer which has it; nothing if it is not open.
-- A generation that is being built may hear of the claim before the session: it keeps the claim for ARGV[5] milliseconds.
local at, refused = generation()
if refused then
  return refused
end
local session = at .. 'session:' .. ARGV[3]
local closed = at .. 'closed:' .. ARGV[3]
local gone = lost(session) or lost(closed)
if gone then
  return gone
end
local opened = redis.call('HEXISTS', session, 'entry') == 1
if ARGV[2] == '' and not opened then
  return false
end
if redis.call('EXISTS', closed) == 0 then
  redis.call('HSETNX', session, 'claimed_by', ARGV[4])
  if not opened then
    keep_until(session, milliseconds() + tonumber(ARGV[5]))
  end
end
return redis.call('HGET', session, 'claimed_by')
