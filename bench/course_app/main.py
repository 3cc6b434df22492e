"""The course's backend with a cache, with which Tabuada is compared, and whose answers are its contract.

Written from the course's description, with its weaknesses: `eval` runs whatever it receives, the second answer is the
text that Redis returned, and without Redis every request fails. Run it on loopback only.
"""

import os

import redis
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
cache = redis.Redis(host=os.environ.get("REDIS_HOST", "redis"), port=int(os.environ.get("REDIS_PORT", "6379")), db=0)


class Pedido(BaseModel):
    expressao: str


@app.post("/evaluate")
async def evaluate(pedido: Pedido):
    guardado = cache.get(pedido.expressao)
    if guardado is not None:
        return {"resultado": guardado.decode("utf-8")}
    try:
        resultado = eval(pedido.expressao)
        cache.set(pedido.expressao, resultado)
    except Exception as erro:
        resultado = f"Erro na expressão informada: {erro}"
        cache.set(pedido.expressao, resultado)
    return {"resultado": resultado}
