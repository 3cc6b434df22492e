-- The hot GET of `bench/run`: wrk's script.
wrk.path = "/v1/evaluate?expr=2%2B2"
