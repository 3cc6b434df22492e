#!/usr/bin/env python3
"""Explicit-state model of Tabuada's cache protocol for ONE key: nodes, their ordered connections, one Redis, users.

  python3 protocol.py           the protocol in every configuration, then whether each rule is needed
  python3 protocol.py design    the first version of the protocol, with the shortest failing traces
  python3 protocol.py RULE...   the protocol with rules broken (names in BREAK), with the shortest failing traces

Behaviour of the server (seen on redis-server 7.0.15): pushes are sent at the end of an event-loop turn, after the replies of
that turn: one per key, and none to the client that changed the key LAST in that turn (BCAST NOLOOP). FLUSHALL's null is sent at once.
PEND is the client that changed the key last in this turn (-1: no tracking connection); nothing is received before the turn ends.
Ghost variables (no node sees them): PC counts the users' changes of the key, GC its purges; messages, entries and evaluations carry them."""
import gc, sys, time
from collections import deque
from multiprocessing import Pool

REDIS, PEND, PC, GC, EV, K, FAIL, BUD, NODES = range(9)        # a state; EV evaluations, K events, BUD (users, faults, timers) left
MEM, FL, UP, C2S, S2C, ZOM, SEEN, ASKS, Q, SKIP = range(10)    # a node; SEEN = newest (pc, gc) received, Q = one waiting cheap offer
BRIEF = .5                                                     # added to MEM: kept for 5 s at most, since Redis failed (rules 9, 10)
PH, TOK, MV, BOX, AT, B, NW = range(7)                         # a flight; MV: 1 null, 2 push of the key since the last snapshot, 4 the lease expired
# phases: g GET sent, n SET NX sent, w waits, c computes, h looks up again before it writes, s SET XX sent; NW: 1 writes nothing, 3 releases, 4 will release, 5 no lease
NAMES = 'ABC'
BREAK = {   # for each rule, the name that breaks it: what the broken protocol does, where to search, what must be found ('' = nothing: allowed)
  'keep_early':    ('an expensive answer is put into memory when computed (design), not when Redis confirms its write', 'p', 'P1'),
  'keep_moved':    ('a value from Redis is kept although something changed since its lookup was sent', 'pp', 'P1'),
  'write_moved':   ('an answer is written although a push came while it was computed (design: only a null stops it)', 'p', 'P2'),
  'drop_moved':    ('if anything changed, nothing is written; no second lookup of the lease', 'p', 'P4'),
  'snap_late':     ('changes are counted from the start of the computation, not from before the lease attempt (the lookup) was sent', 'mixed', 'P7'),
  'over_drop':     ('the same, only for evaluations that replace unusable bytes', 'g', 'P3'),
  'late_nx':       ('a leader whose lease expired offers with NX (design)', 'pt', 'P2'),
  'plain_set':      ('expensive answers are written with a plain SET', 'p', 'P2'),
  'no_register':   ('a waiter ignores changes between its lookup and the start of its wait', 'p', 'P4'),
  'null_sleeps':   ('a null empties memory but wakes no waiter', 'p', 'P4'),
  'early_off':     ('the flight leaves the table when its callers are answered, not when its write is done', 'pa', 'P4'),
  'own_del':       ('a node does not treat its own DEL as a push (NOLOOP sends it none)', 'a', 'P1'),
  'take_lost':     ('a leader whose SET NX timed out or was cut off writes if it finds its own lease', 'pf', 'P2'),
  'offer_moved':   ('a cheap offer is sent although a push of the key came since (design: only a null stops it)', 'cheap', 'P2'),
  'cheap_moved':   ('a cheap answer is kept although a push of the key came since it began (design)', 'cheap', 'P1'),
  'cheap_set':     ('cheap answers are written with a plain SET', 'lc', 'P6'),
  'nx_get':        ('SET NX GET instead of SET NX and another lookup (design)', '', ''),
  'no_get':        ('SET NX GET is the only lookup', '', ''),
  'read_keep':     ('an expensive answer is put into memory only when read, never when its write is confirmed', '', ''),
  'no_release':    ('a failed leader does nothing: its lease expires', '', ''),
  'px1':           ('a failed leader releases by SET lease XX PX 1 (design), not by DEL', '', ''),
  'blind_release': ('a failed leader releases its lease without a second lookup', '', ''),
}
DESIGN = {'keep_early', 'write_moved', 'late_nx', 'px1', 'offer_moved', 'cheap_moved', 'own_del', 'nx_get'}

