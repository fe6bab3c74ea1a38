package tagger

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"

	"irori/internal/route/privacy/span"
)

func cuts(t *span.Text, ss []span.Span) string {
	var out []string
	for _, s := range ss {
		out = append(out, t.Cut(s.Start, s.End))
	}
	return strings.Join(out, "|")
}

// TestFind finds names by what stands around them, and none where the same word is
// something else.
func TestFind(t *testing.T) {
	for text, want := range map[string]string{
		"お世話になっております。営業部の榎本です。":                              "榎本",
		"出席者:小田切 誠、三宅彩花、室井":                                  "小田切 誠|三宅彩花|室井",
		"千葉県の天気を教えて。千葉さんに電話した。":                              "千葉",
		"夏目漱石と森鷗外の作風の違いは?":                                   "夏目漱石|森鷗外",
		"アンドレアス・ミュラーさんが来日する。":                                "アンドレアス・ミュラー",
		"さくらちゃんは三歳です。桜が咲いた。":                                 "さくら",
		"この関数の計算量を説明してください。":                                 "",
		"Please ask Priya Raman to call Mr. Okafor.":         "Priya Raman|Okafor",
		"Thanks for the update, Deirdre.":                    "Deirdre",
		"How far is it from Lincoln to Jackson by car?":      "",
		"The build fails on Ubuntu since March.":             "",
		"Who wrote Pride and Prejudice? It was Jane Austen.": "Jane Austen",
	} {
		tx := span.Fold(text)
		got := append(Japanese(tx), English(tx)...)
		if s := cuts(tx, got); s != want {
			t.Errorf("%q: %q, want %q", text, s, want)
		}
	}
}

// TestDecode compares the labels of random chains with the best of all labellings.
func TestDecode(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		m := &Model{}
		for k := range m.Next {
			for l := range m.Next[k] {
				m.Next[k][l] = rnd.Float32()*4 - 2
			}
		}
		c := make(Chain, 1+rnd.IntN(6))
		for i := range c {
			for l := range c[i].score {
				c[i].score[l] = rnd.Float32()*4 - 2
			}
		}
		total := func(ls []Label) (sum float32) {
			from := Labels
			for i, l := range ls {
				sum += m.Next[from][l] + c[i].score[l]
				from = l
			}
			return sum
		}
		best := float32(-1e9)
		all := make([]Label, len(c))
		for n := range pow(3, len(c)) {
			for i := range all {
				all[i] = Label(n % 3)
				n /= 3
			}
			best = max(best, total(all))
		}
		var d decoder
		if got := total(d.decode(m, c)); got < best-1e-4 {
			t.Fatalf("labels of weight %g, there are some of %g", got, best)
		}
	}
}

func pow(a, n int) int {
	out := 1
	for range n {
		out *= a
	}
	return out
}

// TestModel keeps features apart, and comes back from a file as it was.
func TestModel(t *testing.T) {
	m := &Model{Rows: make([]Row, 64), Step: .5, Bias: 1, Again: .25}
	m.Next[Begin][Inside] = 3
	if !m.Put(0x10001, 3, -4) || !m.Put(0x20001, 5, 6) || m.Put(0x10001, 1, 1) || !m.Shut(0x50041) {
		t.Fatal("a feature has no place, or two")
	}
	for f, want := range map[uint32][2]int8{0x10001: {3, -4}, 0x20001: {5, 6}, 0x50041: {shut, shut}, 0x70001: {}} {
		if r := m.row(f); r.Begin != want[0] || r.Inside != want[1] {
			t.Errorf("%x: %d %d, want %v", f, r.Begin, r.Inside, want)
		}
	}
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	again, err := Read(b.Bytes())
	if err != nil || !reflect.DeepEqual(m, again) {
		t.Errorf("%+v, %v", again, err)
	}
	if _, err := Read([]byte("no model")); err == nil {
		t.Error("what is no model is read")
	}
}

// TestEarly asks no more of a token than the model needs: where a text is plain, the
// names are those that all features give.
func TestEarly(t *testing.T) {
	m := japaneseModel()
	tx := span.Fold(strings.Repeat("昨日、安西さんと経理の堀が来た。会議の資料は会議室で確認した。静かな部屋で田中一郎と話す。", 20))
	var all []span.Span
	r := Reader{Gate: m}
	r.Japanese(tx, func(c []Chain) {
		for _, c := range c {
			for i := range c {
				c[i].First = -1
			}
		}
		all = append(all, m.Find(c)...)
	})
	if got := Japanese(tx); cuts(tx, got) != cuts(tx, all) || len(got) < 40 {
		t.Errorf("%d names, by all features %d", len(got), len(all))
	}
}

// TestWindows reads long texts in parts, each rune once, and finds in each what is
// found in a short one.
func TestWindows(t *testing.T) {
	for _, s := range []string{"担当は榎本さんです。", "Please ask Priya Raman about it.\n", "あ", "x", "日本国憲法"} {
		tx := span.Fold(strings.Repeat(s, 3*window/len([]rune(s))))
		at, parts := 0, 0
		windows(tx, func(from, to int) {
			if from != at || to <= from || to-from > window {
				t.Fatalf("%q: a part from %d to %d behind %d", s, from, to, at)
			}
			at = to
			parts++
		})
		if at != tx.Len() || parts < 3 {
			t.Errorf("%q: %d parts to %d of %d", s, parts, at, tx.Len())
		}
	}
	long := span.Fold(strings.Repeat("担当は榎本さんです。Please ask Priya Raman.\n", 1000))
	if ja, en := len(Japanese(long)), len(English(long)); ja != 1000 || en != 1000 {
		t.Errorf("%d and %d names in 1000 lines", ja, en)
	}
}

// TestAny reads whatever comes, at once: nothing panics, and names lie in the text.
func TestAny(t *testing.T) {
	letters := []rune("田中さん、の。abcXYZ Jr.'-\n\t 1=・ーアンナひろし々\u3000é:()「」")
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			rnd := rand.New(rand.NewPCG(uint64(n), 3))
			for range 300 {
				rs := make([]rune, rnd.IntN(120))
				for i := range rs {
					rs[i] = letters[rnd.IntN(len(letters))]
				}
				tx := span.Fold(string(rs))
				for _, s := range append(Japanese(tx), English(tx)...) {
					if s.Start < 0 || s.End > tx.Len() || s.Start >= s.End {
						t.Errorf("%q: %+v", tx.S, s)
					}
				}
			}
		}()
	}
	wg.Wait()
}
