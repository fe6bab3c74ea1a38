package topic

// Enough is how many requests a group needs before it gets a figure.
const Enough = 30

// Share is how many of a group's requests had something, such as a right
// answer.
type Share struct {
	Group Group
	N     int
	// Count is nil where N is below Enough: so few say nothing of a group.
	Count *int
}

// Tally counts something by group.
type Tally struct {
	all, had map[string]int
}

// Add counts one request of a group.
func (t *Tally) Add(group string, had bool) {
	if t.all == nil {
		t.all, t.had = map[string]int{}, map[string]int{}
	}
	t.all[group]++
	if had {
		t.had[group]++
	}
}

// Shares lists the groups that had requests, in the order of Groups.
func (t *Tally) Shares() []Share {
	var out []Share
	for _, g := range groups {
		n := t.all[g.ID]
		if n == 0 {
			continue
		}
		s := Share{Group: g, N: n}
		if n >= Enough {
			c := t.had[g.ID]
			s.Count = &c
		}
		out = append(out, s)
	}
	return out
}

// Agreement compares given groups with classified ones.
type Agreement struct {
	// MacroF1 is the mean over the groups that were given.
	MacroF1 float64   `json:"macro_f1"`
	N       int       `json:"n"`
	Groups  []GroupF1 `json:"groups"`
}

// GroupF1 is how well one group was told from the others. N is how often it
// was given.
type GroupF1 struct {
	Group     string  `json:"group"`
	N         int     `json:"n"`
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
}

// Agree compares pairs of a given and a classified group; what was given must
// be the id of a group.
func Agree(pairs [][2]string) Agreement {
	given, said, both := make([]int, len(groups)), make([]int, len(groups)), make([]int, len(groups))
	for _, p := range pairs {
		g, s := place(p[0]), place(p[1])
		given[g]++
		said[s]++
		if g == s {
			both[g]++
		}
	}
	a := Agreement{N: len(pairs), Groups: []GroupF1{}}
	for i, g := range groups {
		if given[i] == 0 {
			continue
		}
		f := GroupF1{Group: g.ID, N: given[i], Recall: float64(both[i]) / float64(given[i])}
		if said[i] > 0 {
			f.Precision = float64(both[i]) / float64(said[i])
		}
		f.F1 = 2 * float64(both[i]) / float64(given[i]+said[i])
		a.MacroF1 += f.F1
		a.Groups = append(a.Groups, f)
	}
	if len(a.Groups) > 0 {
		a.MacroF1 /= float64(len(a.Groups))
	}
	return a
}
