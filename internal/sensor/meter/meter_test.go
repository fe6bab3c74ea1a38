package meter

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"irori/internal/power"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"),
		goleak.IgnoreAnyFunction("internal/poll.runtime_pollWait"))
}

// device answers as a device does.
func device(t *testing.T, answers map[string]string) *url.URL {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := answers[r.URL.RequestURI()]
		if !ok {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, a)
	}))
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestDevices(t *testing.T) {
	const status8 = "/cm?cmnd=Status%208"
	for name, c := range map[string]struct {
		ask     func(*url.URL) func(context.Context) (float64, error)
		answers map[string]string
		path    string
		user    *url.Userinfo
		want    float64
		err     string
	}{
		"tasmota":                  {tasmota, map[string]string{status8: `{"StatusSNS":{"Time":"2026-01-02T03:04:05","ENERGY":{"Total":12.3,"Today":0.456,"Power":87,"ApparentPower":95,"Voltage":101}}}`}, "", nil, 87, ""},
		"tasmota, three phases":    {tasmota, map[string]string{status8: `{"StatusSNS":{"ENERGY":{"Power":[10,20,30.5]}}}`}, "", nil, 60.5, ""},
		"tasmota with a password":  {tasmota, map[string]string{status8 + "&user=admin&password=a%26b": `{"StatusSNS":{"ENERGY":{"Power":"5.5"}}}`}, "", url.UserPassword("admin", "a&b"), 5.5, ""},
		"tasmota wants a password": {tasmota, map[string]string{status8: `{"WARNING":"Need user=<username>&password=<password>"}`}, "", nil, 0, "wants a user"},
		"tasmota without a meter":  {tasmota, map[string]string{status8: `{"StatusSNS":{"Time":"x"}}`}, "", nil, 0, "does not measure"},
		"an old tasmota":           {tasmota, map[string]string{status8: `{"StatusSensors":{"ENERGY":{"Power":7}}}`}, "", nil, 7, ""},
		"negative":                 {tasmota, map[string]string{status8: `{"StatusSNS":{"ENERGY":{"Power":-4}}}`}, "", nil, 0, "-4 W"},
		"not JSON":                 {tasmota, map[string]string{status8: `<html>`}, "", nil, 0, "not understood"},
		"shelly, first":            {shelly, map[string]string{"/shelly": `{"type":"SHPLG-S","auth":false}`, "/status": `{"meters":[{"power":42.5,"is_valid":true,"total":1234}]}`}, "", nil, 42.5, ""},
		"shelly, first, not valid": {shelly, map[string]string{"/shelly": `{}`, "/status": `{"meters":[{"power":0,"is_valid":false}]}`}, "", nil, 0, "not valid"},
		"shelly EM":                {shelly, map[string]string{"/shelly": `{"type":"SHEM"}`, "/status": `{"meters":[],"emeters":[{"power":1},{"power":2}]}`}, "/1", nil, 2, ""},
		"shelly, too few":          {shelly, map[string]string{"/shelly": `{}`, "/status": `{"meters":[]}`}, "", nil, 0, "has 0 meters"},
		"shelly, second":           {shelly, map[string]string{"/shelly": `{"gen":2}`, "/rpc/Switch.GetStatus?id=0": `{"id":0,"apower":63.2,"aenergy":{"total":11.1}}`}, "", nil, 63.2, ""},
		"shelly PM mini":           {shelly, map[string]string{"/shelly": `{"gen":3}`, "/rpc/PM1.GetStatus?id=0": `{"apower":9.25}`}, "", nil, 9.25, ""},
		"shelly, no power":         {shelly, map[string]string{"/shelly": `{"gen":2}`, "/rpc/Switch.GetStatus?id=0": `{"output":true}`}, "", nil, 0, "does not measure"},
		"shelly, no such switch":   {shelly, nil, "/x", nil, 0, "no number"},
		"gone":                     {shelly, nil, "", nil, 0, "404"},
	} {
		u := device(t, c.answers)
		u.Path, u.User = c.path, c.user
		got, err := c.ask(u)(t.Context())
		if c.err == "" && (err != nil || got != c.want) || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: %g, %v", name, got, err)
		}
	}
}

