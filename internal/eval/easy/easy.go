// Package easy makes up items that very small models answer right about
// half of the time, with answers that can be checked, and asks them as a text to
// go on with.
package easy

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"irori/internal/eval/task"
)

// Plain is a conversation as a text to go on with, for models that were not
// tuned to converse.
func Plain(turns []task.Turn) string {
	var b strings.Builder
	for _, t := range turns {
		if t.Role == "assistant" {
			b.WriteString("A: " + t.Content + "\n\n")
		} else {
			b.WriteString("Q: " + t.Content + "\n")
		}
	}
	return b.String() + "A:"
}

// Tasks are up to n questions of each kind, after three examples: with all wrong
// or all right no signal could tell anything.
func Tasks(seed uint64, n int) []*task.Task {
	r := rand.New(rand.NewPCG(seed, 2))
	var out []*task.Task
	for _, f := range []struct {
		name, language, mark string
		make                 func(r *rand.Rand, i int) (ask, gold string, choices []string)
	}{
		{"sums-en", "en", "number", func(r *rand.Rand, _ int) (string, string, []string) {
			a, b := 1+r.IntN(15), 1+r.IntN(9)
			return fmt.Sprintf("What is %d + %d?", a, b), fmt.Sprint(a + b), nil
		}},
		{"differences-en", "en", "number", func(r *rand.Rand, _ int) (string, string, []string) {
			b := 1 + r.IntN(9)
			a := b + 1 + r.IntN(12)
			return fmt.Sprintf("Tom had %d apples and gave %d away. How many has he now?", a, b), fmt.Sprint(a - b), nil
		}},
		{"products-en", "en", "number", func(r *rand.Rand, _ int) (string, string, []string) {
			a, b := 2+r.IntN(8), 2+r.IntN(8)
			return fmt.Sprintf("What is %d times %d?", a, b), fmt.Sprint(a * b), nil
		}},
		{"next-en", "en", "number", func(r *rand.Rand, _ int) (string, string, []string) {
			a := 1 + r.IntN(300)
			return fmt.Sprintf("What number comes after %d?", a), fmt.Sprint(a + 1), nil
		}},
		{"sums-ja", "ja", "number", func(r *rand.Rand, _ int) (string, string, []string) {
			a, b := 1+r.IntN(15), 1+r.IntN(9)
			return fmt.Sprintf("%d足す%dはいくつですか。", a, b), fmt.Sprint(a + b), nil
		}},
		{"capitals-en", "en", "exact", fact("What is the capital of %s?", capitalsEn)},
		{"capitals-ja", "ja", "exact", fact("%sの首都はどこですか。", capitalsJa)},
		{"symbols-en", "en", "exact", fact("What is the chemical symbol of %s?", symbols)},
		{"past-en", "en", "exact", fact("What is the past tense of “%s”?", past)},
		{"opposite-en", "en", "exact", fact("What is the opposite of “%s”?", opposite)},
		{"choice-en", "en", "choice", pick("What is the capital of %s?", capitalsEn)},
		{"choice-ja", "ja", "choice", pick("%sの首都はどこですか。", capitalsJa)},
		{"extract-en", "en", "exact", func(r *rand.Rand, _ int) (string, string, []string) {
			who, place, thing := one(r, people), one(r, pairsOf(capitalsEn, 1)), one(r, []string{"a map", "two books", "a red hat", "some tea", "a lamp"})
			key := one(r, []string{"name", "city", "thing"})
			return fmt.Sprintf("“On Monday %s bought %s in %s.” What is the %s?", who, thing, place, key), map[string]string{"name": who, "city": place, "thing": thing}[key], nil
		}},
	} {
		t := &task.Task{Name: f.name, Version: "1", Language: f.language, Output: task.GenerateUntil}
		var shots []task.Turn
		seen := map[string]bool{}
		for i := 0; len(t.Items) < n && i < 40*n; i++ {
			ask, gold, choices := f.make(r, i)
			if seen[ask] {
				continue
			}
			seen[ask] = true
			// The first three are examples.
			if len(shots) < 6 {
				shots = append(shots, task.Turn{Role: "user", Content: ask}, task.Turn{Role: "assistant", Content: gold})
				continue
			}
			raw, _ := json.Marshal(gold)
			it := task.Item{ID: fmt.Sprintf("%s-%d", f.name, i), Scorer: task.ByMark, Mark: f.mark, Gold: raw, Choices: choices, MaxTokens: 16, Stop: []string{"\n"}}
			it.Turns = append(append(it.Turns, shots...), task.Turn{Role: "user", Content: ask})
			t.Items = append(t.Items, it)
		}
		out = append(out, t)
	}
	return out
}

func one(r *rand.Rand, list []string) string { return list[r.IntN(len(list))] }

func pairsOf(list string, side int) []string {
	var out []string
	for p := range strings.SplitSeq(list, ",") {
		out = append(out, strings.Split(p, ":")[side])
	}
	return out
}

// fact asks for the second of a pair by the first.
func fact(form, list string) func(*rand.Rand, int) (string, string, []string) {
	keys, values := pairsOf(list, 0), pairsOf(list, 1)
	return func(r *rand.Rand, _ int) (string, string, []string) {
		i := r.IntN(len(keys))
		return fmt.Sprintf(form, keys[i]), values[i], nil
	}
}

