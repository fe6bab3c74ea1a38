package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"irori/internal/app/sensors"
	"irori/internal/power"
)

// lookAt is how long doctor samples: enough to tell that a counter moves.
const lookAt = 600 * time.Millisecond

// sensorFindings tell which sensors of energy can be read, what they tell now,
// and why others cannot.
func (e *Env) sensorFindings(ctx context.Context) []Finding {
	if e.Config.Energy.Sensors == "off" {
		return []Finding{{About: "energy", Verdict: VerdictNote, Text: "energy.sensors is off: energy is modelled"}}
	}
	set := sensors.Find(ctx, e.SensorOptions())
	defer set.Close()
	if len(set.Used)+len(set.Beside) == 0 {
		why, hint := set.Why()
		return []Finding{{About: "energy", Verdict: VerdictNote, Text: why + "; energy is modelled", Hint: hint, Facts: set.Missing}}
	}
	r := set.Watch(ctx, 20, lookAt)
	var out []Finding
	for _, d := range r.Devices {
		out = append(out, sensorFinding(d))
	}
	for _, m := range set.Missing {
		out = append(out, Finding{About: "energy", Verdict: VerdictWarn, Text: m.What + ": " + m.Why, Hint: m.Hint})
	}
	for _, c := range r.Compared {
		f := Finding{About: "energy compared", Verdict: VerdictOK, Text: fmt.Sprintf("%s take %.0f %% of what %s tells", strings.Join(c.Parts, " + "), 100*c.Ratio, c.Whole), Facts: c}
		if c.Flag != "" {
			f.Verdict, f.Text, f.Hint = VerdictWarn, c.Flag, "irori measure sampler --for 30s"
		}
		out = append(out, f)
	}
	return out
}

// sensorFinding tells of one sensor.
func sensorFinding(d sensors.Device) Finding {
	f := Finding{About: "energy of " + string(d.Scope), Verdict: VerdictOK, Facts: d}
	how := "measured"
	if d.Class == power.ClassIntegrated {
		how = "measured, its power added up"
	}
	if !d.Used {
		how = "read for comparison only"
	}
	f.Text = d.Name + ": " + how
	if d.Watts != nil {
		f.Text += fmt.Sprintf(", %.1f W now", *d.Watts)
	}
	if d.State != nil && len(d.State.Throttled) > 0 {
		f.Text += ", held down by " + strings.Join(d.State.Throttled, ", ")
	}
	if len(d.Flags) > 0 {
		f.Verdict, f.Text, f.Hint = VerdictWarn, strings.Join(d.Flags, "; "), "irori measure sampler --for 30s"
	}
	return f
}
