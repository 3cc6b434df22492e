// Calls the service through a client generated from its description by openapi-typescript.
import { deepStrictEqual as same } from "node:assert";
import createClient from "openapi-fetch";
import type { paths } from "./openapi.js";

const client = createClient<paths>({ baseUrl: process.argv[2] });

const sum = await client.GET("/v1/evaluate", { params: { query: { expr: "2+2" } } });
same([sum.data?.result, sum.data?.type, sum.data?.text], [4, "int", "4"]);
const large = await client.GET("/v1/evaluate", { params: { query: { expr: "2**64" } } });
same([large.data?.result, large.data?.type], ["18446744073709551616", "int"]);

const square = await client.POST("/v1/evaluate", { body: { expr: "x**2", variables: { x: 3 } } });
same(square.data?.result, 9);

const problem = await client.GET("/v1/evaluate", { params: { query: { expr: "sqr(2)" } } });
same([problem.error?.status, problem.error?.code, problem.error?.suggestion?.expr], [422, "unknown-name", "sqrt(2)"]);

const course = await client.POST("/evaluate", { body: { expressao: "2+2" } });
same(course.data?.resultado, 4);

export {};
