-- The invalidations of tags, tasks and namespaces, each with its number, in one sorted set, so that eviction takes all or nothing.
-- KEYS board, by. ARGV since, kept for (ms), most tags, bus, who asked, groups to invalidate... Answers with the time, the newest
-- number before and after, and what came after that one.
local since, most = tonumber(ARGV[1]), tonumber(ARGV[3])
local newest = tonumber(redis.call('ZSCORE', KEYS[1], '#newest') or nil)
if not newest then
  -- Nothing is known, so nothing that was written before can be trusted.
  newest = after(since)
  redis.call('ZADD', KEYS[1], newest, '#newest', newest, '#floor')
end
local before = newest

if #ARGV > 5 then
  newest = after(math.max(newest, since)) -- after a failover the server may know less than who asks
  for i = 6, #ARGV do
    redis.call('ZADD', KEYS[1], newest, ARGV[i])
    redis.call('HSET', KEYS[2], ARGV[i], ARGV[5])
  end
  redis.call('ZADD', KEYS[1], newest, '#newest')
  redis.call('PUBLISH', ARGV[4], whole(newest))
end

-- Too many tags: the oldest tenth is remembered as one point in time.
if redis.call('ZCARD', KEYS[1]) > most then
  local floor = 0
  local oldest = redis.call('ZRANGE', KEYS[1], 0, math.ceil(most / 10), 'WITHSCORES')
  for i = 1, #oldest, 2 do
    if string.sub(oldest[i], 1, 2) == 't:' then
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
return { micros, before, newest, redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '+inf', 'WITHSCORES') }
