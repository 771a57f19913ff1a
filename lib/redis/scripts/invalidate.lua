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
