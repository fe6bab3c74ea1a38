package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"irori/internal/app/shelf"
	"irori/internal/catalog"
	"irori/internal/catalog/blob"
	"irori/internal/catalog/known"
	"irori/internal/gguf"
	"irori/internal/llm"
	"irori/internal/term/verb"
	"irori/internal/unit"
)

type showOptions struct{ verify bool }

func showVerb() *verb.Verb {
	return &verb.Verb{
		Name: "show", Args: "REF", Short: "tell everything that is known of a model",
		Long: `For a model on this machine: what its files say, its licence, where it came
from, and its files with their digests. For one of the catalog: parameters,
terms and sources, with the place and the date where each fact was seen.`,
		Examples: []string{"irori show smollm2-135m-instruct", "irori show smollm2-135m-instruct --verify"},
		Flags: func(c *verb.Call) {
			o := &showOptions{}
			c.Opts = o
			c.Flags.BoolVar(&o.verify, "verify", false, "read the files again and compare their digests")
			c.JSONFlag("one object with the model")
		},
		Run: show, Words: verb.First(modelsAny),
	}
}

// shown is a model as `irori show --json` prints it.
type shown struct {
	*blob.Manifest
	Name    string   `json:"name"`
	Here    bool     `json:"here"`
	Bytes   int64    `json:"bytes,omitempty"`
	Aliases []string `json:"aliases,omitempty"`
	// Created is what the name asked for adds to the model.
	Created *created `json:"created,omitempty"`
	// Catalog is what the catalog says, Seen where each fact was seen.
	Catalog *known.Model        `json:"catalog,omitempty"`
	Licence *known.Licence      `json:"licence_terms,omitempty"`
	Seen    map[string][]source `json:"catalog_seen,omitempty"`
}

// created is a name with settings of its own.
type created struct {
	Name       string          `json:"name"`
	System     string          `json:"system,omitempty"`
	Licence    string          `json:"licence,omitempty"`
	Parameters json.RawMessage `json:"parameters,omitempty"`
	// Messages is how many stand in front of every conversation.
	Messages int       `json:"messages,omitempty"`
	Made     time.Time `json:"made"`
}

type source struct {
	Title string `json:"title"`
	URL   string `json:"url"`
	Date  string `json:"date"`
}

func show(ctx context.Context, c *verb.Call) error {
	if err := c.Want(1, 1); err != nil {
		return err
	}
	env, lib, err := library(c)
	if err != nil {
		return err
	}
	if c.Opts.(*showOptions).verify {
		if err := verify(ctx, c, lib, c.Args[0]); err != nil {
			return badReference(err)
		}
	}
	s, err := collect(lib, c.Args[0])
	if err != nil {
		return badReference(err)
	}
	if d := shelf.Defaults(env.Home, strings.TrimSuffix(c.Args[0], ":latest")); d != nil {
		s.Created = &created{d.Name, d.System, d.License, d.Options, len(d.Messages), d.Made}
	}
	if c.JSON {
		return c.PrintJSON(s)
	}
	return printModel(c, s)
}

// verify reads a model's files again, before anything else is looked at: files
// whose times changed cannot be used until then.
func verify(ctx context.Context, c *verb.Call, lib *catalog.Library, name string) error {
	m, err := lib.Manifest(name)
	if err != nil {
		// A name that the catalog does not have either is another mistake.
		if _, cerr := collect(lib, name); cerr != nil {
			return cerr
		}
		return err
	}
	bar := newProgress(c.Err)
	renewed, err := lib.Verify(ctx, m.Name, func(done, total int64) { bar.update(m.Name+"  verify", done, total) })
	bar.done()
	switch {
	case err != nil:
		return err
	case len(renewed) > 0:
		c.Say("the time of %s had changed, what is in it had not; the model can be used", strings.Join(renewed, ", "))
	default:
		c.Say("%s is as it was recorded", m.Name)
	}
	return nil
}

// collect gathers what the disk and the catalog know of a name.
func collect(lib *catalog.Library, name string) (shown, error) {
	var s shown
	r, err := lib.Resolve(name)
	if err == nil {
		row := modelRow(r.Manifest, nil)
		s = shown{Manifest: &r.Manifest, Name: row.Name, Here: true, Bytes: row.Bytes}
		aliases, err := lib.Aliases()
		if err != nil {
			return s, err
		}
		s.Aliases = modelRow(r.Manifest, aliases).Aliases
		if k, ok := knownAs(r.Manifest); ok {
			s.describe(k)
		}
		return s, nil
	}
	if llm.CodeOf(err) != llm.CodeModelNotFound {
		return s, err
	}
	ref, perr := catalog.Parse(name)
	if perr != nil {
		return s, perr
	}
	k, ok := known.All().Find(ref.Name)
	if !ok {
		if k, ok = known.All().ByReference(name); !ok {
			return s, err
		}
	}
	s = shown{Name: k.Name}
	s.describe(k)
	return s, nil
}

// describe adds what the catalog says.
func (s *shown) describe(k known.Model) {
	s.Catalog, s.Seen = &k, map[string][]source{}
	if l, ok := known.All().Licence(k.LicenceID); ok {
		s.Licence = &l
	}
	for field, ids := range k.Seen {
		for _, id := range ids {
			i := slices.IndexFunc(known.All().Sources, func(x known.Source) bool { return x.ID == id })
			if i >= 0 {
				x := known.All().Sources[i]
				s.Seen[field] = append(s.Seen[field], source{x.Title, x.URL, x.Date})
			}
		}
	}
}

