-- Stands before every script. All time is the server's own; a generation is a time in microseconds that only rises.
local clock = redis.call('TIME')
local micros = clock[1] * 1000000 + clock[2]
local now = math.floor(micros / 1000)

-- What is remembered of a key without a value: its highest generation, and why the value went.
local REMEMBER_MS = 3600000

-- The head of every stored value, as envelope.ts reads it: a mark, five doubles, and a checksum of these (Adler-32).
local HEAD = '>c4ddddd'
local HEAD_BYTES = 48
local MARK = 'fp2\0'

local function checksum(bytes)
  local a, b = 1, 0
  for i = 1, HEAD_BYTES - 4 do
    a = (a + string.byte(bytes, i)) % 65521
    b = (b + a) % 65521
  end
  return b * 65536 + a
end

-- Answers with generation, fresh until, for how long it is of use after that, the newest invalidation that was known when its
-- computation began, and since when it has been expired on demand (0: it has not); nil for what is none of ours.
local function head(value)
  if not value or #value < HEAD_BYTES or string.sub(value, 1, 4) ~= MARK then return nil end
  local _, generation, fresh, stale_for, stamp, expired, at = struct.unpack(HEAD, value)
  if struct.unpack('>I4', value, at) ~= checksum(value) then return nil end
  return generation, fresh, stale_for, stamp, expired
end

local function make_head(generation, fresh, stale_for, stamp, expired)
  local first = struct.pack(HEAD, MARK, generation, fresh, stale_for, stamp, expired)
  return first .. struct.pack('>I4', checksum(first))
end

local function after(highest)
  return math.max(highest + 1, micros)
end

-- Lua itself prints 1.8e+15.
local function whole(number)
  return string.format('%.0f', number)
end

-- Keeps a key for so long at least.
local function keep(key, ms)
  if redis.call('PTTL', key) < ms then redis.call('PEXPIRE', key, ms) end
end

-- A message is a hint: who gets none looks again when its timer ends. (In a cluster it reaches every node.)
local function wake(waiters, inboxes, digest)
  for _, inbox in ipairs(redis.call('SMEMBERS', waiters)) do
    redis.call('PUBLISH', inboxes .. inbox, digest)
  end
  redis.call('DEL', waiters)
end
