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