class C:                                                       # quality[i]: node i's limits; a refusal (0) is unusable to a node of quality 1
    n, asks, kind, bud, people, faults, rules, live, fuse, stop, quality = 2, 1, 'expensive', (1, 0, 0), '', '', frozenset(), False, False, None, None
    def __init__(c, **k): c.__dict__.update(k); c.quality = c.quality or (1,) * c.n
    def name(c): return (f'{c.kind}, {c.n} nodes x {"any number of" if c.live else c.asks} asks' + ', mixed limits' * (min(c.quality) == 0) + ', fused' * c.fuse
        + ''.join(f' + {b} {w}{"(" + k + ")" if k else ""}' for b, w, k in zip(c.bud, ('user', 'fault', 'timer'), (c.people, c.faults, '')) if b))

# ---------------------------------------------------------------- Redis
def serve(w, who, q, c, bad):
    """Runs one request; gives the answer or None.  who = -1: not on a tracking connection."""
    r, op, what = w[REDIS], q[0], (w[REDIS] or ('nil', 0)) + (w[PC],)
    if op == 'GET': return what + q[1:]
    if op == 'NX':                                             # SET k lease NX
        if r is None: w[REDIS] = ('L', q[1]); w[PEND] = who; return ('ok', 0, w[PC])
        return what if c.rules & {'nx_get', 'no_get'} else ('no', 0, w[PC])
    if op in ('DEL', 'ADM'):
        if r is not None:
            if op == 'DEL' and r != ('L', q[1]): bad.append('note: a release deleted something other than its lease')
            w[REDIS] = None; w[PEND] = who
            if op == 'ADM' and not c.live: w[PC] += 1; w[GC] += 1   # an operator's DELETE is a purge
        return ('del', w[GC], w[PC]) if op == 'ADM' else None
    if op == 'PX1': w[REDIS:PEND + 1] = (('S', q[1]), who) if r else w[REDIS:PEND + 1]; return None
    kind, quality, begun, (knew, heard), expensive = q[1:]          # a write of a value: XX, NX or plain
    if kind == 'XX' and r is None or kind == 'NX' and r is not None: return ('nil', 0, w[PC])
    broken = r is not None and (r[0] == 'G' or r[0] == 'V' and r[1] != quality)     # it replaces bytes unusable to it
    if begun < heard and not (expensive and broken): bad.append(f'P2 {"expensive" if expensive else "cheap"} work begun before a purge is written after the push of that purge was processed')
    elif expensive and r is None and begun < w[GC]: bad.append('P2 a removed key is restored by an expensive answer begun before the purge')
    elif begun < w[GC]: bad.append('note: expensive: begun before a purge, replaces a value written since, whose push has not arrived' if expensive else 'note: a cheap offer was being sent')
    if r and r[0] == 'V' and r[1] > quality and not c.live: bad.append('P7 a refusal overwrites a value that its node knew' if knew == w[PC] else 'note: a refusal overwrites a value whose push has not arrived')
    if quality and min(c.quality) == 0 and not c.live: w[PC] += 1               # (mixed limits) a better answer counts as a change
    w[REDIS] = ('V', quality); w[PEND] = who; return ('ok', 0, w[PC])

# ---------------------------------------------------------------- a node
def flight(ph, tok=0, mv=0, box=None, at=0, b=0, nw=0): return (ph, tok, mv, box, at, b, nw)
def free_token(w, i):
    txt, t = repr((w[REDIS], w[NODES])), 1
    while f"'{NAMES[i]}{t}'" in txt: t += 1
    return f'{NAMES[i]}{t}'

