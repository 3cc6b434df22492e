-- A script of wrk for `bench/run`: sixteen times the request of post.lua at once.
local body = '{"expressao":"2+2"}'
local requests

function init()
   local one = wrk.format("POST", nil, {["Content-Type"] = "application/json"}, body)
   requests = string.rep(one, 16)
end

function request()
   return requests
end
