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
