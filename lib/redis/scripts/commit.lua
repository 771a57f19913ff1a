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
