-- One thread of wrk: holds a free time, then books it, until the list of times is used up. Arguments: file of times (one
-- `service practitioner studio start` a line), this many threads, "hold" or "book".
local threads = {}
function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

local times, codes, at = {}, {}, 0

function init(args)
  local count = tonumber(args[2])
  book = args[3] == "book"
  local line_number = 0
  for line in io.lines(args[1]) do
    if line_number % count == number then table.insert(times, line) end
    line_number = line_number + 1
  end
  math.randomseed(os.time() * 1000 + number)
  holds, bookings, refused, other, keys = 0, 0, 0, 0, 0
end

local headers = { ["Content-Type"] = "application/json" }

local function post(path, body)
  keys = keys + 1
  -- A visitor each, as a proxy would tell: nobody keeps many times at once.
  headers["X-Forwarded-For"] = string.format("10.%d.%d.%d", math.random(0, 255), math.random(0, 255), math.random(1, 254))
  headers["Idempotency-Key"] = string.format("load-%d-%d-%d", number, keys, math.random(1, 1000000000))
  return wrk.format("POST", path, headers, body)
end

function request()
  local code = table.remove(codes)
  if code then
    local client = string.format('{"name":"Load Test","email":"load%d-%d@example.org","phone":"+49301234567"}', number, keys)
    return post("/api/v1/bookings", string.format('{"hold":"%s","client":%s}', code, client))
  end
  at = at + 1
  local service, practitioner, studio, start = (times[at] or times[#times]):match("(%S+) (%S+) (%S+) (%S+)")
  return post("/api/v1/holds", string.format('{"studio":"%s","service":"%s","practitioner":"%s","start":"%s"}',
    studio, service, practitioner, start))
end

function response(status, _, body)
  if status == 201 then
    local code = body:match('"hold":{.-"code":"([^"]+)"')
    if code then
      holds = holds + 1
      if book then table.insert(codes, code) end
    else
      bookings = bookings + 1
    end
  elseif status == 409 then
    refused = refused + 1
  else
    other = other + 1
    if other == 1 then io.stderr:write(status .. " " .. body:sub(1, 400) .. "\n") end
  end
end

function done(summary, latency)
  local total = { holds = 0, bookings = 0, refused = 0, other = 0 }
  for _, thread in ipairs(threads) do
    for name in pairs(total) do total[name] = total[name] + thread:get(name) end
  end
  io.write(string.format("LOAD %d %d %d %d %d %d %d %d\n", total.holds, total.bookings, total.refused, total.other,
    summary.duration, latency:percentile(50), latency:percentile(99), latency.max))
end
