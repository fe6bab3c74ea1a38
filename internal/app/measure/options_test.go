package measure

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"irori/internal/eval/sample"
	"irori/internal/eval/task"
	"irori/internal/hw/busy"
)

// What is written of the options is read again as it was.
func TestSettingsComeBack(t *testing.T) {
	o := Options{
		Models: []string{"a:Q4", "b/c"}, On: []string{"quick", "x.yaml"}, Streams: []int{1, 8}, Limit: 5, Repeats: 3, Seed: 1 << 63, Temperature: new(.7),
		MaxTokens: 9, Chat: "no", Choices: "letter", Latency: 40, Judge: "j", KeepOutputs: true,
	}
	got, err := Stored("dir", &sample.Run{Title: "t", Settings: o.settings()})
	o.Title, o.Resume = "t", "dir"
	if diff := cmp.Diff(o, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if _, err := Stored("dir", &sample.Run{Settings: map[string]string{"seed": "x"}}); err == nil {
		t.Error("nonsense is taken")
	}
}

// A run leaves the temperature to tasks that ask for one, and says so; where
// none does it is 0.
func TestTemperatureByTask(t *testing.T) {
	var o Options
	o.settleTemperature([]*task.Task{{Name: "a"}, {Name: "b", Temperature: new(.5)}})
	if got := o.settings()["temperature"]; got != "by task" {
		t.Error(got)
	}
	if again, err := Stored("dir", &sample.Run{Settings: o.settings()}); err == nil && again.Temperature != nil {
		t.Error(*again.Temperature)
	}
	o.settleTemperature([]*task.Task{{Name: "a"}})
	if got := o.settings()["temperature"]; got != "0" {
		t.Error(got)
	}
	o.Temperature = new(.9)
	o.settleTemperature([]*task.Task{{Name: "b", Temperature: new(.5)}})
	if got := o.settings()["temperature"]; got != "0.9" {
		t.Error(got)
	}
}

func TestChanged(t *testing.T) {
	was := func() *sample.Run {
		return &sample.Run{
			Settings: map[string]string{"seed": "1", "judge": ""}, Tasks: []sample.TaskRef{{Name: "a", SHA256: "1"}, {Name: "b", SHA256: "2"}},
			Targets: []sample.Target{{ID: "m@8", Digest: "sha256:1", Chat: true, Machine: "x"}},
		}
	}
	if list := changed(was(), was()); len(list) > 0 {
		t.Errorf("nothing changed: %v", list)
	}
	is := was()
	is.Settings["seed"], is.Settings["judge"] = "2", "j"
	is.Tasks = []sample.TaskRef{{Name: "a", SHA256: "9"}, {Name: "c"}}
	is.Targets = []sample.Target{{ID: "m@8", Digest: "sha256:2", Machine: "y"}, {ID: "n@8"}}
	want := []string{
		"the setting judge was none and is j", "the setting seed was 1 and is 2", "the questions of task a are others", "task c was not among the run's",
		"task b is not there any more", "the file of m@8 was sha256:1 and is sha256:2", "whether m@8 is asked in its chat template was true and is false",
		"the machine of m@8 was x and is y", "target n@8 was not among the run's",
	}
	if diff := cmp.Diff(want, changed(was(), is)); diff != "" {
		t.Error(diff)
	}
}

func TestNoise(t *testing.T) {
	yes, load := true, 2.5
	got := noise(busy.Report{
		Load: &load, Share: .5, Others: []busy.Process{{Name: "cc", Share: .3}, {Name: "sh", Share: .2}}, GPUs: []int{5, 6}, Throttled: 1, OnBattery: &yes,
	})
	want := []string{
		"other programs take 50 % of a core: cc (30 %), sh (20 %), load 2.50", "GPU 1 is 6 % busy", "the processor is held back by heat", "it runs on its battery",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if quiet := noise(busy.Report{Share: .1, GPUs: []int{5}}); len(quiet) > 0 {
		t.Errorf("a quiet machine: %v", quiet)
	}
}

func TestLeft(t *testing.T) {
	p := Progress{Done: 30, Total: 100, Asked: 10, Took: 20 * time.Second}
	if d, ok := p.Left(); !ok || d != 140*time.Second {
		t.Errorf("%s %v", d, ok)
	}
	p = Progress{Target: "m@8", Pass: WarmUp, Done: 3, Total: 12}
	if got := p.String(); got != "m@8 warm-up  3 of at most 12" {
		t.Error(got)
	}
	p = Progress{Target: "m@8", Pass: "quality", Done: 30, Total: 100, Right: 9, Unparsed: 1, Fails: 2, Asked: 10, Took: 20 * time.Second}
	if got := p.String(); got != "m@8 quality  30 / 100  right 9  unparsed 1  failed 2  2m20s left" {
		t.Error(got)
	}
}

// TestLeftOut: a task of which a limit leaves nothing is named.
func TestLeftOut(t *testing.T) {
	a, b := &task.Task{Name: "a", Items: make([]task.Item, 3)}, &task.Task{Name: "b", Items: make([]task.Item, 2)}
	want := []string{"no question of b is asked: the limit leaves none of its 2"}
	if d := cmp.Diff(want, leftOut([]*task.Task{a, b}, []*task.Task{{Name: "a"}})); d != "" {
		t.Error(d)
	}
}
