package check

import (
	"fmt"
	"strings"
	"testing"

	"irori/internal/llm"
)

// lines writes a line for each number, %d standing for that.
func lines(from, to int, format string, more ...string) string {
	var b strings.Builder
	for i := from; i <= to; i++ {
		text := format
		if len(more) > 0 {
			text += more[i%len(more)]
		}
		if strings.Contains(text, "%d") {
			text = fmt.Sprintf(text, i)
		}
		b.WriteString(text + "\n")
	}
	return b.String()
}

// TestLoops has answers that go round.
func TestLoops(t *testing.T) {
	for name, c := range map[string]struct {
		req  *llm.Request
		text string
	}{
		"items under further numbers": {ask("Write my list for today."), lines(1, 39, "%d. buy milk")},
		"ended in the midst of one":   {ask("Write my list for today."), lines(1, 39, "%d. buy milk") + "40. buy m"},
		"after a beginning":           {ask("Write my list for today."), "Here is your list:\n\n1. wash the car\n2. call Ada\n" + lines(3, 20, "%d. buy milk")},
		"with an end":                 {ask("Write my list for today."), lines(1, 20, "%d) buy milk") + "\nHave a nice day!"},
		"bold":                        {ask("Write my list for today."), lines(1, 20, "**%d.** Buy milk")},
		"steps":                       {ask("How do I clean it?"), lines(1, 20, "Step %d: wipe the glass")},
		"items ja":                    {ask("今日の予定を書いて。"), lines(1, 39, "%d. 牛乳を買う")},
		"items ja, wide marks":        {ask("今日の予定を書いて。"), lines(1, 15, "（%d）牛乳を買う")},
		"a sentence":                  {ask("Why?"), lines(1, 12, "%d. It is important to be careful.")},
		"raw":                         {raw("My list for today:\n"), lines(1, 39, "%d. buy milk")},
		"yes ja":                      {ask("元気ですか。"), strings.Repeat("はい", 14)},
		"yes ja, with commas":         {ask("元気ですか。"), strings.Repeat("はい、", 14)},
		"yes ja, lines":               {ask("元気ですか。"), strings.Repeat("はい\n", 14)},
		"yes":                         {ask("Are you well?"), strings.Repeat("yes ", 11)},
		"even a song ends":            {ask("Write a song."), strings.Repeat("la la la la la la la la, oh\n", 60)},
	} {
		if got := Whole(c.req, said(c.text)); len(got) != 1 || got[0].Kind != Repetition {
			t.Errorf("%s: found %+v", name, got)
		}
		if got := Begun(c.req, Answer{Text: c.text}); len(got) != 1 || got[0].Kind != Repetition {
			t.Errorf("%s, begun: found %+v", name, got)
		}
	}
}

