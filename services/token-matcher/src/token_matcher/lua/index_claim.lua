-- Give session ARGV[3] to stop ARGV[4], unless another stop has it, and answer which has it; nothing if it is not open.
-- A build may hear of the claim before the session: it keeps the claim for ARGV[5] milliseconds. What stands in the
-- current generation is what a build beside it is told.
local at, beside, refused = generations()
if refused then
  return refused
end

local function keep(keys, command, holder)
  local session = keys .. 'session:' .. ARGV[3]
  if redis.call('EXISTS', keys .. 'closed:' .. ARGV[3]) == 1 then
    return
  end
  redis.call(command, session, 'claimed_by', holder)
  if redis.call('HEXISTS', session, 'entry') == 0 then
    keep_until(session, milliseconds() + tonumber(ARGV[5]))
  end
end

local session = at .. 'session:' .. ARGV[3]
if ARGV[2] == '' and redis.call('HEXISTS', session, 'entry') == 0 then
  return false
end
keep(at, 'HSETNX', ARGV[4])
local holder = redis.call('HGET', session, 'claimed_by')
if beside and holder then
  keep(beside, 'HSET', holder)
end
return holder
