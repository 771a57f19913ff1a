// Made by scripts/generate.mjs from the .lua files beside it: change those.
const COMMON = `-- Stands before every script. All time is the server's own; a generation is a time in microseconds that only rises.
local clock = redis.call('TIME')
local micros = clock[1] * 1000000 + clock[2]
local now = math.floor(micros / 1000)

-- What is remembered of a key without a value: its highest generation, and why the value went.
local REMEMBER_MS = 3600000

-- The head of every stored value, as envelope.ts reads it: a mark, five doubles, and a checksum of these (Adler-32).
local HEAD = '>c4ddddd'
local HEAD_BYTES = 48
local MARK = 'fp2\\0'

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
end`;

/** The scripts by name: each is sent whole, once per server. */
export const LUA = {
  abandon: `${COMMON}
-- KEYS value, lease, waiters. ARGV token, not before (ms from now, 0: as it is), reason, detail, inboxes, digest.
if redis.call('HGET', KEYS[2], 'holder') ~= ARGV[1] then return { 0, micros } end
redis.call('HDEL', KEYS[2], 'holder', 'until')
if tonumber(ARGV[2]) > 0 then redis.call('HSET', KEYS[2], 'notBefore', now + tonumber(ARGV[2])) end
if ARGV[3] ~= '' and redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('HSET', KEYS[2], 'reason', ARGV[3], 'detail', ARGV[4])
end
keep(KEYS[2], tonumber(ARGV[2]) + REMEMBER_MS)
wake(KEYS[3], ARGV[5], ARGV[6])
return { 1, micros }
`,
  board: `${COMMON}
-- The invalidations of tags, tasks and namespaces, each with its number, in one sorted set, so that eviction takes all or nothing.
-- KEYS board, by. ARGV since, kept for (ms), most tags, bus, who asked, groups to invalidate... Answers with the time, the newest
-- number before and after, what came after that one, and the expiries of those groups among it that begin with x.
local since, most = tonumber(ARGV[1]), tonumber(ARGV[3])
local newest = tonumber(redis.call('ZSCORE', KEYS[1], '#newest') or nil)
if not newest then
  -- Nothing is known, so nothing that was written before can be trusted.
  newest = after(since)
  redis.call('ZADD', KEYS[1], newest, '#newest', newest, '#floor')
end
local before = newest

-- Expiries of one group that are told apart at least; a list that is longer than about two dozen of them is made shorter.
local MOST_MARKS, LONG = 16, 750

-- The expiries of a group with one more: 'number:time,...', the oldest first. When there are too many, those nearest to each other by
-- their age are joined, as in expiry-marks.ts.
local function with_mark(group)
  local known = redis.call('HGET', KEYS[2], group)
  if not known then
    -- Where the list was evicted, what had been expired before is of no more use.
    local before = redis.call('ZSCORE', KEYS[1], group)
    known = before and whole(tonumber(before)) .. ':0,' or ''
  end
  known = known .. whole(newest) .. ':' .. whole(now) .. ','
  if #known <= LONG then return known end
  local marks = {}
  for number, time in string.gmatch(known, '(%d+):(%d+),') do marks[#marks + 1] = { number, tonumber(time) } end
  while #marks > MOST_MARKS do
    local least, first = math.huge, 1
    for i = 1, #marks - 1 do
      local time, next_time = marks[i][2], marks[i + 1][2]
      local share = next_time <= time and 0 or (next_time - time) / (now - time)
      if share < least then least, first = share, i end
    end
    marks[first][1] = marks[first + 1][1]
    table.remove(marks, first + 1)
  end
  for i, mark in ipairs(marks) do marks[i] = mark[1] .. ':' .. whole(mark[2]) .. ',' end
  return table.concat(marks)
end

if #ARGV > 5 then
  newest = after(math.max(newest, since)) -- after a failover the server may know less than who asks
  for i = 6, #ARGV do
    redis.call('HSET', KEYS[2], ARGV[i], string.sub(ARGV[i], 1, 1) == 'x' and with_mark(ARGV[i]) or ARGV[5])
    redis.call('ZADD', KEYS[1], newest, ARGV[i])
  end
  redis.call('ZADD', KEYS[1], newest, '#newest')
  redis.call('PUBLISH', ARGV[4], whole(newest))
end

-- Too many tags: the oldest tenth is remembered as one point in time.
if redis.call('ZCARD', KEYS[1]) > most then
  local floor = 0
  local oldest = redis.call('ZRANGE', KEYS[1], 0, math.ceil(most / 10), 'WITHSCORES')
  for i = 1, #oldest, 2 do
    if string.match(oldest[i], '^x?t:') then
      floor = math.max(floor, tonumber(oldest[i + 1]))
      redis.call('ZREM', KEYS[1], oldest[i])
      redis.call('HDEL', KEYS[2], oldest[i])
    end
  end
  floor = math.max(floor, tonumber(redis.call('ZSCORE', KEYS[1], '#tags') or 0))
  redis.call('ZADD', KEYS[1], floor, '#tags')
end

for _, key in ipairs(KEYS) do
  -- An hour late at most: most who ask write nothing.
  if redis.call('PTTL', key) < tonumber(ARGV[2]) - 3600000 then redis.call('PEXPIRE', key, ARGV[2]) end
end
local posted = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '+inf', 'WITHSCORES')
local expiries = {}
for i = 1, #posted, 2 do
  if string.sub(posted[i], 1, 1) == 'x' then expiries[#expiries + 1] = redis.call('HGET', KEYS[2], posted[i]) or '' end
end
return { micros, before, newest, posted, expiries }
`,
  commit: `${COMMON}
-- KEYS value, lease, waiters. ARGV token, generation, record, fresh for (ms; -1: for ever), of use after that for, kept for, stamp,
-- inboxes, digest, events. Answers with 1 and since when it has been expired (0: it has not); with 2 and that if it was written
-- before; or with 0 and the value that is there instead.
local generation = tonumber(ARGV[2])
if redis.call('HGET', KEYS[2], 'holder') ~= ARGV[1] then
  local value = redis.call('GET', KEYS[1])
  local written, _, _, _, since = head(value)
  if written == generation then return { 2, micros, since } end -- the answer to the first time was lost
  return { 0, micros, value }
end
local fresh_for = tonumber(ARGV[4])
local fresh = fresh_for < 0 and math.huge or now + fresh_for
local expired = tonumber(redis.call('HGET', KEYS[2], 'expired') or 0)
if expired >= fresh then expired = 0 end
if expired > 0 then fresh = expired end
local first = make_head(generation, fresh, tonumber(ARGV[5]), tonumber(ARGV[7]), expired)
redis.call('SET', KEYS[1], first .. ARGV[3], 'PX', ARGV[6])
redis.call('DEL', KEYS[2])
wake(KEYS[3], ARGV[8], ARGV[9])
redis.call('PUBLISH', ARGV[10], ARGV[9] .. ':' .. whole(generation - 1))
return { 1, micros, expired }
`,
  expire: `${COMMON}
-- One key: its value has been expired since now, and so will be what is being computed. KEYS value, lease. ARGV digest, events.
local generation, fresh, stale_for, stamp = head(redis.call('GETRANGE', KEYS[1], 0, HEAD_BYTES - 1))
if generation and fresh > now then
  redis.call('SETRANGE', KEYS[1], 0, make_head(generation, now, stale_for, stamp, now))
end
local lease = redis.call('HMGET', KEYS[2], 'holder', 'generation', 'expired')
if lease[1] and not lease[3] then redis.call('HSET', KEYS[2], 'expired', now) end
local newest = math.max(generation or 0, tonumber(lease[2] or 0))
-- Where nothing is left here, somebody may have a copy nearby all the same.
redis.call('PUBLISH', ARGV[2], ARGV[1] .. ':' .. whole(newest > 0 and newest or micros - 1))
return { 1, micros }
`,
  invalidate: `${COMMON}
-- One key: its value goes, and whoever computes it may not write. KEYS value, lease, waiters. ARGV detail, inboxes, digest, events.
local generation = head(redis.call('GETRANGE', KEYS[1], 0, HEAD_BYTES - 1))
local lease = redis.call('HMGET', KEYS[2], 'holder', 'generation')
local mine = after(math.max(generation or 0, tonumber(lease[2] or 0)))
local existed = redis.call('DEL', KEYS[1]) == 1
if existed or lease[1] then
  redis.call('HDEL', KEYS[2], 'holder', 'until', 'notBefore', 'expired')
  redis.call('HSET', KEYS[2], 'generation', whole(mine), 'reason', 'invalidated', 'detail', ARGV[1])
  keep(KEYS[2], REMEMBER_MS)
end
wake(KEYS[3], ARGV[2], ARGV[3])
redis.call('PUBLISH', ARGV[4], ARGV[3] .. ':' .. whole(mine))
return { 1, micros }
`,
  lead: `${COMMON}
-- A miss: who computes? KEYS value, lease, waiters. ARGV mode, token, lease in ms, inbox, inboxes, digest, void: values up to this
-- generation are not to be used; expired, since: values up to this generation have been expired since then. Answers with a status,
-- the time, the value if it may be used, and what belongs to the status.
local mode, token, lease_ms, void = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[7])
local value = redis.call('GET', KEYS[1])
local generation, fresh, stale_for = head(value)
if generation and generation <= tonumber(ARGV[8]) then fresh = math.min(fresh, tonumber(ARGV[9])) end
local usable = mode == 'normal' and generation and generation > void

if usable and fresh > now then return { 'hit', micros, value } end

local lease = redis.call('HMGET', KEYS[2], 'holder', 'until', 'generation', 'notBefore', 'reason', 'detail')
local holder, held_until, highest = lease[1], tonumber(lease[2] or 0), tonumber(lease[3] or 0)
local asked_again = holder == token -- the answer to the first time was lost

if mode == 'normal' and not asked_again then
  local held_back = tonumber(lease[4] or 0) > now
  if held_back and usable and fresh + stale_for > now then return { 'stale', micros, value } end
  if lease_ms > 0 and held_until > now then
    redis.call('SADD', KEYS[3], ARGV[4])
    redis.call('PEXPIRE', KEYS[3], held_until - now + 60000)
    return { 'wait', micros, usable and value or false, held_until - now }
  end
end

local mine = asked_again and highest or after(math.max(highest, generation or 0))
redis.call('HSET', KEYS[2], 'holder', token, 'until', lease_ms > 0 and now + lease_ms or 0, 'generation', whole(mine))
if not asked_again then redis.call('HDEL', KEYS[2], 'expired') end
keep(KEYS[2], lease_ms + REMEMBER_MS)
if holder and not asked_again then wake(KEYS[3], ARGV[5], ARGV[6]) end

local reason, detail = lease[5] or 'first-seen', lease[6] or ''
if generation then
  reason, detail = 'refresh', ''
  if fresh <= now then reason, detail = 'expired', whole(now - fresh) end
elseif value then
  reason, detail = 'undecodable', 'its head cannot be read'
end
return { 'lead', micros, usable and value or false, mine, reason, detail }
`,
  renew: `${COMMON}
-- KEYS lease. ARGV token, lease in ms. The holder's token counts, not the time: an expired lease that nobody took is still held.
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return { 0, micros } end
local lease_ms = tonumber(ARGV[2])
redis.call('HSET', KEYS[1], 'until', now + lease_ms)
keep(KEYS[1], lease_ms + REMEMBER_MS)
return { 1, micros }
`,
} as const;