def send(n, q): n[C2S] += (q,)
def look(w, i, c):
    if 'no_get' in c.rules and c.kind == 'expensive': lease(w, i, c)
    else: send(w[NODES][i], ('GET',)); w[NODES][i][FL] = flight('g')
def lease(w, i, c): t = free_token(w, i); send(w[NODES][i], ('NX', t)); w[NODES][i][FL] = flight('n', t)
def begin(w, i, c, tok=0, mv=0, nw=0):
    w[EV] += not c.live; w[NODES][i][FL] = flight('c', tok, mv, at=w[PC], b=w[GC], nw=nw)
def write(w, i, c, f):
    n = w[NODES][i]; kind = '' if 'plain_set' in c.rules else 'XX'
    if 'late_nx' in c.rules and f[MV] & 4: kind = 'NX'
    send(n, ('SET', kind, c.quality[i], f[B], n[SEEN], True)); n[FL] = flight('s', b=f[B])

def consume(w, i, c):
    """The task takes the reply that lies in its box; pushes may have been processed since that reply was delivered."""
    n = w[NODES][i]; f = n[FL]; ph, (what, x, pc) = f[PH], f[BOX]; mv = f[MV] & 3
    usable = what == 'V' and x >= c.quality[i]; snap = 0 if 'snap_late' in c.rules else f[MV]
    n[FL] = None                                               # unless set again below, the flight ends: every caller has its answer
    if ph == 's':
        if what == 'ok' and (not mv or 'keep_moved' in c.rules) and not c.rules & {'keep_early', 'read_keep'}: n[MEM] = pc
    elif usable:
        if not mv or 'keep_moved' in c.rules: n[MEM] = pc
    elif ph == 'h':                                            # looked up before writing
        if what == 'L' and x == f[TOK] or what in 'GV' and f[TOK] == 'G':
            if mv: check(w, i, f, f[NW])
            elif f[NW] == 3: send(n, ('DEL', f[TOK]))
            else: write(w, i, c, f)
    elif what == 'ok': begin(w, i, c, f[TOK], snap)
    elif what == 'err': begin(w, i, c, 0, snap, 1)             # the lease attempt is refused: Redis is full, or read-only
    elif what == 'nil': begin(w, i, c, 0, snap) if c.kind == 'always' else lease(w, i, c)
    elif what == 'no': look(w, i, c)
    elif what in 'LS' and c.kind == 'expensive':
        if mv and 'no_register' not in c.rules: look(w, i, c)
        else: n[FL] = flight('w', x)
    else: begin(w, i, c, 'G' if what in 'GV' else 0, snap, 5 if what != 'L' else 0)   # unusable; a cheap key under a lease: computes

def finish(w, i, c):                                           # the evaluation ends, its callers are answered
    n = w[NODES][i]; f = n[FL]; n[FL] = None; R = c.rules; mv = f[MV] & 3
    if not n[UP] or f[NW] in (1, 4):                           # without Redis: kept briefly, and a lease that may be ours is released
        if not mv: n[MEM] = f[AT] + BRIEF
        if n[UP] and f[NW] == 4: check(w, i, f, 3)
    elif c.kind != 'expensive' and f[NW] != 5:                      # cheap: kept at once, offered later
        if not mv & (1 if 'cheap_moved' in R else 3): n[MEM] = f[AT]; n[Q] = n[Q] or (0, f[B])
    else:
        if 'keep_early' in R and not mv & 1: n[MEM] = f[AT]
        if not mv & (1 if 'write_moved' in R else 3): write(w, i, c, f)
        elif f[TOK] and not R & {'drop_moved', 'write_moved'} and not ('over_drop' in R and f[NW] == 5): check(w, i, f)

