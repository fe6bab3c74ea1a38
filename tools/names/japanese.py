"""Adds what a list of Japanese names has to the lists that privacy reads.

    python3 tools/names/japanese.py FOLDER

FOLDER holds the unpacked package japanese-personal-name-dataset (0.4.0, MIT).
Surnames that are missing are added to surnames_ja.txt, at its end, since its
order is that of frequency; the readings of given names make wide_ja.txt.
"""
import sys,csv,os
d=sys.argv[1]+'/japanese_personal_name_dataset/dataset/'
lists=os.path.dirname(os.path.abspath(__file__))+'/../../internal/route/privacy/japan/lists/'
path=lists+'surnames_ja.txt'
text=open(path,encoding='utf-8').read()
have=set(text.split())
new=[r[0] for r in csv.reader(open(d+'last_name_org.csv',encoding='utf-8')) if len(r[0])>1 and r[0] not in have]
if new: open(path,'a',encoding='utf-8').write(' '.join(new)+'\n')
kana=set()
for f in ('man','woman'):
    for r in csv.reader(open(d+f'first_name_{f}_opti.csv',encoding='utf-8')):
        kana.add(r[0])
open(lists+'wide_ja.txt','w',encoding='utf-8').write(' '.join(sorted(kana))+'\n')
print(len(new),len(kana))
