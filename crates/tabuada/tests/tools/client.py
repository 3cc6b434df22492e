"""Asks the service through the client that openapi-python-client made of its description."""

import sys

from tabuada_client import Client
from tabuada_client.api.calculator import evaluate_question, get_evaluation
from tabuada_client.api.course import evaluate
from tabuada_client.models import Answer, Expressao, Problem, Question, QuestionVariablesType0

client = Client(base_url=sys.argv[1])

answer = get_evaluation.sync(client=client, expr="2**100")
assert isinstance(answer, Answer), answer
assert (answer.result, answer.type_, answer.text) == (2**100, "int", str(2**100)), answer

variables = QuestionVariablesType0.from_dict({"x": 3, "values": [1, 2.5]})
answer = evaluate_question.sync(client=client, body=Question(expr="x**2 + sum(values)", variables=variables))
assert isinstance(answer, Answer) and answer.result == 12.5, answer

problem = get_evaluation.sync(client=client, expr="sqr(2)")
assert isinstance(problem, Problem), problem
assert (problem.status, problem.code) == (422, "unknown-name"), problem
assert problem.suggestion.expr == "sqrt(2)", problem

said = evaluate.sync(client=client, body=Expressao(expressao="2+2"))
assert said.resultado == 4, said
