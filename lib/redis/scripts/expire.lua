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