def check(w, i, f, nw=0):                                      # something changed: is the lease still there?
    n = w[NODES][i]; send(n, ('GET',)); n[FL] = flight('h', f[TOK], b=f[B], nw=nw)

def fail(w, i, c):                                             # the evaluation fails (by a fault of the machine)
    n = w[NODES][i]; f = n[FL]; n[FL] = None
    if f[NW] == 5 or not n[UP] or 'no_release' in c.rules: return
    if 'px1' in c.rules: send(n, ('PX1', f[TOK]))
    elif not f[MV] & 3 or 'blind_release' in c.rules: send(n, ('DEL', f[TOK]))
    else: check(w, i, f, 3)

def heard(n, bit, ghost, c):                                   # a push (2) or a null (1) is processed
    n[MEM], n[SEEN], f = None, max(n[SEEN], ghost), n[FL]
    if f and not (bit == 1 and 'null_sleeps' in c.rules and f[PH] in 'gnw'): n[FL] = f[:MV] + (f[MV] | bit,) + f[MV + 1:]
    if n[Q]: n[Q] = (n[Q][0] | bit, n[Q][1]) if n[Q] != 'w' else None

def timeout(w, i, c):
    n = w[NODES][i]; f = n[FL]; n[SKIP] += 1; n[FL] = None
    if f[PH] == 'g': begin(w, i, c, nw=1)
    elif f[PH] == 'n': begin(w, i, c, f[TOK], f[MV] & 3 if 'take_lost' not in c.rules else 2, 4 if 'take_lost' not in c.rules else 0)   # it may have the lease: releases it at the end

def lose(w, i, c):                                             # the connection is lost; requests in flight may still be executed, without a reply
    n = w[NODES][i]; n[UP] = 0; n[ZOM] += n[C2S]; n[C2S] = n[S2C] = (); n[SKIP] = 0
    f, n[FL], n[Q], n[MEM] = n[FL], None, None, None
    if f and f[PH] == 'c': n[FL] = f[:MV] + (3,) + f[MV + 1:]
    elif f and f[PH] in 'gw': begin(w, i, c)
    elif f and f[PH] == 'n': begin(w, i, c, f[TOK], 3, 0 if 'take_lost' in c.rules else 4)

# ---------------------------------------------------------------- every next state
def turn(w):                                                   # an event-loop turn ends: pushes are sent, except to the last changer
    for j, n in enumerate(w[NODES]):
        if n[UP] and j != w[PEND]: n[S2C] += (('push', w[PC], w[GC]),)
    w[PEND] = None
def settle(w, c):                                              # fused (3 nodes): turns of one command, tasks as quick as the driver
    if w[PEND] is not None: turn(w)
    for i, n in enumerate(w[NODES]):
        if n[FL] and n[FL][BOX]: consume(w, i, c)
def req(q): return q[0] if q[0] != 'SET' else f'SET value {q[1]}'
def pop(w, i, field): n = w[NODES][i]; m, n[field] = n[field][0], n[field][1:]; return m

