-- Put before every script that reads or writes a view. KEYS[1] is the view's marker, a hash that says which
-- generation of keys is current, for which epoch and by which server process it was made whole, and which
-- generation is being built. ARGV[1] is the caller's epoch; ARGV[2] is '' or the build that it writes into.
-- Keys of a generation begin with KEYS[1] and so share its hash tag. Arguments of the script proper begin at ARGV[3].
local function server()
  return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
end

local function keys_of(generation)
  return KEYS[1] .. ':' .. generation .. ':'
end

-- Whether the marker says that the view is whole, here and now: not flushed, not another server's promise
-- (a restart or a failover may have lost writes it had acknowledged), not of another epoch.
local function whole()
  local marker = redis.call('HMGET', KEYS[1], 'generation', 'epoch', 'server')
  if marker[1] and marker[2] == ARGV[1] and marker[3] == server() then
    return marker[1]
  end
  return nil
end

local function being_built()
  local marker = redis.call('HMGET', KEYS[1], 'building', 'epoch', 'building_server')
  if marker[1] and marker[2] == ARGV[1] and marker[3] == server() then
    return marker[1]
  end
  return nil
end

-- The keys to read and write; or why there are none.
local function generation()
  if ARGV[2] ~= '' then
    if being_built() ~= ARGV[2] then
      return nil, redis.error_reply('SUPERSEDED another rebuild has taken over')
    end
    return keys_of(ARGV[2]), nil
  end
  local current = whole()
  if not current then
    return nil, redis.error_reply('NOTWHOLE the view is being rebuilt')
  end
  return keys_of(current), nil
end

local function milliseconds()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Let a key live until then (milliseconds since 1970), never shorter than it would.
local function keep_until(key, moment)
  local left = redis.call('PTTL', key)
  if left < 0 or milliseconds() + left < moment then
    redis.call('PEXPIREAT', key, string.format('%.0f', moment))
  end
end
