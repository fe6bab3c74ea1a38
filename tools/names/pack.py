"""Packs the list of names in Latin letters that route/privacy/lexicon reads.

    python3 tools/names/pack.py FOLDER > internal/route/privacy/lexicon/words.gz

FOLDER holds the unpacked packages `names` (0.3.0: the US Census of 1990) and
`faker` (MIT), and of SCOWL the word lists american-english-small and
american-english; docs/DEPENDENCIES.md says under which terms. places.txt beside
this file is our own.
"""
import sys,glob,importlib,unicodedata,gzip,re,os
folder=sys.argv[1]
sys.path.insert(0,folder)
here=os.path.dirname(os.path.abspath(__file__))
tr=str.maketrans({'ø':'o','Ø':'O','ł':'l','Ł':'L','đ':'d','Đ':'D','ð':'d','Ð':'D','þ':'th','Þ':'Th','ß':'ss','æ':'ae','Æ':'Ae','œ':'oe','ı':'i','ə':'a','Ə':'A','ħ':'h','ŋ':'n'})
def fold(s):
    s=unicodedata.normalize('NFD',s.translate(tr))
    return ''.join(c for c in s if not unicodedata.combining(c)).lower()
small=set();cap=set()
for l in open(folder+'/american-english-small',encoding='utf-8'):
    l=l.strip()
    if "'" in l: continue
    (cap if l[:1].isupper() else small).add(fold(l))
full_cap=set()
for l in open(folder+'/american-english',encoding='utf-8'):
    l=l.strip()
    if "'" in l: continue
    if l[:1].isupper() and not l.isupper(): full_cap.add(fold(l))
gf={};sf={}
for f in ('female','male'):
    for l in open(folder+f'/names/dist.{f}.first'):
        p=l.split(); gf[p[0].lower()]=gf.get(p[0].lower(),0)+float(p[1])/2
for l in open(folder+'/names/dist.all.last'):
    p=l.split(); sf[p[0].lower()]=(float(p[1]),int(p[3]))
fg=set();fs=set()
for d in sorted(glob.glob(folder+'/faker/providers/person/*/')):
    loc=d.rstrip('/').split('/')[-1]
    if loc.startswith('__') or loc in('ja_JP',): continue
    try: P=importlib.import_module('faker.providers.person.'+loc).Provider
    except Exception: continue
    for a in dir(P):
        if not re.match(r'(first|last|middle)_?(names?|romanized)|.*(romanized|_names?)',a): continue
        v=getattr(P,a)
        if callable(v) or isinstance(v,str): continue
        try: items=list(v)
        except Exception: continue
        for it in items:
            if not isinstance(it,str): continue
            for w in re.split(r"[\s]+",it):
                if not re.match(r"^[A-Z\u00c0-\u024f][A-Za-z\u00c0-\u024f'\-]+$",w): continue
                for k in ([w] + w.split('-')):
                    k=fold(k)
                    if len(k)<2: continue
                    if 'last' in a or 'surname' in a or 'family' in a: fs.add(k)
                    elif 'prefix' in a or 'suffix' in a: pass
                    else: fg.add(k)
places=set(fold(w) for w in open(here+'/places.txt',encoding='utf-8').read().split())
keys=set(gf)|set(sf)|fg|fs
G,S,W,P,A=1,2,4,8,16
out={}
for k in keys:
    f=0
    if k in gf or k in fg: f|=G
    if k in sf or k in fs: f|=S
    if k in small: f|=W
    if k in places: f|=P
    if f&G:
        g=gf.get(k,0 if k not in fg else .002); s=sf.get(k,(0,0))[0]
        if k in fg and k not in gf: g=.004
        if g>=s and len(k)>2: f|=A
    out[k]=f
for k in small:
    if k not in out and len(k)>2: out[k]=W
for k in full_cap:
    if k not in out: out[k]=P
for k in places: out.setdefault(k,P)
out={k:v for k,v in out.items() if re.match(r"^[a-z'\-]+$",k) and 2<=len(k)<=20}
ks=sorted(out)
# front coding: byte 0 = 'A'+shared prefix length (max 25), suffix, flags as letter
lines=[];prev=''
from collections import defaultdict
by=defaultdict(list)
for k in ks: by[out[k]].append(k)
raw=''
for f in sorted(by):
    raw+=chr(48+f)+'\n'   # a line with one digit or sign: the flags of what follows
    prev=''
    for k in by[f]:
        n=0
        while n<min(len(k),len(prev),25) and k[n]==prev[n]: n+=1
        raw+=chr(65+n)+k[n:]; prev=k
    raw+='\n'
b=gzip.compress(raw.encode(),9,mtime=0)
sys.stdout.buffer.write(b)