def moves(s, c):
    """(label, kind, state, violations) of every step; kind N: happens by itself, A: a call, E: an event of the budget, T: a timer when nothing else can happen."""
    out = []
    def step(label, kind, act, k=0, fails=0, use=None):
        w = list(s); w[NODES] = [list(n) for n in s[NODES]]; bad = []; w[K] += 0 if c.live else k; w[FAIL] |= fails
        if use is not None: w[BUD] = tuple(b - (j == use) for j, b in enumerate(w[BUD]))
        act(w, bad); settle(w, c) if c.fuse else None
        w[NODES] = tuple(map(tuple, w[NODES])); out.append((label, kind, tuple(w), bad))
    R, pend, nodes, bud = s[REDIS], s[PEND], s[NODES], s[BUD]
    if pend is not None: step('turn ends, pushes leave' + (f' (none to {NAMES[pend]})' if pend >= 0 else ''), 'N', lambda w, bad: turn(w))
    if R and R[0] == 'S': step('the released lease runs out', 'N', lambda w, bad: w.__setitem__(slice(REDIS, PEND + 1), (None, -1)))
    for i, n in enumerate(nodes):
        f, me = n[FL], NAMES[i]
        if n[C2S]:
            def act(w, bad):
                q = pop(w, i, C2S); a = serve(w, i, q, c, bad)
                if a and not (q[0] == 'SET' and not q[5]): w[NODES][i][S2C] += (a,)
            step(f'Redis runs {me} {req(n[C2S][0])} on {R}', 'N', act)
            def refuse(w, bad): q = pop(w, i, C2S); w[NODES][i][S2C] += () if q[0] == 'SET' and not q[5] else (('err', 0, w[PC]),)
            if 'R' in c.faults and bud[1] and n[C2S][0][0] in ('NX', 'SET'): step(f'Redis refuses {me} {req(n[C2S][0])}', 'E', refuse, 1, 1, 1)
        if n[ZOM]:
            step(f"Redis runs {req(n[ZOM][0])} of {me}'s dead connection", 'N', lambda w, bad: serve(w, -1, pop(w, i, ZOM), c, bad))
            step(f"{me}'s dead connection is dropped", 'N', lambda w, bad: w[NODES][i].__setitem__(ZOM, ()))
        if n[S2C] and pend is None:
            def act(w, bad):
                m = pop(w, i, S2C); n = w[NODES][i]; f = n[FL]
                if m[0] in ('push', 'null'): heard(n, 2 if m[0] == 'push' else 1, m[1:], c)
                elif m[0] == 'del': heard(n, 2, (m[2], m[1]), c) if 'own_del' not in c.rules else None
                elif len(m) == 4: n[Q] = 'w' if m[0] == 'L' else None
                elif n[SKIP]: n[SKIP] -= 1
                elif f: n[FL] = f[:BOX] + (m,) + f[BOX + 1:]
            step(f'{me} receives {n[S2C][0][0]}', 'N', act)
        if f and f[BOX]: step(f"{me}'s task takes reply {f[BOX][0]}", 'N', lambda w, bad: consume(w, i, c))
        if f and f[PH] == 'c':
            step(f'{me} has computed', 'N', lambda w, bad: finish(w, i, c))
            if 'E' in c.faults and bud[1] and f[TOK]: step(f"{me}'s evaluation fails", 'E', lambda w, bad: fail(w, i, c), 1, 1, 1)
        if f and f[PH] == 'w':
            if f[MV] & 3: step(f'{me} looks again', 'N', lambda w, bad: look(w, i, c))
            elif bud[2]: step(f"{me}'s patience ends", 'E', lambda w, bad: begin(w, i, c, n[FL][TOK], nw=5), 1, 1, 2)
        if f and f[PH] in 'hs' and n[ASKS] and 'early_off' in c.rules:     # one more caller, which finds no flight (Q: it waits)
            step(f'{me} is asked once more, sends GET', 'A', lambda w, bad: (send(w[NODES][i], ('GET', 2)), w[NODES][i].__setitem__(ASKS, 0)))
        if n[Q] and n[Q] != 'w':
            def act(w, bad):
                n = w[NODES][i]; mv, b = n[Q]; n[Q] = None
                if n[UP] and not mv & (1 if 'offer_moved' in c.rules else 3): send(n, ('SET', '' if 'cheap_set' in c.rules else 'NX', c.quality[i], b, n[SEEN], False))
            step(f"{me}'s write queue moves", 'N', act)
        if n[MEM] is not None and n[MEM] % 1: step(f'what {me} kept briefly runs out', 'E', lambda w, bad: w[NODES][i].__setitem__(MEM, None), 1)
        if not n[UP]: step(f'{me} connects again', 'N', lambda w, bad: (heard(w[NODES][i], 1, (w[PC], w[GC]), c), w[NODES][i].__setitem__(UP, 1)))
        if f is None and n[MEM] is None and n[ASKS] and (c.live or i == 0 or len(set(c.quality)) > 1 or nodes[i - 1][ASKS] < c.asks):
            def act(w, bad):
                n = w[NODES][i]; n[ASKS] -= not c.live
                if n[UP] and c.kind != 'cheap': look(w, i, c)
                else: begin(w, i, c)
            step(f'{me} is asked', 'A', act)
        if bud[1]:
            def crash(w, bad): w[NODES][i] = [None, None, 1, (), (), n[ZOM] + n[C2S], (w[PC], w[GC]), n[ASKS], None, 0]
            if 'C' in c.faults and f: step(f'{me} crashes', 'E', crash, 1, 1, 1)
            if 'L' in c.faults and n[UP]: step(f'{me} loses its connection', 'E', lambda w, bad: lose(w, i, c), 2, 1, 1)
            if 'T' in c.faults and f and f[PH] in 'gnhs' and not f[BOX]: step(f"{me}'s call times out", 'E', lambda w, bad: timeout(w, i, c), 1, 1, 1)
        if bud[0] and 'S' in c.people and (f or n[Q]):
            def act(w, bad): n = w[NODES][i]; m = n[MEM]; heard(n, 2, n[SEEN], c); n[MEM] = m
            step(f'another key of the shard moves at {me}', 'E', act, 0, 0, 0)
        if bud[0] and 'A' in c.people and n[UP]: step(f'operator deletes through {me}', 'E', lambda w, bad: send(w[NODES][i], ('ADM',)), 1, 0, 0)
    def people(new, purge, pushes):
        def act(w, bad):
            if purge is not None and not c.live: w[PC] += 1; w[GC] += purge
            if pushes: w[PEND] = -1
            else:
                for n in w[NODES]: n[S2C] += (('null', w[PC], w[GC]),) if n[UP] else ()
            if purge is not None: w[REDIS] = new
        return act
    if bud[0]:
        if 'D' in c.people and R: step(f'somebody: DEL (it was {R})', 'E', people(None, 1, 1), 1, 0, 0)
        if 'F' in c.people: step(f'somebody: FLUSHALL (it was {R})', 'E', people(None, 1, 0), 1, 0, 0)
        if 'X' in c.people: step('somebody: FLUSHDB of another DB', 'E', people(0, None, 0), 0, 0, 0)
        if 'G' in c.people: step(f'somebody: SET garbage (it was {R})', 'E', people(('G', 0), 0, 1), c.n, 0, 0)
        if 'K' in c.people: step('somebody: SET what looks like a lease', 'E', people(('L', 'X'), 0, 1), 1, 1, 0)
    def expire(w, bad):
        w[REDIS] = None; w[PEND] = -1
        for n in w[NODES]:
            if n[FL] and n[FL][TOK] == R[1] and n[FL][PH] == 'c': n[FL] = n[FL][:MV] + (n[FL][MV] | 4,) + n[FL][MV + 1:]
    if R and R[0] == 'L' and R[1] != 'X' and bud[2]: step('the lease runs out', 'E', expire, 1, 1, 2)
    if not any(m[1] == 'N' for m in out):                      # nothing else can happen: time passes
        if R and R[0] == 'L' and R[1] != 'X': step('time passes, the lease runs out', 'T', expire, 1, 1)
        for i, n in enumerate(nodes):
            if n[FL] and n[FL][PH] == 'w' and not (R and R[0] == 'L' and R[1] != 'X'):
                step(f"time passes, {NAMES[i]}'s patience ends", 'T', lambda w, bad: begin(w, i, c, n[FL][TOK], nw=5), 1, 1)
    return out


