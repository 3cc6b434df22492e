-- A script of wrk for `bench/run`: cheap sums that are new each time. Its argument names the run.
local run, asked = "0", 0

function init(arguments)
  run = arguments[1]
end

function request()
  asked = asked + 1
  local body = '{"expressao":"(' .. run .. '+' .. asked .. '*3)/7"}'
  return wrk.format("POST", nil, { ["Content-Type"] = "application/json" }, body)
end