// seen names where a fact of the catalog was seen, and when.
func (s *shown) seen(field string) string {
	list := s.Seen[field]
	if list == nil {
		list = s.Seen["*"]
	}
	var out []string
	for _, x := range list {
		out = append(out, x.Title+", "+x.Date)
	}
	if len(out) == 0 {
		return ""
	}
	return " (" + strings.Join(out, "; ") + ")"
}

func printModel(c *verb.Call, s shown) error {
	f := &facts{}
	if d := s.Created; d != nil {
		f.head(d.Name)
		f.add("stands for", s.Name)
		f.add("system text", d.System)
		f.add("parameters", string(d.Parameters))
		if d.Messages > 0 {
			f.add("messages", strconv.Itoa(d.Messages)+" in front of every conversation")
		}
		f.add("licence", d.Licence)
		f.add("created", when(d.Made))
	}
	f.head(s.Name)
	if s.Here {
		hereFacts(f, s)
		ggufFacts(f, s.Facts)
	} else {
		f.add("on disk", c.Typed("no: irori pull "+s.Name))
	}
	if s.Catalog != nil {
		catalogFacts(f, s)
	}
	if s.Here {
		f.head("files")
		for _, x := range s.Files {
			f.add(string(x.Role), fmt.Sprintf("%s, %s, %s%s", x.Name, unit.Bytes(x.Size), x.Digest, orEmpty(", in place at ", x.Path)))
		}
	}
	return f.write(c.Out)
}

func hereFacts(f *facts, s shown) {
	f.add("aliases", strings.Join(s.Aliases, ", "))
	f.add("size", unit.Bytes(s.Bytes).String())
	f.add("source", s.Source)
	f.add("pulled", when(s.Pulled))
	f.add("verified", when(s.Verified))
	licence := licenceOf(*s.Manifest)
	if s.Accepted {
		licence += ", accepted here"
	}
	f.add("licence", licence)
	f.add("licence at", s.LicenseURL)
	f.add("system text", s.System)
	f.add("parameters", s.Params)
}

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format(time.DateTime)
}

func ggufFacts(f *facts, g gguf.Facts) {
	f.head("what the file says")
	f.add("name", strings.TrimSpace(g.Name+" "+g.Version))
	f.add("made by", g.Organization)
	for _, b := range g.BaseModels {
		f.add("made from", strings.Join(strings.Fields(b.Organization+" "+b.Name+" "+b.Version+" "+b.RepoURL), " "))
	}
	f.add("finetune", g.Finetune)
	f.add("architecture", g.Architecture)
	f.add("quantization", g.Quantization)
	weights := count(g.Parameters)
	if g.ActiveParameters != g.Parameters {
		weights += ", " + count(g.ActiveParameters) + " active"
	}
	f.add("weights", weights+" in "+unit.Bytes(g.TensorBytes).String())
	f.add("context", whole(g.ContextLength, " tokens"))
	f.add("layers", whole(g.Blocks, ""))
	f.add("width", whole(g.EmbeddingLength, ""))
	switch g.Pooling {
	case gguf.PoolingRank:
		f.add("made for", "ranking (/v1/rerank)")
	case gguf.PoolingMean, gguf.PoolingCLS, gguf.PoolingLast:
		f.add("made for", "embeddings, pooled by "+string(g.Pooling))
	}
	if len(g.Heads) > 0 && len(g.HeadsKV) > 0 {
		f.add("heads", fmt.Sprintf("%d, %d for keys and values (largest layer)", slices.Max(g.Heads), slices.Max(g.HeadsKV)))
	}
	f.add("sliding window", whole(g.SlidingWindow, " tokens"))
	if g.Experts != nil && g.ExpertsUsed != nil {
		f.add("experts", fmt.Sprintf("%d, %d used a token", *g.Experts, *g.ExpertsUsed))
	}
	f.add("vocabulary", whole(g.Vocabulary, " tokens"))
	f.add("licence", g.License+orEmpty(", ", g.LicenseLink))
	f.add("languages", strings.Join(g.Languages, " "))
}

func whole(n *uint64, unit string) string {
	if n == nil {
		return ""
	}
	return strconv.FormatUint(*n, 10) + unit
}

func catalogFacts(f *facts, s shown) {
	k := s.Catalog
	f.head("what the catalog says")
	f.add("model", k.Name+", "+string(k.Kind)+s.seen("kind"))
	f.add("original weights", k.Home)
	f.add("made from", k.BaseModel)
	if k.Parameters != nil {
		f.add("parameters", count(*k.Parameters)+s.seen("parameters"))
	}
	if k.Active != nil {
		f.add("active", count(*k.Active)+s.seen("active"))
	}
	f.add("context", whole(k.Context, " tokens"))
	f.add("languages", strings.Join(k.Languages, " "))
	if l := s.Licence; l != nil {
		terms := l.Name
		switch {
		case l.NonCommercial:
			terms += ", not for commercial use"
		case l.Free:
			terms += ", free for commercial use"
		}
		if l.Accept {
			terms += ", to be accepted with --accept-terms"
		}
		f.add("licence", terms+s.seen("licence"))
		f.add("licence at", l.URL)
	} else {
		f.add("licence", "not known here; read it at https://huggingface.co/"+k.Home)
	}
	if k.Released != "" {
		f.add("released", k.Released+s.seen("released"))
	} else if k.Created != "" {
		f.add("repository from", k.Created+s.seen("created"))
	}
	f.add("trained", k.Training)
	f.add("from", strings.Join(k.Get, ", "))
	f.add("note", k.Note)
}