# ---------------------------------------------------------------- properties and search
def still(s): return s[PEND] is None and not any(n[C2S] or n[S2C] or n[ZOM] or n[SKIP] for n in s[NODES])

def check_state(s, c, out):                                    # violations visible in a single state
    R, quiet = s[REDIS], not any(m[1] == 'N' for m in out)
    for i, n in enumerate(s[NODES]):
        if n[UP] and n[MEM] is not None and not c.live:
            if n[MEM] < n[SEEN][0]: yield 'P1 a hit from memory after the push of the purge was processed'
            if still(s) and not n[MEM] % 1 and not (R and R[0] == 'V') and (c.kind == 'expensive' or n[MEM] < s[PC]): yield 'P1 stale for ever: memory holds a value that Redis does not have, and no message will arrive'
        if quiet and (n[FL] or n[Q] == 'w'):
            dead = n[FL] and n[FL][PH] != 'w' or not any(m[1] == 'T' for m in out)
            yield 'P4 a caller waits for ever' if dead else 'note: a timer is needed after a failure' if s[FAIL] else 'P4 a waiter needs a timer although nothing failed'
    if c.kind == 'expensive' and s[EV] > (1 + s[K]) * len(set(c.quality)): yield f'P3 {s[EV]} evaluations with {s[K]} events'
    if c.live and not any(m[1] != 'E' for m in out) and any(n[MEM] is None for n in s[NODES]): yield 'P6 at rest, but a node that was asked has nothing in memory'

