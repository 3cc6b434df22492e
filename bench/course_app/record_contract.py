#!/usr/bin/env python3
"""Records what the course's application answers, byte for byte, as `corpus/course_contract.jsonl`.

    python3 bench/course_app/record_contract.py VENV > corpus/course_contract.jsonl

VENV is a virtual environment of CPython 3.11 with `requirements.txt` installed. Starts a `redis-server` and the
application on free loopback ports, sends every request below over its own connection, and ends both. The answers do
not depend on how an expression is evaluated, except those of a few plain sums, which show a successful answer.
"""

import http.client
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
HOST = "localhost:8000"  # The `Host` of every request; redirects repeat it.
JSON = "application/json"
GOOD = '{"expressao":"2+2"}'

cases = []


def case(group, body=b"", content_type=JSON, method="POST", target="/evaluate", headers=()):
    """Adds one request, without the header if `content_type` is None."""
    if isinstance(body, str):
        body = body.encode("utf-8", "surrogatepass")
    sent = ([["content-type", content_type]] if content_type is not None else []) + [list(h) for h in headers]
    cases.append({"group": group, "method": method, "target": target, "headers": sent, "body": body})


def wrapped(value):
    return '{"expressao":%s}' % value


def describe():
    # Every kind of request.
    for e in ["2+2", "2**100", "7//2", "0.1+0.2", "1e16", "10/4", "-7//2", "1/0", "foo", " 2 + 2 ", "(2)+(2)"]:
        case("good", wrapped(json.dumps(e)))
    for body in [
        '{"expressao":"2\\u002b2"}', '{"\\u0065xpressao":"2+2"}', '{"expressao":"1","expressao":"2+2"}',
        '{"expressao":5,"expressao":"2+2"}', '{"outro":[1,{"a":null}],"expressao":"2+2","mais":1e5}',
        ' \t\r\n{ "expressao" :\n"2+2" }\r\n ', '{"expressao":"2+2","expressão":"3"}', '{"":0,"expressao":"2+2"}',
        '{"expressao":"2+2","x":NaN,"y":-Infinity,"z":1e999}', '{"expressao":"2\\u0020+\\t2"}', '{"expressao":"2\\/2*2+2"}',
    ]:
        case("good", body)

    # A body that was read but has the wrong shape.
    for body in [
        "{}", '{"expr":"2+2"}', '{"Expressao":"2+2"}', '{"expressão":"2+2"}', '{"expressao ":"2+2"}', '{"a":1}',
        '{"a":1,"b":[1,2,{"c":"é"}]}', '{"a":"x","a":"y"}', '{"b":1,"a":2}', '{"a":1.0,"b":1e5,"c":1e16,"d":-0.0}',
        '{"a":"\\u00e9\\u20ac\\ud83d\\ude00"}', '{"a":"\\n\\t\\"\\\\\\u0007\\u007f\\u2028/"}', '{"":""}', '{"a":123456789012345678901234567890}',
        '{"a":true,"b":false,"c":null}', '{"1":1,"10":2,"2":3}', '{"a":{}}', '{"a":[]}', '{"a":[[],{}]}', '{"__proto__":1}',
    ]:
        case("missing", body)
    for value in [
        "5", "-5", "0", "-0", "5.0", "0.1", "-0.0", "1e3", "1E400", "-1e400", "1e16", "1e15", "123456789.123456789", "1e-5", "0.0001", "1e22", "5e-324",
        "1.7976931348623157e308", "100000000000000000000000", "-9223372036854775808", "9223372036854775808",
        "18446744073709551616", "9" * 300, "1" + "0" * 4299, "null", "true", "false", "[]", "{}", "[1,2]", '["2+2"]', '[[["a"]]]', '{"expressao":"2+2"}',
        '{"a":1,"a":2}', '{"a":{"b":[1,2.50,"x",null,true]}}', '[1, 2 , 3]', '{"z":1,"a":2}', '"", "expressao":5', "NaN", "Infinity", "-Infinity", "[NaN]",
        '["é","\\u00e9","\\ud83d\\ude00"]', '["\\u0000"]', '["\\/"]', '["<>&"]', '[1E5,1e+5,1.50]',
    ]:
        case("string_type", wrapped(value))
    case("string_type", '{"expressao":"2+2","expressao":5}')
    case("string_type", '{"a":1,"expressao":5,"b":2}')
    for body in ["", "null", " null ", "\n"]:
        case("missing_body", body)
    for body in ["[]", "5", "-5", "0", "5.0", "1e5", "1e999", "true", "false", '""', '"2+2"', '"é"', '["expressao"]', '[["expressao","2+2"]]', '[{"expressao":"2+2"}]',
                 "NaN", "Infinity", "-Infinity", "123456789012345678901234567890", "[[[[]]]]", "[" * 50 + "]" * 50]:
        case("model_attributes_type", body)

    # Malformed JSON, every message of Python's decoder, at positions that differ in characters and bytes.
    malformed = [
        "notjson", "nul", "nulll", "tru", "True", "None", "nan", "inf", "+1", "-", "--1", ".5", "01", "1.", "1.e5", "1e", "1e+", "0x10", "1_000", "'a'", "/", "\\",
        "{", "[", "}", "]", ",", ":", "{]", "[}", "{}}", "{} {}", "[] []", "1 2", "[1,]", "[1,,2]", "[,1]", "[1 2]", "[1,2", "[1", "[1,", "[1:2]", "[1]]",
        '{"', '{"a', '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1,}', '{"a" 1}', '{"a"=1}', '{"a":1 "b":2}', '{"a":1,,"b":2}', '{,}', '{"a":,}', "{a:1}", "{'a':1}", "{1:2}",
        "{null:1}", '{"a"::1}', '{:1}', '{"a":1;}', '{"a":1]', '{"a":[1}', '{"a":{"b":}}', '{ ', '{ "a" ', '{ "a" : ', '{ "a" : 1 ', '{ "a" : 1 , ', '{"a"\n1}',
        '"', '"abc', '"\\', '"\\"', '"\\x"', '"\\u"', '"\\u12"', '"\\u12G4"', '"\\u 123"', '"\\u+123"', '"\\u0x12"', '"\\ud83d\\u"', '"\\ud83d\\uzzzz"', '"\\U0001F600"', '"\\\'"', '"\\0"', '"\\a"',
        '"a\tb"', '"a\nb"', '"a\x00b"', '"\x1f"', '"\r"', '["\n"]', '{"a\tb":1}', '{"\n":1}', '{"a":"\x01"}',
        '{"expressao":"2+2"', '{"expressao":"2+2}', '{"expressao":2+2}', '{"expressao":"2+2",}', '{"expressao" "2+2"}', '{expressao:"2+2"}', "{'expressao':'2+2'}", '{"expressao":"2\n+2"}', '{"expressao":"2+2"} x',
        '{"expressao":"2+2"}\x00', '{"expressao":"2+2"}{"expressao":"3"}', '{"expressao":"2+2"};', '{"expressao":"\\d"}', '{"expressao":"C:\\path"}', '{"expressao":"2+2"}//', '/* a */{}', '{"expressao":"2+2",//a\n}',
        '{"é":x}', '"é" x', '"€uro', '["é€😀",x]', '{"😀":"é",}', '{"😀" 1}', '{"expressao":"é" 1}', '"😀é\\x"', 'é', '😀', '{é:1}', '["é","\\u00e9\\q"]', '{"expressao":"√2', '["😀\n"]', "[“a”]",
        " x", "\n\nx", "\r\n\tx", "\x0bx", "\x0c{}", "\u00a0{}", "{}\u00a0", "{}\x0c", "{}\x0b", "\u2028{}", "\u3000", "[1,\x0c2]", " ", "\t\r\n ",
        "expressao=2%2B2", "<a/>", "2+2", "infinity", "-infinity", "-Inf", "-NaN", "+Infinity", "Infinit", "NaNa", "NaN1", "Infinity1", "-Infinityx", "nullnull", "truefalse", "1true", "1a", "-a", "1-1", "1e5.5",
        "1.5.5", "00", "-01", "-00", "0.", "0e", "1E-", "[01]", "[-]", "[1.]", "[.5]", "[1e]", '{"a":01}', '{"a":-}', '{"a":1.}', '{"a":.5}', '{"a":+1}', '{"a":tru}', '{"a":undefined}', "undefined",
        '{"a":"b"c}', '"a"b', '["a"b]', '["a" "b"]', '"\ufeff" x', "１", "[１]", '{"a":1}}', "[" * 100, "[" * 100 + "x", '{"a":' * 60, '[' * 60 + '1' + ']' * 59, '"' + "a" * 1000, '{"' + "k" * 500 + '"}',
        " " * 5000 + "x", "[" + "1," * 2000 + "]", '"' + "é" * 700 + '\\x"',
    ]
    for body in malformed:
        case("json_invalid", body)

    # Bytes that are not text, other encodings, byte order marks.
    text = GOOD.encode()
    for body in [
        b"\xff", b"\xfe\xff", b"\xff\xfe", b"\xc3", b"\xc3\x28", b"\xe2\x82", b"\xed\xa0\x80", b"\xf0\x9f\x98", b"\xf8\x88\x80\x80\x80", b"\xc0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80",
        b'{"expressao":"\xff"}', b'{"expressao":"\xe9"}', b'{"\xff":1}', b'"\xed\xa0\xbd\xed\xb8\x80"', b"[\x80]", b'{"expressao":"2+2"}\xff', b'notjson\xff', b'{"expressao":"\xed\xa0\x80"}', b"\x80abc", b"\xef\xbb", b"{\xc3\xa9", b'{"a\xc0":',
    ]:
        case("not_utf8", body)
    for encoding in ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-7", "latin-1"]:
        case("encodings", GOOD.encode(encoding))
        case("encodings", '{"a":"é😀"}'.encode(encoding, "replace"))
        case("encodings", "{}".encode(encoding))
        case("encodings", "5".encode(encoding))
        case("encodings", "x".encode(encoding))
    for body in [b"\xef\xbb\xbf", b"\xef\xbb\xbf\xef\xbb\xbf" + text, b" \xef\xbb\xbf" + text, b"\xef\xbb\xbfnull", b"\xef\xbb\xbf[]", b"\xef\xbb\xbfx", b"\x00", b"\x00\x00", b"\x00\x00\x00\x00", b"1\x00", b"\x001", b"{\x00}\x00",
                 b"\x00{\x00}", b"5\x00\x00\x00", b"\x00\x00\x005", b"[\x00]", b"\x00[]", b"{}\x00", b"{}\x00\x00", b"\x00\xd8\x00\xd8", b"\"\x00\x3d\xd8\"\x00", b"\"\x00\x3d\xd8\x00\xde\"\x00", b"a\x00b", b"\xff\xfea", b"\xff\xfe[\x00]\x00",
                 b"\xfe\xff\x00[\x00]", b"\xff\xfe\x00\x00[\x00\x00\x00]\x00\x00\x00", b"\x00\x00\xfe\xff\x00\x00\x00[\x00\x00\x00]"]:
        case("encodings", body)

    # Lone surrogates can be written in JSON, but not in a response.
    for body in ['{"expressao":"\\ud800"}', '{"expressao":"\\udc00\\ud800"}', '{"a":"\\ud800"}', '["\\ud800"]', '"\\udfff"', '{"\\ud800":1}', '{"expressao":["\\ud83d"]}', '{"expressao":"2+2","x":"\\ud800"}',
                 '{"expressao":"2+2","\\ud800":1}', '{"expressao":"\\ud83d\\ud83d\\ude00"}', '{"expressao":"\\ud83dx"}']:
        case("surrogates", body)

    # Beyond the limits of the decoder.
    case("decoder_limits", wrapped("1" * 4300))
    case("decoder_limits", wrapped("1" * 4301))
    case("decoder_limits", wrapped("-" + "1" * 4301))
    case("decoder_limits", "1" * 4301)
    case("decoder_limits", wrapped("1." + "1" * 4301))
    case("decoder_limits", wrapped("1e" + "1" * 4301))
    case("decoder_limits", wrapped("[" * 1200 + "]" * 1200))
    case("decoder_limits", "[" * 1200 + "]" * 1200)
    case("decoder_limits", '{"a":' * 1200 + "1" + "}" * 1200)
    case("decoder_limits", "[" * 1200)
    case("decoder_limits", "[" * 200 + "]" * 200)

    # Content types.
    for content_type in [
        None, JSON, "application/json; charset=utf-8", "application/json;charset=UTF-8", "application/json; charset=latin-1", "application/json; charset=utf-16", "application/json ; charset=utf-8", " application/json", "application/json ",
        "APPLICATION/JSON", "Application/Json", "application/vnd.api+json", "application/problem+json", "application/ld+json; profile=x", "application/geo+JSON", "application/+json", "application/json+x", "application/jsonx", "application/x-json",
        "text/json", "text/plain", "text/plain; charset=utf-8", "text/html", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x", "application/octet-stream", "application/xml", "image/svg+json",
        "text/vnd+json", "*/*", "json", "application", "application/", "/json", "", "application/json, text/plain", "text/plain, application/json", "application/json;", ";application/json", "application/json; charset", "application/ json",
        "application/vnd.x+json+xml", "application/vnd.api+json; charset=utf-8", "application/json\t; q=1", "a/b/json", "application/json/x", "message/http", "application/ndjson", "application/json-seq", '"application/json"', "application/x+json",
    ]:
        case("content_type", GOOD, content_type)
        case("content_type", "x", content_type)
    for content_type in [None, "text/plain", "application/x-www-form-urlencoded", "application/octet-stream"]:
        for body in ["", "{}", "5", "null", "[]", '"\\u00e9"', "é😀", "expressao=2%2B2", b"\xff\xfe", b"a\xffb", "a\"b\\c\n\t\x07\x7f", '{"expressao":5}', "\u2028\u2029", "\ufeff{}", "<script>", "x" * 3000]:
            case("content_type", body, content_type)

    # Methods and paths.
    for method in ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"]:
        case("method", b"", None, method)
        if method in ("PUT", "PATCH", "DELETE"):
            case("method", GOOD, JSON, method)
        case("path", b"", None, method, "/nao-existe")
        case("path", b"", None, method, "/evaluate/")
    for target in ["/nao-existe", "/evaluate/", "/evaluate//", "//evaluate", "/Evaluate", "/EVALUATE", "/evaluat", "/evaluate2", "/evaluate/2", "/evaluate?", "/evaluate?x=1", "/evaluate?expressao=3", "/evaluate/?x=1&y=%20", "/%65valuate", "/evaluate%2F",
                   "/evaluate%20", "/evaluate%00", "/evaluat%C3%A9", "/./evaluate", "/x/../evaluate", "/evaluate;x=1", "/evaluate#x", "/evaluate?%zz", "/favicon.ico", "/v0", "/health", "/nao-existe/"]:
        case("path", GOOD, JSON, "POST", target)
        if target not in ("/nao-existe", "/evaluate/", "/health"):
            case("path", b"", None, "GET", target)
    for target in ["/docs", "/openapi.json"]:
        for method in ["POST", "PUT", "DELETE"]:
            case("path", b"", None, method, target)

    # Headers that make no difference.
    for headers in [[["accept", "text/html"]], [["accept", "application/xml"]], [["accept-encoding", "gzip, br"]], [["origin", "http://example.org"]], [["expect", "100-continue"]], [["x-forwarded-for", "1.2.3.4"]], [["cookie", "a=b"]], [["accept-language", "pt-BR"]],
                    [["if-none-match", "*"]], [["range", "bytes=0-1"]], [["content-encoding", "gzip"]], [["authorization", "Bearer x"]]]:
        case("headers", GOOD, headers=headers)
        case("headers", "{}", headers=headers)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, process):
    for _ in range(200):
        if process.poll() is not None:
            sys.exit(f"{process.args[0]} ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit("no server after 10 s")


def text_or_hex(name, data):
    """The bytes as `name`, or as `name_hex` if they are not printable UTF-8."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return {name + "_hex": data.hex()}
    return {name: text}


def ask(port, asked):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection._validate_path = lambda path: None
    connection.putrequest(asked["method"], asked["target"], skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", HOST)
    for name, value in asked["headers"]:
        connection.putheader(name, value)
    if asked["body"] or asked["method"] in ("POST", "PUT", "PATCH"):
        connection.putheader("Content-Length", str(len(asked["body"])))
    connection.endheaders(asked["body"] or None)
    response = connection.getresponse()
    body = response.read()
    headers = {name: response.getheader(name) for name in ("content-type", "allow", "location") if response.getheader(name) is not None}
    connection.close()
    return {"status": response.status, "headers": headers, **text_or_hex("body", body)}


def main():
    venv = pathlib.Path(sys.argv[1]).resolve()
    describe()
    redis_port, port = free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        redis = subprocess.Popen(["redis-server", "--port", str(redis_port), "--bind", "127.0.0.1", "--save", "", "--dir", folder], stdout=subprocess.DEVNULL)
        server = subprocess.Popen([venv / "bin/python", "-m", "uvicorn", "main:app", "--port", str(port), "--log-level", "critical"], cwd=HERE,
                                  env={**os.environ, "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(redis_port), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"})
        try:
            wait_for(redis_port, redis)
            wait_for(port, server)
            seen = set()
            for asked in cases:
                request = {"method": asked["method"], "target": asked["target"], "headers": asked["headers"], **text_or_hex("body", asked["body"])}
                line = json.dumps(request, ensure_ascii=True)
                if line in seen:
                    continue
                seen.add(line)
                # Redis is emptied each time, because the course's second answer is text from the cache.
                subprocess.run(["redis-cli", "-p", str(redis_port), "flushall"], stdout=subprocess.DEVNULL, check=True)
                print(json.dumps({"group": asked["group"], "request": request, "response": ask(port, asked)}, ensure_ascii=True))
        finally:
            server.terminate()
            redis.terminate()
            server.wait()
            redis.wait()


main()
