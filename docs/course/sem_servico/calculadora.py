# calculadora.py
import asyncio
import json

import tabuada


async def calcula(expressao):
    try:
        valor = await asyncio.to_thread(tabuada.evaluate, expressao, digits=4_000)
    except tabuada.Error as erro:
        dica = f" Você quis dizer {erro.fix}?" if erro.fix else ""
        return f"Erro na expressão informada: {erro.message}.{dica}"
    try:
        json.dumps(valor, allow_nan=False)
    except (TypeError, ValueError):
        return str(valor)
    return valor
