-- A script of wrk for `bench/run`: a GET whose answer is in memory.
wrk.path = "/v1/evaluate?expr=2%2B2"