def explore(c):
    gc.disable(); t0 = time.time()
    s0 = (None, None, 0, 0, 0, 0, 0, c.bud, tuple((None, None, 1, (), (), (), (0, 0), c.asks, None, 0) for _ in range(c.n)))
    index, states, parent, found, edges, i = {s0: 0}, [s0], [(-1, '')], {}, [], 0
    def note(v, i, extra=''): found.setdefault(v, (i, extra))
    while i < len(states) and not (c.stop and any(v.startswith(c.stop) for v in found)):
        s = states[i]; out = moves(s, c)
        for v in check_state(s, c, out): note(v, i)
        mine = []
        for label, kind, t, bad in out:
            j = index.get(t)
            if j is None: j = index[t] = len(states); states.append(t); parent.append((i, sys.intern(label)))
            for v in bad: note(v, i, label)
            if kind != 'E': mine.append(j)
        if c.live: edges.append(mine)
        i += 1
    if c.live and i == len(states): liveness(c, states, edges, note)
    def trace(i, extra):
        steps = [extra] if extra else []
        while i > 0: steps.append(parent[i][1]); i = parent[i][0]
        return steps[::-1]
    return c, i, len(states) - i, {v: trace(*x) for v, x in found.items()}, time.time() - t0

def liveness(c, states, edges, note):
    back, deg = [[] for _ in states], [len(e) for e in edges]
    for i, e in enumerate(edges):
        for j in e: back[j].append(i)
    def sweep(todo, visit):                                    # backwards from the seeds, through states that visit() admits
        todo = deque(todo)
        while todo: todo.extend(i for i in back[todo.popleft()] if visit(i))
    ok = [s[REDIS] == ('V', max(c.quality)) or c.kind != 'expensive' and all(n[MEM] is not None for n in s[NODES]) for s in states]
    def mark(i): new = not ok[i]; ok[i] = True; return new
    def peel(i): deg[i] -= 1; return not deg[i]                # P6: peeled from its ends, a graph without a cycle vanishes
    sweep([i for i, o in enumerate(ok) if o], mark)
    sweep([i for i, d in enumerate(deg) if not d], peel)
    if not all(ok): note('P5 no calls lead to a usable value', ok.index(False))
    if any(deg): note('P6 calls alone can continue for ever (a cycle)', next(i for i, d in enumerate(deg) if d))

