"""Packs the words in kanji, with their costs, that tell names from the rest.

    python3 tools/names/lattice.py FOLDER > internal/route/privacy/lattice/words.gz

FOLDER holds mecab-ipadic 2.7.0-20070801 in EUC-JP, as Debian's package
mecab-ipadic installs it (/usr/share/mecab/dic/ipadic). Kept are the surnames and
given names in kanji, and of the other words the short ones and those that look
like names. First come the costs of one class beside another, a line for each
left one; then, for each class, its letter, a cost and the words of that cost: a
capital says how many characters a word shares with the one before. Last come words in katakana: names, names
that are something else too, and what is no name.
"""
import sys,csv,re,glob,gzip
folder=sys.argv[1]
# classes of words, then what stands beside them, each by its ids left and right
words='SGFNUDAPRXTQV'
ids=dict(S=1290,G=1291,F=1289,N=1285,U=1283,D=1314,A=1287,P=1293,R=560,X=1298,T=1302,Q=1295,V=None)
left=['|','、','。','は','が','を','に','と','の','も','で','ら','た','カ','a','「']
right=left+['さ']
edge={'|':0,'、':10,'。':8,'は':261,'が':148,'を':156,'に':151,'と':150,'の':368,'も':262,'で':149,'ら':147,'た':454,'カ':1285,'a':1285,'「':6,'さ':1302}
pos={}
for l in open(folder+'/left-id.def',encoding='euc-jp'):
    n,p=l.rstrip('\n').split(' ',1); pos[int(n)]=p
verbs=[n for n,p in pos.items() if p.startswith('動詞,自立')]
for n,p in pos.items():
    if p.startswith('記号,括弧開'): edge['「']=n
closing=[n for n,p in pos.items() if p.startswith('記号,括弧閉')][0]
rows={}
with open(folder+'/matrix.def') as f:
    f.readline()
    for l in f:
        a,b,c=l.split(); a=int(a);b=int(b)
        rows.setdefault(a,{})[b]=int(c)
def median(x): x=sorted(x); return x[len(x)//2]
def cost(a,b,aright=False):
    A=[ids[a]] if a in ids and ids[a] else verbs[::40] if a=='V' else [edge[a]]
    B=[closing] if b=='「' and b not in ids else [ids[b]] if b in ids and ids[b] else verbs[::40] if b=='V' else [edge[b]]
    if b=='と': B=[150,363,164]
    if b=='で': B=[149,458]
    return min(rows[x][y] for x in A for y in B) if len(A)==1 and len(B)<4 else median([rows[x][y] for x in A for y in B])
han=re.compile(r'^[\u3400-\u9fff々〆ヶ]{1,6}$')
entries={c:{} for c in words}
kana={};ordinary={}
for f in sorted(glob.glob(folder+'/*.csv')):
    for r in csv.reader(open(f,encoding='euc-jp')):
        w,c,p=r[0],int(r[3]),','.join(r[4:8])
        if re.fullmatch('[ァ-ヴー]{2,12}',w):
            d=kana if p.startswith('名詞,固有名詞,人名') else ordinary if p.startswith('名詞') else {}
            d[w]=min(c,d.get(w,1<<20))
        if r[4]=='動詞' and p.startswith('動詞,自立'):
            m=re.match(r'^([\u3400-\u9fff々]{1,4})[ぁ-ん]',w)
            if m: w=m[1]; k='V'
            else: continue
        elif not han.match(w): continue
        elif p=='名詞,固有名詞,人名,姓': k='S'
        elif p=='名詞,固有名詞,人名,名': k='G'
        elif p=='名詞,固有名詞,人名,一般': k='F'
        elif p.startswith('名詞,固有名詞'): k='P'
        elif p.startswith('名詞,サ変'): k='U'
        elif p.startswith('名詞,副詞可能') or p.startswith('副詞') or p.startswith('名詞,接尾,副詞'): k='D'
        elif p.startswith('名詞,形容'): k='A'
        elif p.startswith('名詞,接尾,人名'): k='T'
        elif p.startswith('名詞,接尾'): k='X'
        elif p.startswith('名詞,数'): k='Q'
        elif p.startswith('接頭詞') or p.startswith('連体詞'): k='R'
        elif p.startswith('名詞') : k='N'
        else: continue
        e=entries[k]; e[w]=min(c,e.get(w,1<<20))
for w in '部長 課長 社長 係長 主任 専務 常務 会長 店長 院長 校長 先生 教授 准教授 助教 選手 監督 議員 容疑者 被告 夫妻 博士 医師 弁護士 税理士 看護師 室長 所長 局長 次長 本部長 支店長 副社長 取締役 代表 首相 大統領 投手 騎手 先輩'.split():
    entries['T'].setdefault(w,6900)
names=set(entries['S'])|set(entries['G'])
best={}
for k in entries:
    for w,c in entries[k].items():
        if k not in 'SGF': best[w]=min(c,best.get(w,1<<20))
def keep(k,w,c):
    if k in 'SG': return len(w)<5 and (w not in best or c<best[w]+9000)
    if k=='F': return len(w)>2
    if k=='P': return w in names or len(w)<=3 and c<7400 or c<5000
    if k=='V': return True
    return len(w)<4 or w[:2] in entries['S'] and c<6000 and len(w)==4
def front(ws):
    out=[];prev=''
    for w in sorted(ws):
        i=0
        while i<min(len(w),len(prev),25) and w[i]==prev[i]: i+=1
        out.append(chr(65+i)+w[i:]); prev=w
    return ''.join(out)
lines=[words,''.join(left),''.join(right)]
for a in list(words)+left:
    lines.append(' '.join(str(cost(a,b)) for b in list(words)+right))
n=0
for k in words:
    d={w:c for w,c in entries[k].items() if keep(k,w,c)}
    n+=len(d); sys.stderr.write(f'{k} {len(d)}\n')
    by={}
    for w,c in d.items(): by.setdefault(min(60,max(0,c+128)//256),[]).append(w)
    for c in sorted(by): lines.append(f'{k}{c*256} '+front(by[c]))
alone={w for w,c in kana.items() if c+1500<ordinary.get(w,1<<20)}
lines.append('1 '+front(alone))
lines.append('2 '+front(set(kana)-alone))
lines.append('3 '+front(set(ordinary)-set(kana)))
b=gzip.compress('\n'.join(lines).encode(),9,mtime=0)
sys.stderr.write(f'{n} words, {len(b)} bytes, {len(kana)} names and {len(ordinary)} words in katakana\n')
sys.stdout.buffer.write(b)
