-- Put before every script that reads or writes a view. KEYS[1] is the view's marker, a hash that says which
-- generation of keys is current, for which epoch and by which server process it was made whole, and which
-- generation is being built. ARGV[1] is the caller's epoch and, after a space, the server process that its connection
-- leads to, where it knows; ARGV[2] is '' or the build that it writes into.
-- Keys of a generation begin with KEYS[1] and so share its hash tag. Arguments of the script proper begin at ARGV[3].
local EPOCH, SERVER = string.match(ARGV[1], '^(%S+) ?(%x*)$')

local function server()
  if SERVER ~= '' then
    return SERVER
  end
  return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
end

local function keys_of(generation)
  return KEYS[1] .. ':' .. generation .. ':'
end

-- Whether the marker says that the view is whole, here and now: not flushed, not another server's promise
-- (a restart or a failover may have lost writes it had acknowledged), not of another epoch.
local function whole()
  local marker = redis.call('HMGET', KEYS[1], 'generation', 'epoch', 'server')
  if marker[1] and marker[2] == EPOCH and marker[3] == server() then
    return marker[1]
  end
  return nil
end

local function being_built()
  local marker = redis.call('HMGET', KEYS[1], 'building', 'epoch', 'building_server')
  if marker[1] and marker[2] == EPOCH and marker[3] == server() then
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

local moment_of_script

local function milliseconds()
  if not moment_of_script then
    local time = redis.call('TIME')
    moment_of_script = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  end
  return moment_of_script
end

-- Every key of a generation is noted in the generation's register, with the moment until which it lives. A key that
-- the register has and Redis has not was lost: evicted, deleted by hand. Of the register itself that is seen by the
-- member '', which it has from the beginning (docs/adr/0013).
local SLACK = 1000 -- milliseconds in which a key may be over a little before or after its moment

local FOR_GOOD = '9007199254740991' -- milliseconds since 1970 that never come

local function parts_of(key)
  return string.match(string.sub(key, #KEYS[1] + 2), '^([^:]*):(.*)$')
end

local function register_of(generation)
  return keys_of(generation) .. 'register'
end

-- Let a key live until then (milliseconds since 1970), though it would live longer.
local function end_at(key, moment)
  local generation, name = parts_of(key)
  redis.call('PEXPIREAT', key, string.format('%.0f', moment))
  redis.call('ZADD', register_of(generation), string.format('%.0f', moment), name)
end

-- Let a key live until then, never shorter than it would.
local function keep_until(key, moment)
  local left = redis.call('PTTL', key)
  if left < 0 or milliseconds() + left < moment then
    end_at(key, moment)
  end
end

-- Let a key live until it is empty.
local function keep(key)
  local generation, name = parts_of(key)
  redis.call('ZADD', register_of(generation), FOR_GOOD, name)
end

-- It is right that this key is not there, if it is not.
local function is_over(key)
  if redis.call('EXISTS', key) == 0 then
    local generation, name = parts_of(key)
    redis.call('ZREM', register_of(generation), name)
  end
end

local function set_aside(field)
  local generation = redis.call('HGET', KEYS[1], field)
  if generation then
    redis.call('SADD', KEYS[1] .. ':superseded', generation)
    redis.call('HDEL', KEYS[1], field)
  end
end

-- What to say of a key that is not there though it should be: from now on its generation is not believed any more.
local function gives_up(generation, name)
  -- one that is brought up to date is both
  if generation == redis.call('HGET', KEYS[1], 'building') then
    set_aside('building')
    redis.call('DEL', KEYS[1] .. ':lease')
  end
  if generation == redis.call('HGET', KEYS[1], 'generation') then
    set_aside('generation')
  end
  return redis.error_reply('LOST ' .. (string.match(name, '^[^:]*')))
end

-- What to answer of a key that is not there if it was lost, and nothing if it is rightly not there. Asked before it is
-- said that there is none.
local function lost_if_none(key)
  local generation, name = parts_of(key)
  local moments = redis.call('ZMSCORE', register_of(generation), name, '')
  if moments[2] and not (moments[1] and tonumber(moments[1]) > milliseconds() + SLACK) then
    return nil
  end
  return gives_up(generation, name)
end

-- The same of a key that may be there. Asked before it is made.
local function lost(key)
  return redis.call('EXISTS', key) == 0 and lost_if_none(key) or nil
end
