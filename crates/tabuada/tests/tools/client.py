"""Calls the service through the client that openapi-python-client generated from its description."""

import json
import sys

from tabuada_client import Client
from tabuada_client.api.calculator import evaluate_batch, evaluate_question, evaluate_table, explain, get_evaluation, plot
from tabuada_client.api.course import evaluate
from tabuada_client.models import Answer, Batch, BatchFailure, BatchValue, Explanation, Expressao, Problem, Question, QuestionVariablesType0, Rows, Table

client = Client(base_url=sys.argv[1])

answer = get_evaluation.sync(client=client, expr="2**100")
assert isinstance(answer, Answer), answer
assert (answer.result, answer.type_, answer.text) == (str(2**100), "int", str(2**100)), answer
answer = get_evaluation.sync(client=client, expr="(2**53-1, 2**53, 0.5)")
assert answer.result == [2**53 - 1, str(2**53), 0.5], answer

variables = QuestionVariablesType0.from_dict({"x": 3, "values": [1, 2.5]})
answer = evaluate_question.sync(client=client, body=Question(expr="x**2 + sum(values)", variables=variables))
assert isinstance(answer, Answer) and answer.result == 12.5, answer

problem = get_evaluation.sync(client=client, expr="sqr(2)")
assert isinstance(problem, Problem), problem
assert (problem.status, problem.code) == (422, "unknown-name"), problem
assert problem.suggestion.expr == "sqrt(2)", problem

lines = evaluate_batch.sync(client=client, body=Batch(exprs=["2+2", Question(expr="3*3")]))
assert [BatchValue.from_dict(json.loads(line)).result for line in lines.splitlines()] == [4, 9], lines
failed = BatchFailure.from_dict(json.loads(evaluate_batch.sync(client=client, body=Batch(exprs=["1/0"]))))
assert (failed.error.code, failed.error.span.end) == ("division-by-zero", 3), failed

rows = evaluate_table.sync(client=client, body=Table.from_dict({"expr": "x**2", "x": [1, 2, 3]}))
assert isinstance(rows, Rows) and rows.result == [1, 4, 9], rows

explanation = explain.sync(client=client, expr="2+3*4")
assert isinstance(explanation, Explanation), explanation
assert [step.text for step in explanation.steps] == ["2+3*4", "2+12", "14"], explanation

# The generated client reads JSON alone where a route has several media types.
picture = plot.sync(client=client.with_headers({"Accept": "application/json"}), expr=["x**2"])
assert picture.svg.startswith("<svg"), picture

said = evaluate.sync(client=client, body=Expressao(expressao="2+2"))
assert said.resultado == 4, said
