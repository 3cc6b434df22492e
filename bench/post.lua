-- A script of wrk for `bench/run`: a POST whose answer is in memory.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"expressao":"2+2"}'
