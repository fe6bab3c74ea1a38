package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// cpu is processor time of the three processes that share the machine while
// streams run: the client is this one.
type cpu struct{ gateway, worker, client time.Duration }

func (c cpu) minus(o cpu) cpu {
	return cpu{c.gateway - o.gateway, c.worker - o.worker, c.client - o.client}
}

func (c cpu) plus(o cpu) cpu {
	return cpu{c.gateway + o.gateway, c.worker + o.worker, c.client + o.client}
}

// readCPU reads them from /proc in its ticks of 10 ms; where there is none
// they stay 0.
func readCPU(v *server) (c cpu) {
	c.gateway = ticks(strconv.Itoa(v.pid))
	c.client = ticks("self")
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", v.pid, v.pid))
	if err != nil {
		return c
	}
	kids := strings.Fields(string(b))
	// A child belongs to the thread that forked it.
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", v.pid))
	if err != nil {
		return c
	}
	for _, t := range tasks {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", v.pid, t.Name()))
		if err == nil && t.Name() != strconv.Itoa(v.pid) {
			kids = append(kids, strings.Fields(string(b))...)
		}
	}
	for _, k := range kids {
		c.worker += ticks(k)
	}
	return c
}

func ticks(pid string) time.Duration {
	b, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0
	}
	// The name may hold spaces; fields count from behind it.
	_, rest, ok := strings.Cut(string(b), ") ")
	f := strings.Fields(rest)
	if !ok || len(f) < 13 {
		return 0
	}
	u, err1 := strconv.Atoi(f[11])
	s, err2 := strconv.Atoi(f[12])
	if err1 != nil || err2 != nil {
		return 0
	}
	return time.Duration(u+s) * 10 * time.Millisecond
}
