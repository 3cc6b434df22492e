-- The hot request of `bench/run`: wrk's script.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"expressao":"2+2"}'
