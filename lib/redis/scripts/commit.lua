-- KEYS value, lease, waiters. ARGV token, generation, record, fresh for (ms; -1: for ever), renew for, fault for, kept for, stamp, inboxes,
-- digest, events. Answers with 1; with 2 if it was written before; or with 0 and the value that is there instead.
local generation = tonumber(ARGV[2])
if redis.call('HGET', KEYS[2], 'holder') ~= ARGV[1] then
  local value = redis.call('GET', KEYS[1])
  if head(value) == generation then return { 2, micros } end -- the answer to the first time was lost
  return { 0, micros, value }
end
local fresh_for = tonumber(ARGV[4])
local fresh = fresh_for < 0 and math.huge or now + fresh_for
local first = struct.pack(HEAD, MARK, generation, fresh, fresh + ARGV[5], fresh + ARGV[6], tonumber(ARGV[8]))
redis.call('SET', KEYS[1], first .. struct.pack('>I4', checksum(first)) .. ARGV[3], 'PX', ARGV[7])
redis.call('DEL', KEYS[2])
wake(KEYS[3], ARGV[9], ARGV[10])
redis.call('PUBLISH', ARGV[11], ARGV[10] .. ':' .. whole(generation - 1))
return { 1, micros }