func TestOpen(t *testing.T) {
	u := device(t, map[string]string{"/cm?cmnd=Status%208": `{"StatusSNS":{"ENERGY":{"Power":50}}}`})
	m, stop, err := Open(t.Context(), "tasmota://"+u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	a, err := m.Read()
	b, err2 := m.Read()
	if err != nil || err2 != nil || a.At != b.At || a.At.IsZero() {
		t.Errorf("a figure that is not new has a new time: %v %v, %v %v", a.At, b.At, err, err2)
	}
	if power.ScopeOf(m) != power.ScopeWall || m.Class() != power.ClassIntegrated {
		t.Error(power.ScopeOf(m), m.Class())
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	for address, want := range map[string]string{
		"http://x": "not \"http\"", "tasmota://": "no host", "mqtt://broker": "TOPIC", "tasmota://user:geheim@127.0.0.1:1": "refused", "::": "no URL",
	} {
		_, _, err := Open(ctx, address)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// What falls silent has no figure.
func TestSilence(t *testing.T) {
	at := time.Unix(1000, 0)
	w := &wall{now: func() time.Time { return at }}
	if _, _, err := w.power(); err == nil {
		t.Error("a figure of nothing")
	}
	w.last.Store(&figure{30, at})
	at = at.Add(silence)
	if p, _, err := w.power(); err != nil || p != 30 {
		t.Error(p, err)
	}
	at = at.Add(time.Second)
	if _, _, err := w.power(); err == nil {
		t.Error("an old figure holds")
	}
}

// TestBroker speaks with a broker that does as the standard says.
func TestBroker(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	seen := make(chan string, 4)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		r := bufio.NewReader(conn)
		_, body, _ := packet(r)
		seen <- string(body)
		conn.Write([]byte{packetConnAck, 2, 0, 0})
		_, body, _ = packet(r)
		seen <- string(body)
		conn.Write([]byte{packetSubAck, 3, 0, 1, 0})
		conn.Write(frame(packetPublish, append(text("tele/plug/SENSOR"), `{"ENERGY":{"Power":77.5}}`...)))
		packet(r)
	}()
	m, stop, err := Open(t.Context(), "mqtt://me:pw@"+l.Addr().String()+"/tele/plug/SENSOR?field=ENERGY.Power")
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.Read()
	stop()
	hello, asked := <-seen, <-seen
	if err != nil || !strings.HasPrefix(hello, "\x00\x04MQTT\x04\xc2\x00\x1e") || !strings.HasSuffix(hello, "\x00\x02me\x00\x02pw") || asked != "\x00\x01\x00\x10tele/plug/SENSOR\x00" {
		t.Errorf("%v %q %q", err, hello, asked)
	}
}

func TestWatts(t *testing.T) {
	for _, c := range []struct {
		payload, field string
		want           float64
	}{{"42.5", "", 42.5}, {" 7\n", "", 7}, {`{"a":{"b":"3"}}`, "a.b", 3}, {`{"a":1}`, "b", math.NaN()}, {"on", "", math.NaN()}, {"-1", "", math.NaN()}, {`{"a":1}`, "", math.NaN()}} {
		got, err := watts([]byte(c.payload), c.field)
		if (err != nil) != math.IsNaN(c.want) || err == nil && got != c.want {
			t.Errorf("%q %q: %g %v", c.payload, c.field, got, err)
		}
	}
}

func FuzzPacket(f *testing.F) {
	f.Add([]byte{packetPublish, 4, 0, 1, 'a', '7'})
	f.Add(frame(packetPublish, bytes.Repeat([]byte{0}, 300)))
	f.Add([]byte{0x30, 0xFF, 0xFF, 0xFF, 0xFF, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		kind, body, err := packet(bufio.NewReader(bytes.NewReader(b)))
		if err != nil {
			return
		}
		if len(body) > maxAnswer {
			t.Fatal(len(body))
		}
		if p, err := published(kind, body); err == nil {
			watts(p, "a.b")
		}
	})
}

// What no machine takes is no figure, at first and later.
func TestMorePowerThanCanBe(t *testing.T) {
	for name, first := range map[string]float64{"at first": 5e6, "later": 300} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				again := make(chan struct{})
				m, stop, err := open(ctx, "plug", func(ctx context.Context, tell func(float64)) error {
					tell(first)
					select {
					case <-ctx.Done():
					case <-again:
						tell(5e6)
						<-ctx.Done()
					}
					return nil
				})
				if err == nil {
					defer stop()
					close(again)
					synctest.Wait()
					_, err = m.Read()
				}
				if err == nil || !strings.Contains(err.Error(), "it tells 5e+06 W, and no machine takes more than 20.0 kW") {
					t.Error(err)
				}
			})
		})
	}
}
