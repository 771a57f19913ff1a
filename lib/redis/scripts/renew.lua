-- KEYS lease. ARGV token, lease in ms. The holder's token counts, not the time: an expired lease that nobody took is still held.
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return { 0, micros } end
local lease_ms = tonumber(ARGV[2])
redis.call('HSET', KEYS[1], 'until', now + lease_ms)
keep(KEYS[1], lease_ms + REMEMBER_MS)
return { 1, micros }
