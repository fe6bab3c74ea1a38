package person

import (
	"strings"

	"irori/internal/route/privacy/lexicon"
)

// What a word may be.
const (
	isGiven  = lexicon.Given
	isFamily = lexicon.Family
	isWord   = lexicon.Word
	isPlace  = lexicon.Place
	isAlone  = lexicon.Alone
)

// flags returns what a word may be, accents and case aside.
func flags(s string) uint32 { return lexicon.Flags(s) }

// easternText are surnames that stand before given names of one or two
// syllables: Chinese, Korean and Vietnamese ones.
const easternText = `Zhang Wang Li Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Lin Gao Luo Zheng Liang Xie Tang Song Deng Han Feng Cao Peng Zeng Xiao Tian Dong Pan Yuan Cai Jiang Yu Du Ye Cheng Wei Su Lu Ding Ren Shen Yao Jia Xiong Meng Qin Yan Xue Hou Lei Bai Long Duan Hao Kong Shao Shi Mao Chang Wan Gu Lai Qian Qiu Qiao Fan Fang Fu Hong Jin Kang Zou Zhong Yin Shu Tao Pang Ouyang
Wong Chan Cheung Lau Leung Ng Ho Kwok Tse Tsang Chow Chung Lam Lee Tan Lim Ong Goh Teo Koh Yeung Kwan Chiu Yip Mak Fung Poon Siu Lui Yuen Hsu Hsieh Tsai Chiang Chou Liao
Kim Park Choi Jung Jeong Cho Yoon Jang Oh Seo Shin Kwon Hwang Ahn Yoo Moon Son Bae Baek Nam Noh Ha Im Min Ryu Joo Heo Bang
Nguyen Nguyễn Tran Trần Le Lê Pham Phạm Huynh Huỳnh Hoang Hoàng Phan Vu Vũ Vo Võ Dang Đặng Bui Bùi Do Đỗ Ngo Ngô Duong Dương Ly Lý Truong Trương Dinh Đinh Trinh Trịnh Mai Dao Đào Thi Doan Đoàn Luong Lương Cao`

// eastern is how many words a name has that begins with its surname and goes
// on with syllables of the East: Zhang Weimin, Pham Quoc Bao, Kim Seo-yeon.
func (l *lists) eastern(ws []word, i int) int {
	w := ws[i]
	if !w.cap || w.text == "" || i > 0 && w.next && ws[i-1].cap && l.places[ws[i-1].text] {
		return 0
	}
	n := 0
	for i+n < len(ws) && n < 4 && ws[i+n].cap && ws[i+n].text != "" && (n == 0 || ws[i+n].next && ws[i+n].shout == w.shout) {
		n++
	}
	if a, b, ok := strings.Cut(w.text, "-"); ok && n == 1 {
		// A Korean given name alone: Eun-ji.
		if len(b) > 1 && b == strings.ToLower(b) && syllables(a) == 1 && syllables(b) == 1 && !lexicon.Odd(a) && !lexicon.Odd(b) && flags(b)&isWord == 0 {
			return 1
		}
	}
	if n < 2 {
		return 0
	}
	if a, b, ok := strings.Cut(w.text, "-"); ok && n == 2 && l.east[ws[i+1].text] && syllables(a) == 1 && syllables(b) == 1 {
		return 2
	}
	if !l.east[w.text] || n > 4 || l.places[w.text] {
		return 0
	}
	for k := 1; k < n; k++ {
		s := ws[i+k].text
		f := flags(s)
		if c := syllables(s); c == 0 || c > 2 || f&(isWord|isPlace) != 0 && !l.east[s] || l.common[s] || l.institutions[s] {
			return 0
		}
	}
	if f := flags(w.text); l.common[w.text] && n == 2 && (f&isWord != 0 || len(w.text) < 3) && !strings.Contains(ws[i+1].text, "-") {
		return 0 // "He Wu"
	}
	return n
}

// syllables is how many syllables of the East a word has, 0 where it has others.
func syllables(s string) int { return lexicon.Syllables(s) }
