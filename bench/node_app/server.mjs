// The course's application as one would write it for Node: fastify, math.js, and a Redis by ioredis.
//
//     node server.mjs PORT REDIS_PORT

import fastify from "fastify";
import Redis from "ioredis";
import { evaluate, format } from "mathjs";

const [port, redisPort] = process.argv.slice(2).map(Number);
const redis = new Redis(redisPort, "127.0.0.1");
const app = fastify();

app.post("/evaluate", async (request) => {
  const { expressao } = request.body;
  const kept = await redis.get(expressao);
  if (kept !== null) return { resultado: kept };
  const resultado = format(evaluate(expressao));
  await redis.set(expressao, resultado);
  return { resultado };
});

await app.listen({ port, host: "127.0.0.1" });
