# calculadora.py
import os

import httpx

tabuada = httpx.AsyncClient(base_url=os.environ.get("TABUADA_URL", "http://localhost:8000"), timeout=5)


async def calcula(expressao):
    resposta = await tabuada.post("/evaluate", json={"expressao": expressao})
    resposta.raise_for_status()
    return resposta.json()["resultado"]