// TestNoLoops has answers that are as alike as they have to be.
func TestNoLoops(t *testing.T) {
	for name, c := range map[string]struct {
		req  *llm.Request
		text string
	}{
		"items that differ":           {ask("List shops."), lines(1, 5, "%d. buy milk", " at Abe", " at Ito", " at Ueda", " at Endo", " at Oka")},
		"items numbered twice":        {ask("List the chapters."), lines(1, 30, "1. Chapter %d")},
		"similar items":               {ask("List museums."), lines(1, 6, "- Visit the museum of ", "art", "history", "glass", "trains", "toys", "war")},
		"plan with a number":          {ask("Plan my training."), lines(1, 20, "Week %d: run %[1]d km")},
		"plan with rest":              {ask("Plan my training."), lines(1, 30, "%d. ", "Rest and sleep", "Run 5 km", "Swim 1 km")},
		"true or false":               {ask("Which hold?"), lines(1, 20, "%d. True")},
		"yes to as many questions":    {ask("Answer each:\n" + lines(1, 12, "%d. Is it so?")), lines(1, 12, "%d. Yes, it is so.")},
		"labels of as many texts":     {ask("Label each.\n" + lines(1, 20, "%d. good stuff")), lines(1, 20, "%d. very positive")},
		"labels of one word":          {ask("Label them."), lines(1, 20, "%d. positive")},
		"labels ja":                   {ask("正しいものに丸を。"), lines(1, 20, "%d. 正しい")},
		"yes ja, a few":               {ask("元気ですか。"), "はい、はい、はい。元気ですよ。"},
		"four steps":                  {ask("How?"), lines(1, 4, "%d. Stir the pot well.")},
		"nine steps":                  {ask("How?"), lines(1, 9, "%d. Stir.")},
		"table":                       {ask("Make a table."), "| n | what |\n|---|---|\n" + lines(1, 30, "| %d | buy milk |")},
		"table of zeros":              {ask("Make a table."), "| a | b |\n|---|---|\n" + lines(1, 30, "| %d | 0 | 0 | 0 |")},
		"csv":                         {ask("Make data."), "id,name,active\n" + lines(1, 40, "%d,user%[1]d,true")},
		"times table":                 {ask("Seven times table?"), lines(1, 20, "%d × 7 = ", "7", "14", "21", "28")},
		"rooms":                       {ask("Which rooms are free?"), lines(101, 130, "Room %d: free")},
		"players":                     {ask("Scores?"), lines(1, 15, "Player %d: 0 points")},
		"dates":                       {ask("When?"), lines(1, 28, "2026-02-%d open")},
		"code":                        {ask("Write code"), "```python\n" + lines(1, 20, "print(%d)") + "```"},
		"code of one line":            {ask("Write code"), "```c\n" + strings.Repeat("    step();\n", 8) + "```"},
		"numbered code":               {ask("Write code"), "```basic\n" + lines(1, 20, "%d. PRINT HELLO") + "```"},
		"html":                        {ask("Write a list"), "<ul>\n" + lines(1, 20, "  <li>%d</li>") + "</ul>"},
		"bytes":                       {raw("const unsigned char t[] = {\n  0x01, 0x02,\n"), strings.Repeat("0x00, ", 40)},
		"song":                        {ask("Write a song."), strings.Repeat("We sing all day,\nwe sing all night.\n", 6)},
		"refrain":                     {ask("Lyrics, please"), "Na " + strings.Repeat("na ", 30)},
		"song ja":                     {ask("歌を作って。"), strings.Repeat("ラララ", 20)},
		"laughter":                    {ask("Write how a villain would laugh."), strings.Repeat("ha ", 15)},
		"sound ja":                    {ask("心臓の擬音を書いて。"), strings.Repeat("ドキドキ", 8)},
		"said twenty times":           {ask("はいと20回言って。"), strings.Repeat("はい", 20)},
		"long vowel":                  {ask("What did it cry?"), "Wo" + strings.Repeat("o", 30) + "w"},
		"laughter at the end":         {ask("Tell a joke."), "Why did the hen cross the road? To get to the other side of it, of course. " + strings.Repeat("ha ", 10)},
		"rule":                        {ask("Tell me."), "Rome\n" + strings.Repeat("- ", 40)},
		"dots of a table of contents": {ask("Contents?"), lines(1, 9, "%d. Part ........................ 3", "a", "b", "c")},
		"digits":                      {ask("Pi?"), "3." + strings.Repeat("14159265358979", 3)},
		"raw list of its own":         {raw("1. buy milk\n2. buy milk\n3. buy milk\n4. buy milk\n5. buy milk\n6. buy milk\n7. buy milk\n8. buy milk\n"), lines(9, 20, "%d. buy milk")},
	} {
		if got := Whole(c.req, said(c.text)); len(got) != 0 {
			t.Errorf("%s: found %+v", name, got)
		}
		if got := Begun(c.req, Answer{Text: c.text}); len(got) != 0 {
			t.Errorf("%s, begun: found %+v", name, got)
		}
	}
}
