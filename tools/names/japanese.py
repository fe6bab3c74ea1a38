"""Adds what a list of Japanese names has to the lists that privacy reads.

    python3 tools/names/japanese.py FOLDER

FOLDER holds the unpacked package japanese-personal-name-dataset (0.4.0, MIT).
Surnames that the dictionary's list and more.txt lack are added to more.txt's
first line; the readings of given names make wide_ja.txt.
"""
import sys,csv,os,re,gzip
d=sys.argv[1]+'/japanese_personal_name_dataset/dataset/'
privacy=os.path.dirname(os.path.abspath(__file__))+'/../../internal/route/privacy/'
path=privacy+'lattice/more.txt'
surnames,given=open(path,encoding='utf-8').read().split('\n')[:2]
have=set(surnames.split())
packed=gzip.open(privacy+'lattice/words.gz','rt',encoding='utf-8').read().split('\n')
for line in packed:
    head,_,rest=line.partition(' ')
    if not re.fullmatch(r'S\d+',head): continue
    w=''
    for r in re.findall(r'[A-Z][^A-Z]*',rest):
        w=w[:ord(r[0])-65]+r[1:]
        have.add(w)
new=[r[0] for r in csv.reader(open(d+'last_name_org.csv',encoding='utf-8')) if len(r[0])>1 and r[0] not in have]
open(path,'w',encoding='utf-8').write(' '.join(sorted(surnames.split()+new))+'\n'+given+'\n')
kana=set()
for f in ('man','woman'):
    for r in csv.reader(open(d+f'first_name_{f}_opti.csv',encoding='utf-8')):
        kana.add(r[0])
open(privacy+'listed/lists/wide_ja.txt','w',encoding='utf-8').write(' '.join(sorted(kana))+'\n')
print(len(new),len(kana))