def configs(rules=frozenset()):
    p, f, t, pp, pf, pt = (1, 0, 0), (0, 1, 0), (0, 0, 1), (2, 0, 0), (1, 1, 0), (1, 0, 1)     # users, faults, timers that may happen
    cs = [C(asks=2, bud=pp, people='DF'), C(asks=2, bud=pt, people='DF'), C(bud=(1, 1, 1), people='D', faults='CL'), C(n=3, bud=p, people='DF', fuse=True), C(live=True, bud=pt, people='DFGXK'), C(bud=pp, people='DFG'), C(asks=2, kind='cheap', bud=pp, people='DFA'),
          C(live=True, bud=pt, people='DF', quality=(0, 1)), C(bud=pf, people='DF', faults='CLTER'), C(bud=pt, people='DFK'), C(n=3, bud=f, faults='CLTER', fuse=True),
          C(n=3, bud=t, fuse=True), C(n=3, bud=(0, 0, 0)), C(asks=2, bud=p, people='DFGXAS'), C(asks=3, people='G'), C(asks=2, bud=f, faults='CLTER'), C(asks=2, bud=t),
          C(asks=2, bud=p, people='DF', quality=(0, 1)), C(kind='cheap', n=3, bud=p, people='DF'), C(kind='cheap', bud=pf, people='DF', faults='CL'),
          C(kind='always', asks=2, bud=p, people='DFGA'), C(live=True, bud=f, faults='CLTER'), C(live=True, kind='cheap', bud=p, people='DF'),
          C(live=True, kind='always', bud=p, people='DFG')]
    small = dict(p=C(people='DFX'), a=C(people='A'), pp=C(bud=pp, people='DF'), g=C(asks=2, people='G'), mixed=C(people='D', quality=(0, 1)), pt=C(bud=pt, people='DFK'),
                 pf=C(bud=pf, people='DF', faults='LT'), cheap=C(kind='cheap', bud=pp, people='DF'), live=C(live=True, people='DFG'), f=C(bud=f, faults='CLTER'),
                 lf=C(live=True, bud=f, faults='CLTER'), lc=C(live=True, kind='cheap', people='DF'), pa=C(asks=2, people='DS'))
    for c in cs + list(small.values()): c.rules = rules
    return cs, small

def broken(name):
    _, where, want = BREAK[name]; small = configs(frozenset([name]))[1]
    for k in small: small[k].stop = want
    runs = [explore(small[k]) for k in where.split() or 'p pt f live lf'.split()]
    return name, sum(r[1] for r in runs), {v: t for r in runs for v, t in r[3].items() if not v.startswith('note')}

def show(results, traces):
    total, good = 0, True
    for c, done, left, found, dt in results:
        real = sorted(v for v in found if not v.startswith('note')); total += done; good &= not real and not left
        print(f'  {c.name():66}{done:9} states {dt:6.1f} s  ' + (f'{left} NOT EXPANDED ' if left else '') + ('; '.join(['VIOLATED'] + real) if real else 'all hold'), flush=True)
        for v, t in sorted(found.items()) if traces else (): print(f'      {v}' + ''.join(f'\n        {k + 1:2} {x}' for k, x in enumerate(t)))
    return total, good

if __name__ == '__main__':
    args = sys.argv[1:]; t0 = time.time(); rules = DESIGN if args == ['design'] else frozenset(args)
    with Pool(2) as p:
        print('P1 removed from memory, P2 not restored, P3 computed once (1 + events), P4 no lost wake-up, P5 never unwritable, P6 no ping-pong, P7 nothing better overwritten')
        print('The recommended protocol' if not rules else 'The protocol broken by ' + ', '.join(sorted(rules)))
        total, good = show(p.imap(explore, configs(rules)[0]), bool(args))
        print(f'  {total} states, ' + ('P1 to P7 hold in every configuration' if good else 'NOT all hold') + f', {time.time() - t0:.0f} s')
        if not args: print('What each rule is for: without it ...')
        for name, n, found in p.imap(broken, BREAK) if not args else ():
            text, _, want = BREAK[name]; v = min((v for v in found if v.startswith(want)), key=lambda v: len(found[v]), default='')
            verdict = f'{v} ({len(found[v])} steps)' if want and v else 'nothing breaks: allowed' if not want and not found else f'UNEXPECTED {sorted(found)}'
            print(f'  {name:14}{n:8} states  {text}\n{"":31}-> {verdict}', flush=True)
        print(f'{time.time() - t0:.0f} s')