// pick asks the same with three wrong options beside.
func pick(form, list string) func(*rand.Rand, int) (string, string, []string) {
	keys, values := pairsOf(list, 0), pairsOf(list, 1)
	return func(r *rand.Rand, _ int) (string, string, []string) {
		order := r.Perm(len(keys))[:4]
		right := r.IntN(4)
		ask := fmt.Sprintf(form, keys[order[right]])
		var choices []string
		for i, o := range order {
			ask += fmt.Sprintf("\n%c. %s", 'A'+i, values[o])
			choices = append(choices, values[o])
		}
		return ask, string(rune('A' + right)), choices
	}
}

var people = []string{"Anna", "Kenji", "Maria", "Oscar", "Yuki", "Paul", "Ingrid", "Samir", "Lucy", "Hana"}

const (
	capitalsEn = "France:Paris,Japan:Tokyo,Italy:Rome,Spain:Madrid,Germany:Berlin,Egypt:Cairo,Peru:Lima,Kenya:Nairobi,Norway:Oslo,Sweden:Stockholm,Finland:Helsinki,Denmark:Copenhagen," +
		"Poland:Warsaw,Austria:Vienna,Hungary:Budapest,Greece:Athens,Portugal:Lisbon,Ireland:Dublin,Cuba:Havana,Chile:Santiago,Argentina:Buenos Aires,Canada:Ottawa,Mexico:Mexico City," +
		"Thailand:Bangkok,Vietnam:Hanoi,China:Beijing,India:New Delhi,Nepal:Kathmandu,Iran:Tehran,Iraq:Baghdad,Turkey:Ankara,Russia:Moscow,Ukraine:Kyiv,Romania:Bucharest,Bulgaria:Sofia," +
		"Serbia:Belgrade,Croatia:Zagreb,Iceland:Reykjavik,Australia:Canberra,New Zealand:Wellington,Ghana:Accra,Senegal:Dakar,Ethiopia:Addis Ababa,Uganda:Kampala,Morocco:Rabat,Tunisia:Tunis," +
		"Libya:Tripoli,Sudan:Khartoum,Mongolia:Ulaanbaatar,Indonesia:Jakarta,Malaysia:Kuala Lumpur,Philippines:Manila,Cambodia:Phnom Penh,Laos:Vientiane,Jordan:Amman,Lebanon:Beirut,Syria:Damascus," +
		"Ecuador:Quito,Colombia:Bogota,Venezuela:Caracas,Uruguay:Montevideo,Paraguay:Asuncion,Belgium:Brussels,Switzerland:Bern,Latvia:Riga,Estonia:Tallinn,Lithuania:Vilnius,Georgia:Tbilisi"
	capitalsJa = "フランス:パリ,日本:東京,イタリア:ローマ,スペイン:マドリード,ドイツ:ベルリン,エジプト:カイロ,ペルー:リマ,ケニア:ナイロビ,ノルウェー:オスロ,スウェーデン:ストックホルム,フィンランド:ヘルシンキ," +
		"デンマーク:コペンハーゲン,ポーランド:ワルシャワ,オーストリア:ウィーン,ハンガリー:ブダペスト,ギリシャ:アテネ,ポルトガル:リスボン,アイルランド:ダブリン,キューバ:ハバナ,チリ:サンティアゴ," +
		"アルゼンチン:ブエノスアイレス,カナダ:オタワ,タイ:バンコク,ベトナム:ハノイ,中国:北京,韓国:ソウル,インド:ニューデリー,ネパール:カトマンズ,イラン:テヘラン,イラク:バグダッド,トルコ:アンカラ,ロシア:モスクワ," +
		"ルーマニア:ブカレスト,ブルガリア:ソフィア,オーストラリア:キャンベラ,モンゴル:ウランバートル,インドネシア:ジャカルタ,フィリピン:マニラ,ベルギー:ブリュッセル,イギリス:ロンドン,オランダ:アムステルダム,チェコ:プラハ"
	symbols = "gold:Au,silver:Ag,iron:Fe,copper:Cu,oxygen:O,hydrogen:H,helium:He,carbon:C,nitrogen:N,sodium:Na,potassium:K,calcium:Ca,chlorine:Cl,zinc:Zn,tin:Sn,lead:Pb,mercury:Hg,neon:Ne,argon:Ar," +
		"nickel:Ni,cobalt:Co,silicon:Si,sulfur:S,phosphorus:P,magnesium:Mg,aluminium:Al,lithium:Li,boron:B,fluorine:F,iodine:I,barium:Ba,platinum:Pt,uranium:U,titanium:Ti,chromium:Cr,manganese:Mn,tungsten:W,bromine:Br,krypton:Kr,xenon:Xe"
	past = "go:went,eat:ate,see:saw,take:took,run:ran,write:wrote,buy:bought,think:thought,walk:walked,play:played,swim:swam,sing:sang,drink:drank,drive:drove,fly:flew,give:gave,know:knew,make:made," +
		"teach:taught,catch:caught,bring:brought,fall:fell,feel:felt,find:found,keep:kept,leave:left,lose:lost,meet:met,sleep:slept,speak:spoke,stand:stood,tell:told,wear:wore,win:won,draw:drew,grow:grew,hide:hid,ride:rode,shake:shook,steal:stole,bend:bent,dig:dug,freeze:froze,choose:chose,break:broke"
	opposite = "hot:cold,big:small,up:down,fast:slow,happy:sad,light:dark,open:closed,rich:poor,young:old,hard:soft,early:late,strong:weak,wet:dry,full:empty,high:low,near:far,clean:dirty,loud:quiet," +
		"thick:thin,wide:narrow,buy:sell,win:lose,push:pull,remember:forget,arrive:leave,first:last,left:right,true:false,day:night,north:south,east:west,inside:outside,before:after,above:below,love:hate,deep:shallow,sharp:blunt,cheap:expensive,brave:cowardly,polite:rude"
)
