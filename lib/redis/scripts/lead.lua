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
