-- Events for wrk. Arguments: routing key, kind of load (varied, storm, new), a word that makes keys new.
-- In a storm every event is the same; otherwise each says something else, so that each is kept as it came.
local threads = 0
function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end
function init(args)
  kind, word, count, refused = args[2], args[3], 0, 0
  before = '{"routing_key":"' .. args[1] .. '","event_action":"trigger","dedup_key":"'
  after = '","payload":{"summary":"Checkout answers 5xx","source":"web-1","severity":"critical",' ..
    '"component":"checkout","custom_details":{"rate":"38 %","region":"eu-west-1","n":'
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
end
function request()
  count = count + 1
  local key = "open-1"
  if kind == "varied" then key = "open-" .. ((count * 7919 + number * 500) % 1000) end
  if kind == "new" then key = word .. "-" .. number .. "-" .. count end
  local n = kind == "storm" and "1" or number .. "." .. count
  return wrk.format(nil, nil, nil, before .. key .. after .. n .. "}}}")
end
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('RESULT {"requests":%d,"seconds":%.3f,"p50_ms":%.2f,"p99_ms":%.2f,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.status, e.connect + e.read + e.write + e.timeout))
end
