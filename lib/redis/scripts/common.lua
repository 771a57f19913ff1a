-- Stands before every script. All time is the server's own; a generation is a time in microseconds that only rises.
local clock = redis.call('TIME')
local micros = clock[1] * 1000000 + clock[2]
local now = math.floor(micros / 1000)

-- What is remembered of a key without a value: its highest generation, and why the value went.
local REMEMBER_MS = 3600000

-- The head of every stored value, as envelope.ts reads it: a mark, five doubles, and a checksum of these (Adler-32).
local HEAD = '>c4ddddd'
local HEAD_BYTES = 48
local MARK = 'fp1\0'

local function checksum(bytes)
  local a, b = 1, 0
  for i = 1, HEAD_BYTES - 4 do
    a = (a + string.byte(bytes, i)) % 65521
    b = (b + a) % 65521
  end
  return b * 65536 + a
end

-- Answers with generation, fresh until, and until when it is served while it is renewed; nil for what is none of ours.
local function head(value)
  if not value or #value < HEAD_BYTES or string.sub(value, 1, 4) ~= MARK then return nil end
  local _, generation, fresh, renew, _, _, at = struct.unpack(HEAD, value)
  if struct.unpack('>I4', value, at) ~= checksum(value) then return nil end
  return generation, fresh, renew
end

local function after(highest)
  return math.max(highest + 1, micros)
end

-- Lua itself prints 1.8e+15.
local function whole(number)
  return string.format('%.0f', number)
end

-- A message is a hint: who gets none looks again when its timer ends. (In a cluster it reaches every node.)
local function wake(waiters, inboxes, digest)
  for _, inbox in ipairs(redis.call('SMEMBERS', waiters)) do
    redis.call('PUBLISH', inboxes .. inbox, digest)
  end
  redis.call('DEL', waiters)
end
