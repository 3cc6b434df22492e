# main.py
import json
import os

from fastapi import FastAPI
from pydantic import BaseModel
from redis.asyncio import Redis
from redis.exceptions import RedisError

from calculadora import calcula

app = FastAPI()
redis_client = Redis(host=os.environ.get("REDIS_HOST", "localhost"), port=6379, socket_timeout=0.1)
VALIDADE = 10


class Pedido(BaseModel):
    expressao: str


async def procura(chave):
    try:
        return await redis_client.get(chave)
    except RedisError:
        return None


async def guarda(chave, texto):
    try:
        await redis_client.set(chave, texto, ex=VALIDADE)
    except RedisError:
        pass


@app.post("/evaluate")
async def evaluate(pedido: Pedido):
    chave = f"aula:1:{pedido.expressao}"
    guardado = await procura(chave)
    if guardado is not None:
        return {"resultado": json.loads(guardado)}
    resultado = await calcula(pedido.expressao)
    await guarda(chave, json.dumps(resultado))
    return {"resultado": resultado}
